//! The journal: what it holds, and how much of it.

use cxone_dtmf_simulator::{RequestKind, SimulatorOptions};

use crate::bench::*;

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
