//! The API that NICE publishes: grants, sessions, masks, events, discovery.

use std::time::Duration;

use cxone_dtmf_simulator::{
    Claim, Cut, MaskAction, RequestKind, SessionEnd, SessionOptions, Simulator, SimulatorOptions,
    Step, TokenStep,
};
use serde_json::json;

use crate::bench::*;

pub(crate) const ACCESS_KEY: &str =
    r#"{"accessKeyId":"demo-access-key","accessKeySecret":"demo-access-secret="}"#;

pub(crate) fn ask(simulator: &Simulator, path: &str, headers: &[(&str, &str)], body: &str) -> Seen {
    let mut client = Client::open(simulator);
    client.send("POST", path, headers, body.as_bytes());
    client.receive().unwrap()
}

pub(crate) fn below(path: &str) -> String {
    format!("/incontactapi/services/v23.0/{path}")
}

fn tones(digits: &str) -> String {
    json!({"dtmfSequence": digits, "toneDurationMS": 120, "toneSpacingMS": 80}).to_string()
}

/// Tones that outlast a test, however slow the machine is.
fn long_tones() -> SimulatorOptions {
    SimulatorOptions {
        time_scale: 100.0,
        ..SimulatorOptions::default()
    }
}

/// A session of one contact.
pub(crate) fn bench(options: SimulatorOptions) -> Bench {
    let bench = Bench::with(options);
    let options = SessionOptions {
        contact_id: Some("k1".to_owned()),
        agent_id: Some("4711".to_owned()),
    };
    bench.simulator.add_session("s1", options);
    bench
}

impl Bench {
    pub(crate) fn post(&self, path: &str, body: &str) -> Seen {
        self.send(&below(path), body).receive().unwrap()
    }

    pub(crate) fn tones(&self, session: &str, digits: &str) -> Seen {
        self.post(
            &format!("agent-sessions/{session}/send-dtmf"),
            &tones(digits),
        )
    }

    /// The first poll of a listener: returns the id to go on with.
    pub(crate) fn begin(&self, session: &str) -> String {
        let state = self.listen(session, 0).receive().unwrap().json();
        assert_eq!(state["events"][0]["Type"], "AgentSessionStart");
        state["sessionId"].as_str().unwrap().to_owned()
    }

    pub(crate) fn listen(&self, session: &str, seconds: u32) -> Client {
        let path = below(&format!(
            "agent-sessions/{session}/get-next-event?timeout={seconds}"
        ));
        let mut client = Client::open(&self.simulator);
        let bearer = format!("Bearer {}", self.token);
        client.send("GET", &path, &[("Authorization", &bearer)], b"");
        client
    }
}

// Grants.

#[test]
fn every_grant_gives_a_token_that_may_press() {
    let bench = bench(SimulatorOptions::default());
    let form = "grant_type=password&username=demo-access-key&password=demo-access-secret%3D\
                &client_id=demo-client&client_secret=demo-secret";
    let password = ask(&bench.simulator, "/auth/token", &[], form).json();
    let basic = ask(
        &bench.simulator,
        "/auth/token",
        // demo-client:demo-secret
        &[("Authorization", "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=")],
        "grant_type=password&username=demo-access-key&password=demo-access-secret%3D",
    )
    .json();
    let key = ask(
        &bench.simulator,
        "/authentication/v1/token/access-key",
        &[],
        ACCESS_KEY,
    )
    .json();
    for granted in [password, basic, key] {
        assert_eq!(granted["expires_in"], 3600);
        assert!(granted["id_token"].as_str().unwrap().split('.').count() == 3);
        assert!(granted.get("scope").is_none());
        let bearer = format!("Bearer {}", granted["access_token"].as_str().unwrap());
        let path = below("agent-sessions/s1/send-dtmf");
        let headers = [("Authorization", bearer.as_str())];
        assert_eq!(
            ask(&bench.simulator, &path, &headers, &tones("1")).status,
            202
        );
    }
}

#[test]
fn a_refresh_token_serves_once_in_either_shape() {
    let bench = bench(SimulatorOptions::default());
    let key = ask(
        &bench.simulator,
        "/authentication/v1/token/access-key",
        &[],
        ACCESS_KEY,
    )
    .json();
    let body = json!({ "token": key["refresh_token"] }).to_string();
    let renewed = ask(&bench.simulator, "/public/user/refresh", &[], &body);
    assert_eq!(renewed.status, 200);
    assert_eq!(renewed.json()["tokenExpirationTimeSec"], 3600);
    assert!(renewed.json()["token"].is_string());
    let again = ask(&bench.simulator, "/public/user/refresh", &[], &body);
    assert_eq!(again.error(), (401, "invalid_grant".to_owned()));

    let next = renewed.json()["refreshToken"].as_str().unwrap().to_owned();
    let form = format!("grant_type=refresh_token&client_id=demo-client&refresh_token={next}");
    assert_eq!(ask(&bench.simulator, "/auth/token", &[], &form).status, 200);
    let again = ask(&bench.simulator, "/auth/token", &[], &form);
    assert_eq!(again.error(), (400, "invalid_grant".to_owned()));
    bench.simulator.revoke_refresh_tokens();
}

#[test]
fn what_is_wrong_with_a_grant_is_said() {
    let bench = bench(SimulatorOptions::default());
    let client = "client_id=demo-client&client_secret=demo-secret";
    for (form, status, error) in [
        ("", 400, "invalid_request"),
        (
            "grant_type=client_credentials",
            400,
            "unsupported_grant_type",
        ),
        ("grant_type=password&username=x", 401, "invalid_client"),
        (
            &format!("grant_type=password&username=demo-access-key&password=x&{client}"),
            400,
            "invalid_grant",
        ),
        (
            &format!("grant_type=refresh_token&refresh_token=x&{client}"),
            400,
            "invalid_grant",
        ),
    ] {
        let seen = ask(&bench.simulator, "/auth/token", &[], form);
        assert_eq!(seen.error(), (status, error.to_owned()), "{form}");
    }
    let wrong = r#"{"accessKeyId":"demo-access-key","accessKeySecret":"x"}"#;
    for body in ["", "[]", wrong] {
        let seen = ask(
            &bench.simulator,
            "/authentication/v1/token/access-key",
            &[],
            body,
        );
        assert_eq!(seen.error(), (401, "invalid_client".to_owned()));
    }
}

#[test]
fn token_steps_say_what_the_published_endpoints_say() {
    let bench = bench(SimulatorOptions::default());
    bench
        .simulator
        .script_token(vec![TokenStep {
            id_token: Claim::Omitted,
            refresh_token: Claim::Literal("mine".into()),
            ..TokenStep::default()
        }])
        .unwrap();
    let path = "/authentication/v1/token/access-key";
    let granted = ask(&bench.simulator, path, &[], "").json();
    assert_eq!(granted["refresh_token"], "mine");
    assert!(granted.get("id_token").is_none());
}

#[test]
fn discovery_names_the_api_of_the_tenant() {
    let bench = bench(SimulatorOptions::default());
    let get = |path: &str| {
        let mut client = Client::open(&bench.simulator);
        client.send("GET", path, &[], b"");
        client.receive().unwrap()
    };
    let path = "/.well-known/cxone-configuration?tenantId=11eb0d5a-7c2e-4c7e-9d3b-0242ac110002";
    assert_eq!(get(path).json()["api_endpoint"], bench.simulator.url());
    let unknown = get("/.well-known/cxone-configuration?tenantId=x");
    assert_eq!(unknown.error(), (404, "not_found".to_owned()));
    let issuer = get("/.well-known/openid-configuration").json();
    let endpoint = issuer["token_endpoint"].as_str().unwrap();
    assert_eq!(endpoint, format!("{}/auth/token", bench.simulator.url()));
    assert_eq!(bench.simulator.stats().discovery_requests, 3);
}

// Sessions.

#[test]
fn tones_are_taken_at_once_and_play_on() {
    let bench = bench(long_tones());
    let seen = bench.tones("s1", "12");
    assert_eq!((seen.status, seen.body.len()), (202, 0));
    assert!(seen.header("x-trace-id").is_some());
    let execution = bench.simulator.executions().pop().unwrap();
    assert_eq!(execution.call_id, "s1");
    assert_eq!(execution.digits, "12");
    assert_eq!(execution.tone_duration, Some(120));
    let plays = execution.ended_at_ms - execution.started_at_ms;
    assert!((plays - 40_000.0).abs() < 1.0, "{plays}");
    assert_eq!(execution.masked, Some(false));
    assert_eq!(bench.simulator.stats().overlaps, 0);
    // Nothing keeps the next sequence from running into this one.
    assert_eq!(bench.tones("s1", "3").status, 202);
    assert_eq!(bench.simulator.stats().overlaps, 1);
    assert_eq!(bench.simulator.digits("s1"), ["12", "3"]);
}

#[test]
fn the_checks_of_a_session_come_in_their_order() {
    let bench = bench(SimulatorOptions::default());
    let path = below("agent-sessions/s1/send-dtmf");
    let seen = ask(&bench.simulator, &path, &[], "");
    assert_eq!(seen.error(), (401, "invalid_token".to_owned()));
    assert_eq!(
        seen.header("icstatusdescription"),
        Some("The token is missing, unknown, expired or revoked")
    );
    let seen = bench.post("agent-sessions/nobody/send-dtmf", "{}");
    assert_eq!(seen.error(), (400, "invalid_request".to_owned()));
    let seen = bench.tones("nobody", "1");
    assert_eq!(seen.error(), (404, "not_found".to_owned()));
    bench.simulator.end_session("s1", SessionEnd::Here);
    assert_eq!(bench.tones("s1", "1").status, 404);
    assert!(bench.simulator.executions().is_empty());
}

#[test]
fn the_query_carries_digits_and_the_journal_holds_none() {
    let bench = bench(SimulatorOptions::default());
    let query = "dtmfSequence=90210%23&toneDurationMS=120";
    let seen = bench.post(&format!("agent-sessions/s1/send-dtmf?{query}"), "");
    assert_eq!(seen.status, 202);
    assert_eq!(bench.simulator.digits("s1"), ["90210#"]);
    let requests = format!("{:?}", bench.simulator.requests());
    assert!(!requests.contains("90210"));
}

#[test]
fn scripts_and_cuts_serve_sessions_too() {
    let bench = bench(SimulatorOptions::default());
    let simulator = &bench.simulator;
    simulator
        .script(vec![Step::status(500)], Some("s1"))
        .unwrap();
    simulator
        .script(vec![Step::cut(Cut::AfterExecute)], None)
        .unwrap();
    assert_eq!(bench.tones("s1", "1").status, 500);
    let path = below("agent-sessions/s1/send-dtmf");
    assert_eq!(
        bench.send(&path, &tones("2")).receive().unwrap_err(),
        Broken::Closed
    );
    assert_eq!(simulator.digits("s1"), ["2"]);
}

// Masks.

#[test]
fn a_mask_covers_the_tones_that_it_spans() {
    let bench = bench(long_tones());
    assert_eq!(
        bench
            .post("agent-sessions/s1/interactions/k1/mask", "")
            .status,
        202
    );
    assert!(bench.simulator.is_masked("k1"));
    bench.tones("s1", "1");
    assert_eq!(bench.simulator.executions()[0].masked, Some(true));
    // Too early: the tone plays on.
    assert_eq!(
        bench
            .post("agent-sessions/s1/interactions/k1/unmask", "")
            .status,
        202
    );
    assert_eq!(bench.simulator.executions()[0].masked, Some(false));
    let masked: Vec<_> = (bench.simulator.masks("k1").iter())
        .map(|change| change.masked)
        .collect();
    assert_eq!(masked, [true, false]);
    assert_eq!(bench.simulator.stats().mask_requests, 2);
}

#[test]
fn masks_have_rules_and_faults_of_their_own() {
    let bench = bench(SimulatorOptions::default());
    let path = below("agent-sessions/s1/interactions/k1/mask");
    assert_eq!(ask(&bench.simulator, &path, &[], "").status, 401);
    assert_eq!(
        bench
            .post("agent-sessions/s1/interactions/nobody/mask", "")
            .status,
        404
    );
    let steps = vec![Step::status(500), Step::cut(Cut::AfterExecute)];
    bench
        .simulator
        .script_mask(steps, MaskAction::Mask)
        .unwrap();
    assert_eq!(
        bench
            .post("agent-sessions/s1/interactions/k1/mask", "")
            .status,
        500
    );
    assert!(!bench.simulator.is_masked("k1"));
    assert!(bench.send(&path, "").receive().is_err());
    assert!(bench.simulator.is_masked("k1"), "it was carried out");
    assert_eq!(
        bench
            .post("agent-sessions/s1/interactions/k1/unmask", "")
            .status,
        202
    );
}

// Events.

#[test]
fn a_listener_waits_for_an_event() {
    let bench = bench(SimulatorOptions::default());
    let id = bench.begin("s1");
    let mut waiting = bench.listen(&id, 30);
    bench.eventually("the poll", |simulator| simulator.stats().event_polls == 2);
    bench
        .simulator
        .push_event("s1", json!({ "Type": "AgentState" }));
    let seen = waiting.receive().unwrap().json();
    assert_eq!(seen["events"][0]["Type"], "AgentState");
    let next = seen["sessionId"].as_str().unwrap();
    assert_eq!(bench.listen(next, 0).receive().unwrap().status, 304);
    assert_eq!(bench.listen("nobody", 0).receive().unwrap().status, 404);
}

#[test]
fn the_end_of_a_session_is_an_event_and_then_a_conflict() {
    let bench = bench(SimulatorOptions::default());
    let id = bench.begin("s1");
    let mut waiting = bench.listen(&id, 30);
    bench.eventually("the poll", |simulator| simulator.stats().event_polls == 2);
    bench.simulator.end_session("s1", SessionEnd::Here);
    let end = waiting.receive().unwrap().json();
    assert_eq!(end["events"][0]["Type"], "AgentSessionEnd");
    let next = end["sessionId"].as_str().unwrap();
    let after = bench.listen(next, 30).receive().unwrap();
    assert_eq!(after.error(), (409, "session_ended".to_owned()));
    let kinds: Vec<_> = (bench.simulator.requests().iter())
        .map(|request| request.kind)
        .collect();
    assert_eq!(kinds.last(), Some(&RequestKind::Events));
}

#[test]
fn listeners_have_faults_of_their_own() {
    let bench = bench(SimulatorOptions::default());
    let ended = json!({ "events": [{ "Type": "AgentSessionEnd" }] });
    bench
        .simulator
        .script_events(vec![
            Step::status(500),
            Step {
                body: Some(ended),
                delay: Some(Duration::from_millis(1)),
                ..Step::default()
            },
        ])
        .unwrap();
    assert_eq!(bench.listen("s1", 30).receive().unwrap().status, 500);
    assert_eq!(bench.listen("s1", 30).receive().unwrap().status, 200);
    let bench = self::bench(SimulatorOptions {
        auto_calls: true,
        ..SimulatorOptions::default()
    });
    assert_eq!(bench.tones("anything", "1").status, 202);
    assert_eq!(
        bench
            .post("agent-sessions/s1/interactions/anything/mask", "")
            .status,
        202
    );
}
