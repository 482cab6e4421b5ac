//! The text for Prometheus is part of the public contract.

use super::*;
use crate::delivery::Delivery;
use crate::error::Code;
use crate::fleet;
use crate::metrics::Totals;

#[test]
fn every_sample_has_a_type_and_every_histogram_its_end() {
    let mut now = Snapshot::default();
    now.counts.settled = vec![
        (Delivery::Accepted, None, 3),
        (Delivery::Unknown, Some(Code::OutcomeUnknown), 1),
    ];
    now.times.queue.record(Duration::from_millis(7));
    now.token_age = Some(Duration::from_millis(1500));
    let page = exposition(&now);
    let mut typed = Vec::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            typed.push(rest.split(' ').next().unwrap().to_owned());
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = typed.last().unwrap();
            assert!(name.starts_with(family.as_str()), "{line}");
            assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok());
        }
    }
    for line in [
        r#"cxone_dtmf_injections_total{delivery="accepted",code=""} 3"#,
        r#"cxone_dtmf_injections_total{delivery="unknown",code="ERR_DTMF_OUTCOME_UNKNOWN"} 1"#,
        r#"cxone_dtmf_queue_seconds_bucket{le="0.005"} 0"#,
        r#"cxone_dtmf_queue_seconds_bucket{le="0.01"} 1"#,
        r#"cxone_dtmf_queue_seconds_bucket{le="+Inf"} 1"#,
        "cxone_dtmf_queue_seconds_sum 0.007",
        "cxone_dtmf_token_age_seconds 1.5",
    ] {
        assert!(
            page.lines().any(|written| written == line),
            "{line}\n{page}"
        );
    }
}

#[test]
fn a_busy_injector_is_written_as_always() {
    let mut now = Snapshot::default();
    now.counts.settled = vec![
        (Delivery::Accepted, None, 30),
        (Delivery::Refused, Some(Code::Rejected), 2),
        (Delivery::Unknown, Some(Code::Aborted), 4),
        (Delivery::NotSent, Some(Code::Aborted), 3),
    ];
    now.counts.resends = vec![(Code::Server, 5), (Code::Connect, 6)];
    now.totals = Totals {
        attempts: 41,
        token_refreshes: 12,
        audit_failures: 13,
        monitor_errors: 14,
        repeats_guarded: 16,
        unmask_failures: 7,
        recognition_reports: 8,
        reported_digits_sent: 32,
        reported_digits_recognised: 31,
    };
    (now.waiting, now.in_flight, now.locks, now.budget) = (9, 10, 11, 486);
    now.outbox_bytes = 15;
    now.in_doubt.1 = 17;
    now.token_age = Some(Duration::from_micros(1_500_250));
    now.fleet_unavailable = Some(Duration::from_millis(2_500));
    now.fleet = Some(fleet::Counts {
        round_trips: 21,
        failures: 22,
        waits: 23,
        leases: 24,
        leases_lost: 25,
        without_lease: 26,
        shared_tokens: 27,
        own_slots: 28,
    });
    for millis in [1, 7, 60, 700, 31_000] {
        now.times.queue.record(Duration::from_millis(millis));
        now.times.latency.record(Duration::from_millis(millis + 3));
        now.times
            .attempt
            .record(Duration::from_micros(millis * 1001));
    }
    assert_eq!(exposition(&now), include_str!("page.txt"));
}
