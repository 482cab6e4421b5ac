//! Limits, delays, and calls that are busy.

use std::time::{Duration, Instant, SystemTime};

use cxone_dtmf_simulator::{Latency, RateLimit, RetryAfterForm, SimulatorOptions, Step};

use crate::bench::*;

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
