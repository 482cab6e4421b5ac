//! Digits into calls: the rules, their order, and tones that take time.

use std::time::{Duration, Instant};

use cxone_dtmf_simulator::{CallOptions, RequestKind, SimulatorOptions};
use serde_json::json;

use crate::bench::*;

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
