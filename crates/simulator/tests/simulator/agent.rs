//! Sessions as an agent's program opens, joins and ends them, and who it is.

use cxone_dtmf_simulator::{RequestKind, SessionEnd, SimulatorOptions, Unknown};
use serde_json::json;

use crate::bench::*;
use crate::published::*;

const START: &str = r#"{"stationId":"12345","stationPhoneNumber":"","inactivityTimeout":30,"inactivityForceLogout":false,"asAgentId":0}"#;

impl Bench {
    fn delete(&self, path: &str, body: &str) -> Seen {
        let mut client = Client::open(&self.simulator);
        let bearer = format!("Bearer {}", self.token);
        let headers = [("Authorization", bearer.as_str())];
        client.send("DELETE", &below(path), &headers, body.as_bytes());
        client.receive().unwrap()
    }

    fn open(&self, path: &str, body: &str) -> String {
        let seen = self.post(path, body);
        assert_eq!(seen.status, 202);
        seen.json()["sessionId"].as_str().unwrap().to_owned()
    }

    /// The next id, and the types of the events.
    fn told(&self, session: &str) -> (String, Vec<String>) {
        let seen = self.listen(session, 30).receive().unwrap().json();
        let events = seen["events"].as_array().unwrap().iter();
        let types = events.map(|event| event["Type"].as_str().unwrap().to_owned());
        (
            seen["sessionId"].as_str().unwrap().to_owned(),
            types.collect(),
        )
    }
}

#[test]
fn a_session_is_started_joined_and_ended() {
    let bench = Bench::new();
    assert_eq!(
        bench
            .post("agent-sessions/join", r#"{"asAgentId":4711}"#)
            .status,
        409
    );
    assert_eq!(bench.post("agent-sessions", "{}").status, 400);
    let started = bench.open("agent-sessions", START);
    assert_eq!(bench.post("agent-sessions", START).status, 409);
    let joined = bench.open("agent-sessions/join", r#"{"asAgentId":""}"#);
    let in_query = bench.open("agent-sessions/join?asAgentId=4711", "");
    let session = bench.simulator.sessions().pop().unwrap();
    assert_eq!(session.session_id, started);
    assert_eq!(
        session.newest_session_ids,
        [started.clone(), joined.clone(), in_query]
    );
    assert_eq!(
        (session.agent_id.as_str(), session.station_id.as_str()),
        ("4711", "12345")
    );
    // Digits by any of the ids are digits of the one session.
    let id = bench.begin(&joined);
    for (id, digits) in [(&started, "1"), (&joined, "2"), (&id, "3")] {
        assert_eq!(bench.tones(id, digits).status, 202);
        assert_eq!(
            bench.simulator.requests().pop().unwrap().call_id.as_ref(),
            Some(&started)
        );
    }
    assert_eq!(bench.simulator.digits(&id), ["1", "2", "3"]);
    assert_eq!(
        bench
            .delete(&format!("agent-sessions/{started}"), "{}")
            .status,
        202
    );
    assert_eq!(bench.told(&id).1, ["AgentSessionEnd"]);
    assert_eq!(bench.tones(&id, "4").status, 404);
    assert_eq!(
        bench
            .delete(&format!("agent-sessions/{started}"), "{}")
            .status,
        404
    );
    let kind = bench.simulator.requests().pop().unwrap().kind;
    assert_eq!(kind, RequestKind::Session);
}

#[test]
fn contacts_outlive_a_session_unless_they_are_ended() {
    for (body, left, events) in [
        (
            r#"{"forceLogoff":false,"endContacts":false}"#,
            1,
            vec!["AgentSessionEnd"],
        ),
        (
            r#"{"forceLogoff":true,"endContacts":true,"ignorePersonalQueue":true}"#,
            0,
            vec!["CallContactEvent", "AgentSessionEnd"],
        ),
    ] {
        let bench = bench(SimulatorOptions::default());
        let id = bench.begin("s1");
        assert_eq!(
            bench.delete(&format!("agent-sessions/{id}"), body).status,
            202
        );
        assert_eq!(bench.simulator.contacts("s1").len(), left);
        assert_eq!(bench.told(&id).1, events);
    }
}

#[test]
fn a_session_ended_elsewhere_says_so() {
    let bench = bench(SimulatorOptions::default());
    let id = bench.begin("s1");
    bench.simulator.end_session(&id, SessionEnd::Elsewhere);
    assert_eq!(bench.told(&id).1, ["RemoteAgentSessionEnd"]);
    assert!(bench.simulator.sessions()[0].has_ended);
}

#[test]
fn an_old_id_begins_anew_and_may_be_refused_otherwise() {
    let refusing = SimulatorOptions {
        old_session_ids: Unknown::Refused,
        ..SimulatorOptions::default()
    };
    for (options, status) in [(SimulatorOptions::default(), 202), (refusing, 404)] {
        let bench = bench(options);
        let id = bench.begin("s1");
        assert_eq!(bench.tones("s1", "1").status, status);
        assert_eq!(
            bench
                .post("agent-sessions/s1/interactions/k1/mask", "")
                .status,
            status
        );
        assert_eq!(bench.tones(&id, "2").status, 202);
        bench.begin("s1");
    }
}

#[test]
fn the_agents_telephone_is_called_and_hung_up() {
    let bench = bench(SimulatorOptions::default());
    let id = bench.begin("s1");
    let leg = |action: &str| {
        bench
            .post(&format!("agent-sessions/s1/agent-phone/{action}"), "")
            .status
    };
    assert_eq!((leg("end"), leg("dial"), leg("dial")), (409, 202, 409));
    assert!(bench.simulator.sessions()[0].has_agent_leg);
    assert_eq!(leg("end"), 202);
    let seen = bench.listen(&id, 30).receive().unwrap().json();
    let statuses: Vec<_> = (seen["events"].as_array().unwrap().iter())
        .map(|event| event["Status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["Dialing", "Active", "Disconnected"]);
}

#[test]
fn the_platform_says_whose_token_it_is() {
    let bench = bench(SimulatorOptions::default());
    let ask_whoami = |token: &str| {
        let path = "/incontactauthorizationserver/token/whoami";
        let body = json!({ "token": token }).to_string();
        ask(&bench.simulator, path, &[], &body)
    };
    let said = ask_whoami(&bench.token).json();
    assert_eq!(
        (&said["agent_id"], &said["bus_no"]),
        (&json!("4711"), &json!("4500"))
    );
    let api = said["resource_server_base_uri"].as_str().unwrap();
    assert_eq!(api, format!("{}/incontactapi/", bench.simulator.url()));
    assert_eq!(ask_whoami("x").status, 401);
    let mut client = Client::open(&bench.simulator);
    let bearer = format!("Bearer {}", bench.token);
    client.send(
        "GET",
        &below("business-unit"),
        &[("Authorization", &bearer)],
        b"",
    );
    let unit = client.receive().unwrap().json();
    assert_eq!(unit["businessUnits"][0]["businessUnitId"], "4500");
    client.send(
        "GET",
        &below("agents/4711/agent-settings"),
        &[("Authorization", &bearer)],
        b"",
    );
    assert_eq!(client.receive().unwrap().json()["EnableUIQueue"], false);
    let seen = bench.post("business-unit", "");
    assert_eq!((seen.status, seen.header("allow")), (405, Some("GET")));
}

#[test]
fn the_documents_are_complete() {
    let bench = bench(SimulatorOptions::default());
    let get = |path: &str| {
        let mut client = Client::open(&bench.simulator);
        client.send("GET", path, &[], b"");
        client.receive().unwrap().json()
    };
    let configuration = get("/.well-known/cxone-configuration");
    for field in [
        "area",
        "cluster",
        "domain",
        "acdDomain",
        "uhDomain",
        "globaldomain",
    ] {
        assert!(configuration[field].is_string(), "{field}");
    }
    assert_eq!(configuration["private"], false);
    let issuer = get("/.well-known/openid-configuration");
    for field in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        assert!(
            issuer[field]
                .as_str()
                .unwrap()
                .starts_with(bench.simulator.url()),
            "{field}"
        );
    }
    for field in [
        "display_values_supported",
        "code_challenge_methods_supported",
    ] {
        assert!(issuer[field].is_array(), "{field}");
    }
    assert_eq!(get("/auth/jwks")["keys"][0]["alg"], "RS256");
}

#[test]
fn a_token_is_refreshed_in_every_way() {
    let bench = Bench::new();
    let key = ask(
        &bench.simulator,
        "/authentication/v1/token/access-key",
        &[],
        ACCESS_KEY,
    )
    .json();
    let body = |token: &serde_json::Value| json!({ "token": token }).to_string();
    let first = ask(
        &bench.simulator,
        "/public/user/refresh",
        &[],
        &body(&key["refresh_token"]),
    )
    .json();
    assert_eq!(first["refreshTokenExpirationTimeSec"], 7200);
    let path = "/public/authentication/v1/refresh";
    let token = body(&first["refreshToken"]);
    assert_eq!(ask(&bench.simulator, path, &[], &token).status, 401);
    // demo-client@cxone
    let basic = [("Authorization", "Basic ZGVtby1jbGllbnRAY3hvbmU=")];
    let second = ask(&bench.simulator, path, &basic, &token).json();
    assert_eq!(second["accessTokenExpiry"], 3600);
    assert!(second["accessToken"].is_string());
    let next = second["refreshToken"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&scope=openid&refresh_token={next}");
    assert_eq!(ask(&bench.simulator, "/auth/token", &[], &form).status, 200);
}
