//! Scripted answers and cuts.

use std::io::Write as _;
use std::time::{Duration, Instant};

use cxone_dtmf_simulator::{Cut, Step};
use serde_json::json;

use crate::bench::*;

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
        bench.eventually("it is met", |_| bench.last_request() == (None, Some(cut)));
        bench.eventually("it is pressed", |simulator| {
            simulator.executions().len() >= pressed
        });
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
