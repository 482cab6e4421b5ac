//! The tutorial's API: tokens, calls, limits, faults, the journal.

use std::io::{ErrorKind, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use cxone_dtmf_options::Secret;
use cxone_dtmf_simulator::{
    CallOptions, Claim, Cut, Latency, RateLimit, RequestKind, RetryAfterForm, Simulator,
    SimulatorOptions, Step, TokenStep,
};
use serde_json::{Value, json};

use crate::bench::*;

// Tokens.

#[test]
fn a_token_answer_says_what_was_granted() {
    let simulator = Simulator::start(SimulatorOptions::default()).unwrap();
    let form = format!("{FORM}&scope=telephony%3Acall%3Acontrol");
    let seen = ask_token(&simulator, &form).unwrap();
    assert_eq!(seen.status, 200);
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    let body = seen.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "telephony:call:control");
    assert_ne!(body["access_token"], token_of(&simulator, &form));
}

#[test]
fn token_refusals() {
    let simulator = Simulator::start(SimulatorOptions {
        client_id: "mine".to_owned(),
        client_secret: Secret::new("s3cret".to_owned()),
        ..SimulatorOptions::default()
    })
    .unwrap();
    let good = "grant_type=client_credentials&client_id=mine&client_secret=s3cret";
    assert_eq!(ask_token(&simulator, good).unwrap().status, 200);
    for (form, status, code) in [
        (FORM.to_owned(), 401, "invalid_client"),
        (good.replace("s3cret", "other"), 401, "invalid_client"),
        (
            good.replace("client_credentials", "password"),
            400,
            "unsupported_grant_type",
        ),
        (
            format!("{good}&scope=telephony:nothing"),
            400,
            "invalid_scope",
        ),
        (
            json!({"grant_type": "client_credentials"}).to_string(),
            400,
            "invalid_request",
        ),
    ] {
        let seen = ask_token(&simulator, &form).unwrap();
        assert_eq!(seen.error(), (status, code.to_owned()), "{form}");
    }
    let journal = format!("{:?}", simulator.requests());
    assert!(!journal.contains("s3cret") && !journal.contains("demo-secret"));
}

#[test]
fn a_token_expires_and_can_be_revoked() {
    let bench = Bench::with(SimulatorOptions {
        token_lifetime: Duration::from_millis(1),
        ..SimulatorOptions::default()
    });
    thread::sleep(Duration::from_millis(5));
    let seen = bench.press("c1", "1");
    assert_eq!(seen.error(), (401, "invalid_token".to_owned()));
    assert!(
        seen.header("www-authenticate")
            .unwrap()
            .starts_with("Bearer")
    );

    let bench = Bench::new();
    assert_eq!(bench.press("c1", "1").status, 202);
    bench.simulator.revoke_tokens();
    assert_eq!(bench.press("c1", "2").status, 401);
    assert_eq!(bench.simulator.digits("c1"), ["1"]);
}

// DTMF: the rules and their order.

#[test]
fn digits_are_pressed_and_the_answer_does_not_hold_them() {
    let bench = Bench::new();
    let seen = bench.press("c1", "98#");
    assert_eq!(seen.status, 202);
    assert_eq!(
        seen.json(),
        json!({"status": "accepted", "callId": "c1", "digits": 3})
    );
    bench.press("c1", "*A");
    bench.press("c2", "5");
    assert_eq!(bench.simulator.digits("c1"), ["98#", "*A"]);
    let executions = bench.simulator.executions();
    assert_eq!(executions.len(), 3);
    let second = &executions[1];
    assert_eq!((second.seq, second.request_seq), (2, 3));
    assert_eq!(second.dtmf_type, "RFC2833");
    assert_eq!(second.inter_digit_pause, 100);
}

#[test]
fn the_checks_come_in_their_order() {
    let scopes = vec!["telephony:line:readwrite".to_owned()];
    let weak = Bench::with(SimulatorOptions {
        scopes,
        ..SimulatorOptions::default()
    });
    let bench = Bench::with(SimulatorOptions {
        time_scale: 100.0,
        ..SimulatorOptions::default()
    });
    // Each request breaks its own rule and every later one.
    let none = Bench {
        token: "none".to_owned(),
        ..Bench::new()
    };
    let bad = r#"{"dtmf":"98765E"}"#;
    let nobody = path("nobody");
    let error = |bench: &Bench, path: &str, body: &str| {
        let seen = bench.send(path, body).receive().unwrap();
        assert!(!String::from_utf8_lossy(&seen.body).contains("98765"));
        seen.error()
    };
    assert_eq!(
        error(&none, &nobody, bad),
        (401, "invalid_token".to_owned())
    );
    assert_eq!(
        error(&weak, &nobody, bad),
        (403, "insufficient_scope".to_owned())
    );
    assert_eq!(
        error(&bench, &nobody, bad),
        (400, "invalid_payload".to_owned())
    );
    assert_eq!(
        error(&bench, &nobody, &payload("1")),
        (404, "call_not_found".to_owned())
    );
    let _playing = bench.send(&path("c1"), &payload("1"));
    bench.eventually("the tones play", |simulator| {
        !simulator.digits("c1").is_empty()
    });
    assert_eq!(
        error(&bench, &path("c1"), &payload("2")),
        (409, "call_busy".to_owned())
    );
    assert_eq!(bench.simulator.digits("c1"), ["1"]);
}

#[test]
fn calls_live_on_their_provider_and_line_and_end() {
    let bench = Bench::new();
    let own = CallOptions {
        provider_id: Some("p1".to_owned()),
        line_id: Some("l9".to_owned()),
    };
    bench.simulator.add_call("c3", own);
    assert_eq!(bench.press("c3", "1").status, 404);
    let there = path("c3").replace("l1", "l9");
    assert_eq!(
        bench.send(&there, &payload("2")).receive().unwrap().status,
        202
    );
    bench.simulator.end_call("c1");
    assert_eq!(bench.press("c1", "3").status, 404);
    assert_eq!(bench.press("unknown", "4").status, 404);
    assert_eq!(bench.simulator.stats().executions, 1);

    let auto = Bench::with(SimulatorOptions {
        auto_calls: true,
        ..SimulatorOptions::default()
    });
    assert_eq!(auto.press("whoever", "1").status, 202);
}

#[test]
fn ids_are_decoded_and_other_addresses_do_not_exist() {
    let bench = Bench::new();
    bench.simulator.add_call("a/b c", CallOptions::default());
    assert_eq!(bench.press("a%2Fb%20c", "1").status, 202);
    assert_eq!(bench.simulator.digits("a/b c"), ["1"]);
    assert_eq!(bench.press("a/b", "1").status, 404);

    let mut client = Client::open(&bench.simulator);
    for (method, address, status) in [
        ("GET", path("c1"), 405),
        ("PUT", "/oauth/token".to_owned(), 405),
        ("POST", "/oauth/token/x".to_owned(), 404),
        ("POST", "/token".to_owned(), 404),
        ("GET", "/".to_owned(), 404),
    ] {
        client.send(method, &address, &[], b"");
        let seen = client.receive().unwrap();
        assert_eq!(seen.status, status, "{method} {address}");
        assert_eq!(seen.header("allow"), (status == 405).then_some("POST"));
    }
    let other = bench.simulator.requests().pop().unwrap();
    assert_eq!((other.kind, other.call_id), (RequestKind::Other, None));
}

#[test]
fn a_long_body_is_refused_and_the_longest_allowed_is_read() {
    let bench = Bench::new();
    let mut body = payload("1");
    body.push_str(&" ".repeat(64 * 1024 - body.len()));
    let send = |body: &str| bench.send(&path("c1"), body).receive().unwrap().status;
    assert_eq!(send(&body), 202);
    body.push(' ');
    assert_eq!(send(&body), 413);
    assert_eq!(send(&" ".repeat(1024 * 1024)), 413);
    let form = format!("{FORM}&x={}", "x".repeat(64 * 1024));
    assert_eq!(ask_token(&bench.simulator, &form).unwrap().status, 413);
    assert_eq!(bench.simulator.stats().executions, 1);
}

#[test]
fn tones_take_their_time() {
    let bench = Bench::with(SimulatorOptions {
        time_scale: 0.5,
        ..SimulatorOptions::default()
    });
    let start = Instant::now();
    assert_eq!(bench.press("c1", "12").status, 202);
    assert!(start.elapsed() >= Duration::from_millis(200));
    let execution = &bench.simulator.executions()[0];
    let played = execution.ended_at_ms - execution.started_at_ms;
    assert!((played - 200.0).abs() < 0.01, "2 × (100 + 100) ms × 0.5");
    assert_eq!(bench.press("c1", "3").status, 202, "they are over");
    assert_eq!(bench.simulator.stats().overlaps, 0);
}

#[test]
fn tones_go_on_when_the_client_leaves() {
    let bench = Bench::with(SimulatorOptions {
        time_scale: 100.0,
        ..SimulatorOptions::default()
    });
    let client = bench.send(&path("c1"), &payload("12"));
    bench.eventually("the tones play", |simulator| {
        simulator.stats().executions == 1
    });
    drop(client);
    bench.eventually("the client left", |simulator| {
        simulator.stats().in_flight == 0
    });
    assert_eq!(bench.last_request(), (None, None));
    assert_eq!(bench.press("c1", "3").status, 409);
    assert_eq!(bench.simulator.stats().overlaps, 1);
    assert_eq!(bench.simulator.digits("c1"), ["12"]);
}

// Limits and delays.

#[test]
fn beyond_the_limit_requests_are_refused_and_press_nothing() {
    let limit = |retry_after| {
        Bench::with(SimulatorOptions {
            rate_limit: Some(RateLimit {
                per_minute: Some(3),
                per_call_per_minute: Some(2),
                retry_after,
            }),
            ..SimulatorOptions::default()
        })
    };
    let bench = limit(RetryAfterForm::Seconds);
    let statuses: Vec<_> = ["c1", "c1", "c1", "c2", "c2"]
        .map(|call| bench.press(call, "1").status)
        .into();
    assert_eq!(statuses, [202, 202, 429, 202, 429]);
    let seconds = bench.press("c1", "1");
    let seconds: u64 = seconds.header("retry-after").unwrap().parse().unwrap();
    assert!((50..=60).contains(&seconds));
    assert_eq!(bench.simulator.stats().executions, 3);

    let bench = limit(RetryAfterForm::Date);
    bench.press("c1", "1");
    bench.press("c1", "1");
    let dated = bench.press("c1", "1");
    let date = httpdate::parse_http_date(dated.header("retry-after").unwrap()).unwrap();
    let ahead = date.duration_since(SystemTime::now()).unwrap();
    assert!((50..=61).contains(&ahead.as_secs()));
}

#[test]
fn latency_delays_every_answer() {
    let latency = Latency::Fixed(Duration::from_millis(50));
    let bench = Bench::with(SimulatorOptions {
        latency,
        ..SimulatorOptions::default()
    });
    for (call, status) in [("c1", 202), ("nobody", 404)] {
        let start = Instant::now();
        assert_eq!(bench.press(call, "1").status, status);
        assert!(start.elapsed() >= Duration::from_millis(50));
    }
}

#[test]
fn a_call_is_busy_until_its_request_is_answered() {
    let bench = Bench::new();
    bench.script(Step {
        delay: Some(Duration::from_secs(60)),
        ..Step::default()
    });
    let _first = bench.send(&path("c1"), &payload("1"));
    bench.eventually("it is pressed", |simulator| {
        simulator.stats().executions == 1
    });
    assert_eq!(bench.press("c1", "2").status, 409);
    assert_eq!(bench.press("c2", "3").status, 202);
    let stats = bench.simulator.stats();
    assert_eq!(
        (stats.overlaps, stats.in_flight, stats.max_in_flight),
        (1, 1, 2)
    );
    assert_eq!(stats.max_in_flight_per_call, 2);
    let overlapped: Vec<_> = bench
        .simulator
        .requests()
        .iter()
        .map(|request| request.overlapped)
        .collect();
    assert_eq!(overlapped, [false, false, true, false]);
}

// Scripts.

#[test]
fn scripted_answers_are_met_in_order_and_skip_the_checks() {
    let bench = Bench {
        token: "none".to_owned(),
        ..Bench::new()
    };
    let headers = vec![
        ("Retry-After".to_owned(), "7".to_owned()),
        ("content-type".to_owned(), "text/html".to_owned()),
    ];
    bench
        .simulator
        .script(
            vec![
                Step {
                    headers,
                    body: Some(json!("<h1>Busy</h1>")),
                    times: 2,
                    ..Step::status(503)
                },
                Step {
                    execute: Some(true),
                    ..Step::status(500)
                },
                Step {
                    body: Some(json!({"own": true})),
                    execute: Some(false),
                    ..Step::status(200)
                },
                Step::status(204),
                Step::default(),
            ],
            None,
        )
        .unwrap();
    bench
        .simulator
        .script(vec![Step::status(418)], Some("c2"))
        .unwrap();

    let first = bench.press("c1", "1");
    assert_eq!(
        (first.status, first.body.as_slice()),
        (503, &b"<h1>Busy</h1>"[..])
    );
    assert_eq!(first.header("retry-after"), Some("7"));
    assert_eq!(first.header("content-type"), Some("text/html"));
    assert_eq!(
        bench.press("c2", "2").status,
        418,
        "the call's own come first"
    );
    assert_eq!(bench.press("c2", "3").status, 503, "twice");
    assert_eq!(bench.press("c1", "4").status, 500);
    assert_eq!(bench.press("c1", "5").json(), json!({"own": true}));
    assert_eq!(bench.press("c1", "6").status, 204);
    assert_eq!(bench.press("c1", "7").json()["digits"], 1);
    assert_eq!(bench.press("c1", "8").status, 401, "the script is used up");
    assert_eq!(bench.simulator.digits("c1"), ["4", "6", "7"]);
    assert!(bench.simulator.digits("c2").is_empty());
}

#[test]
fn a_scripted_delay_comes_before_the_answer() {
    let bench = Bench::new();
    bench.script(Step {
        delay: Some(Duration::from_millis(60)),
        ..Step::default()
    });
    let start = Instant::now();
    assert_eq!(bench.press("c1", "1").status, 202);
    assert!(start.elapsed() >= Duration::from_millis(60));
}

#[test]
fn a_step_that_contradicts_itself_is_refused_with_its_field() {
    let bench = Bench::new();
    let step = Step {
        execute: Some(true),
        ..Step::cut(Cut::BeforeRead)
    };
    let error = bench
        .simulator
        .script(vec![Step::default(), step], None)
        .unwrap_err();
    assert!(error.to_string().starts_with("steps[1].execute "));
    assert_eq!(
        bench.press("nobody", "1").status,
        404,
        "none of the list was appended"
    );
}

#[test]
fn cut_before_read_ends_without_an_answer_and_presses_nothing() {
    let bench = Bench::new();
    assert!(matches!(
        bench.cut(Cut::BeforeRead),
        Err(Broken::Closed | Broken::Reset)
    ));
    assert!(bench.simulator.executions().is_empty());
    assert_eq!(bench.last_request(), (None, Some(Cut::BeforeRead)));

    // With the body still to come, the head alone is enough.
    bench.script(Step::cut(Cut::BeforeRead));
    let mut client = Client::open(&bench.simulator);
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
        path("c1")
    );
    client.0.write_all(head.as_bytes()).unwrap();
    assert_eq!(client.receive().unwrap_err(), Broken::Closed);
}

#[test]
fn cut_after_execute_presses_and_ends_without_an_answer() {
    let bench = Bench::new();
    assert_eq!(bench.cut(Cut::AfterExecute).unwrap_err(), Broken::Closed);
    assert_eq!(bench.simulator.digits("c1"), ["77"]);
    assert_eq!(bench.last_request(), (None, Some(Cut::AfterExecute)));
}

#[test]
fn cut_truncate_presses_and_sends_half_a_body() {
    let bench = Bench::new();
    let broken = bench.cut(Cut::Truncate).unwrap_err();
    let Broken::Cut {
        status,
        received,
        announced,
    } = broken
    else {
        panic!("{broken:?}");
    };
    assert_eq!((status, received), (202, announced / 2));
    assert!(received > 0);
    assert_eq!(bench.simulator.digits("c1"), ["77"]);
    assert_eq!(bench.last_request(), (Some(202), Some(Cut::Truncate)));
}

#[test]
fn cut_reset_presses_and_resets() {
    let bench = Bench::new();
    assert_eq!(bench.cut(Cut::Reset).unwrap_err(), Broken::Reset);
    assert_eq!(bench.simulator.digits("c1"), ["77"]);
    assert_eq!(bench.last_request(), (None, Some(Cut::Reset)));
}

#[test]
fn silence_lasts_until_the_client_leaves() {
    for (cut, pressed) in [(Cut::Silence, 0), (Cut::SilenceAfterExecute, 1)] {
        let bench = Bench::new();
        bench.script(Step::cut(cut));
        let mut client = bench.send(&path("c1"), &payload("77"));
        client
            .0
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        assert_eq!(client.receive().unwrap_err(), Broken::TimedOut);
        assert_eq!(bench.simulator.executions().len(), pressed);
        assert_eq!(bench.last_request(), (None, Some(cut)));
        drop(client);
        assert_eq!(bench.press("c1", "1").status, 202);
        assert_eq!(bench.simulator.stats().overlaps, 0);
    }
}

#[test]
fn a_cut_ends_one_connection_and_no_other() {
    let bench = Bench::new();
    let mut other = bench.send(&path("c2"), &payload("1"));
    assert_eq!(other.receive().unwrap().status, 202);
    bench.cut(Cut::Reset).unwrap_err();
    let bearer = format!("Bearer {}", bench.token);
    let body = payload("2");
    other.send(
        "POST",
        &path("c2"),
        &[("Authorization", &bearer)],
        body.as_bytes(),
    );
    assert_eq!(other.receive().unwrap().status, 202);
}

#[test]
fn token_answers_are_scripted() {
    let bench = Bench::new();
    let script = |step| bench.ask_scripted_token(step);

    let lying = script(TokenStep {
        expires_in: Claim::Literal(json!("soon")),
        access_token: Claim::Literal(json!("literal")),
        scope: Claim::Literal(json!("other:scope")),
        ..TokenStep::default()
    });
    assert_eq!(
        lying.unwrap().json(),
        json!({
            "access_token": "literal",
            "token_type": "Bearer",
            "expires_in": "soon",
            "scope": "other:scope",
        })
    );
    let literal = Bench {
        token: "literal".to_owned(),
        ..Bench::new()
    };
    assert_eq!(
        literal.press("c1", "1").status,
        401,
        "unknown to another simulator"
    );

    let bare = script(TokenStep {
        expires_in: Claim::Omitted,
        scope: Claim::Omitted,
        ..TokenStep::default()
    });
    let bare = bare.unwrap().json();
    assert_eq!(bare.as_object().unwrap().len(), 2);

    let malformed = script(TokenStep {
        malformed: true,
        ..TokenStep::default()
    });
    let malformed = malformed.unwrap();
    assert_eq!(malformed.status, 200);
    assert!(serde_json::from_slice::<Value>(&malformed.body).is_err());
}

#[test]
fn token_requests_are_refused_and_cut() {
    let bench = Bench::new();
    let script = |step| {
        bench.ask_scripted_token(TokenStep {
            step,
            ..TokenStep::default()
        })
    };
    assert_eq!(script(Step::status(503)).unwrap().status, 503);
    assert!(script(Step::cut(Cut::BeforeRead)).is_err());
    assert_eq!(script(Step::cut(Cut::Reset)).unwrap_err(), Broken::Reset);
    assert_eq!(
        script(Step::cut(Cut::AfterExecute)).unwrap_err(),
        Broken::Closed
    );
    assert!(matches!(
        script(Step::cut(Cut::Truncate)),
        Err(Broken::Cut { status: 200, .. })
    ));
    assert_eq!(
        ask_token(&bench.simulator, FORM).unwrap().status,
        200,
        "the script is used up"
    );
    assert_eq!(bench.simulator.stats().token_requests, 7);
}

#[test]
fn a_literal_token_is_valid_with_its_own_scope() {
    let mut bench = Bench::new();
    for (scope, status) in [("telephony:call:control", 202), ("other", 403)] {
        let step = TokenStep {
            access_token: Claim::Literal(json!("literal")),
            scope: Claim::Literal(json!(scope)),
            ..TokenStep::default()
        };
        bench.simulator.script_token(vec![step]).unwrap();
        bench.token = token_of(&bench.simulator, FORM);
        assert_eq!(bench.press("c1", "1").status, status);
    }
}

// The journal and the life of the server.

#[test]
fn the_journal_holds_what_came_and_no_credential() {
    let bench = Bench::new();
    let mut client = Client::open(&bench.simulator);
    let bearer = format!("Bearer {}", bench.token);
    let headers = [("Authorization", bearer.as_str()), ("X-Trace", "t1")];
    let address = format!("{}?q=1", path("c1"));
    client.send("POST", &address, &headers, payload("98765").as_bytes());
    client.receive().unwrap();
    let requests = bench.simulator.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        (requests[0].kind, requests[0].status),
        (RequestKind::Token, Some(200))
    );
    let request = &requests[1];
    assert_eq!((request.seq, request.kind), (2, RequestKind::Dtmf));
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", path("c1").as_str())
    );
    assert_eq!(request.call_id.as_deref(), Some("c1"));
    assert_eq!((request.status, request.cut), (Some(202), None));
    assert_eq!(request.headers["x-trace"], "t1");
    assert_eq!(request.headers["authorization"], "Bearer [redacted]");
    assert!(request.at_ms >= requests[0].at_ms);
    let everything = format!(
        "{requests:?} {:?} {:?}",
        bench.simulator.executions(),
        bench.simulator
    );
    for secret in [bench.token.as_str(), "demo-secret", "98765"] {
        assert!(!everything.contains(secret));
    }
}

#[test]
fn the_journal_is_bounded() {
    let bench = Bench::with(SimulatorOptions {
        journal_limit: 3,
        ..SimulatorOptions::default()
    });
    for digit in 0..5 {
        bench.press("c1", &digit.to_string());
    }
    assert_eq!(bench.simulator.digits("c1"), ["2", "3", "4"]);
    let kept: Vec<_> = bench
        .simulator
        .requests()
        .iter()
        .map(|request| request.seq)
        .collect();
    assert_eq!(kept, [4, 5, 6]);
    let stats = bench.simulator.stats();
    assert_eq!((stats.requests, stats.executions), (6, 5));
    assert_eq!(stats.journal_dropped, 3 + 2);
}

#[test]
fn stopping_closes_connections_and_frees_the_port() {
    let bench = Bench::new();
    bench.script(Step::cut(Cut::Silence));
    let mut hanging = bench.send(&path("c1"), &payload("1"));
    bench.eventually("it came", |simulator| simulator.stats().requests == 2);
    bench.simulator.stop();
    bench.simulator.stop();
    assert!(matches!(
        hanging.receive(),
        Err(Broken::Closed | Broken::Reset)
    ));
    assert_eq!(bench.simulator.requests().len(), 2, "the journal stays");
    let options = SimulatorOptions {
        port: bench.simulator.port(),
        ..SimulatorOptions::default()
    };
    let again = Simulator::start(options.clone()).unwrap();
    assert_eq!(again.url(), bench.simulator.url());
    let taken = Simulator::start(options).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    let address = SocketAddr::from(([127, 0, 0, 1], again.port()));
    drop(again);
    assert!(
        TcpStream::connect(address).is_err(),
        "dropping stops as well"
    );
}

#[test]
fn it_starts_and_stops_within_a_runtime_of_its_user() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bench = Bench::new();
        assert_eq!(bench.press("c1", "1").status, 202);
    });
}

#[test]
fn many_connections_at_once_are_all_served() {
    let bench = Bench::with(SimulatorOptions {
        auto_calls: true,
        ..SimulatorOptions::default()
    });
    let mut clients: Vec<_> = (0..300)
        .map(|number| bench.send(&path(&format!("n{number}")), &payload("1")))
        .collect();
    for client in &mut clients {
        assert_eq!(client.receive().unwrap().status, 202);
    }
    let stats = bench.simulator.stats();
    assert_eq!(
        (stats.executions, stats.overlaps, stats.in_flight),
        (300, 0, 0)
    );
}
