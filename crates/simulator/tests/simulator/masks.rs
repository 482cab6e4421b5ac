//! Masks that take effect at once, late, when the test says so, or not at all.

use std::time::Duration;

use cxone_dtmf_simulator::{ContactState, SimulatorOptions};

use crate::bench::*;
use crate::published::*;

const MASK: &str = "agent-sessions/s1/interactions/k1/mask";
const UNMASK: &str = "agent-sessions/s1/interactions/k1/unmask";

fn state(bench: &Bench) -> ContactState {
    bench.simulator.contacts("s1")[0].state
}

/// The status of the contact in the next event.
fn next_status(bench: &Bench, session: &str) -> (String, String) {
    let seen = bench.listen(session, 30).receive().unwrap().json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (text(&seen["sessionId"]), text(&seen["events"][0]["Status"]))
}

#[test]
fn a_mask_is_confirmed_by_an_event() {
    let bench = bench(SimulatorOptions::default());
    let id = bench.begin("s1");
    assert_eq!(bench.post(MASK, "").status, 202);
    assert_eq!(state(&bench), ContactState::Masking);
    let (id, status) = next_status(&bench, &id);
    assert_eq!(status, "Masking");
    assert_eq!(bench.post(UNMASK, "").status, 202);
    assert_eq!(next_status(&bench, &id).1, "Active");
    let requests: Vec<_> = (bench.simulator.masks("k1").iter())
        .map(|change| change.request_seq.is_some())
        .collect();
    assert_eq!(requests, [true, true]);
}

#[test]
fn a_late_mask_wakes_who_listens_and_an_unmasking_does_not_overtake_it() {
    let bench = bench(SimulatorOptions {
        mask_delay: Duration::from_millis(300),
        ..SimulatorOptions::default()
    });
    let id = bench.begin("s1");
    let mut waiting = bench.listen(&id, 30);
    bench.eventually("the poll", |simulator| simulator.stats().event_polls == 2);
    assert_eq!(bench.post(MASK, "").status, 202);
    assert!(!bench.simulator.is_masked("k1"));
    assert_eq!(bench.tones("s1", "1").status, 202);
    assert_eq!(bench.post(UNMASK, "").status, 202);
    let events = waiting.receive().unwrap().json()["events"].clone();
    assert_eq!(events[0]["Status"], "Masking");
    bench.eventually("the end", |simulator| simulator.masks("k1").len() == 2);
    let changes = bench.simulator.masks("k1");
    assert!(changes[0].masked && !changes[1].masked);
    assert!(changes[0].at_ms <= changes[1].at_ms);
    assert_eq!(bench.simulator.executions()[0].masked, Some(false));
}

#[test]
fn a_mask_waits_for_the_test() {
    let bench = bench(SimulatorOptions {
        confirm_masks: true,
        ..SimulatorOptions::default()
    });
    assert!(bench.simulator.confirm_mask("k1").is_err());
    assert_eq!(bench.post(MASK, "").status, 202);
    assert_eq!(bench.post(UNMASK, "").status, 202);
    assert!(bench.simulator.masks("k1").is_empty());
    bench.simulator.confirm_mask("k1").unwrap();
    assert_eq!(bench.simulator.masks("k1").len(), 2);
    // The contact goes before the mask comes.
    assert_eq!(bench.post(MASK, "").status, 202);
    bench
        .simulator
        .move_contact("k1", ContactState::Disconnected)
        .unwrap();
    bench.simulator.confirm_mask("k1").unwrap();
    assert!(!bench.simulator.is_masked("k1"));
}

#[test]
fn who_hears_nothing_and_who_cannot_are_not_masked() {
    let cannot = bench(SimulatorOptions {
        can_mask: false,
        ..SimulatorOptions::default()
    });
    let state = cannot.listen("s1", 0).receive().unwrap().json();
    assert_eq!(state["events"][0]["CanMask"], "False");
    assert_eq!(cannot.post(MASK, "").error(), (409, "conflict".to_owned()));
    let bench = bench(SimulatorOptions::default());
    for state in [
        ContactState::Holding,
        ContactState::WrapUp,
        ContactState::Incoming,
    ] {
        bench.simulator.move_contact("k1", state).unwrap();
        assert_eq!(bench.post(MASK, "").status, 409, "{state:?}");
        assert_eq!(bench.post(UNMASK, "").status, 202, "{state:?}");
    }
    bench
        .simulator
        .move_contact("k1", ContactState::Disconnected)
        .unwrap();
    assert_eq!(
        (bench.post(MASK, "").status, bench.post(UNMASK, "").status),
        (404, 404)
    );
}

#[test]
fn a_contact_that_waits_stays_masked() {
    let bench = bench(SimulatorOptions::default());
    bench.post(MASK, "");
    assert_eq!(
        bench
            .post("agent-sessions/s1/interactions/k1/hold", "")
            .status,
        202
    );
    assert!(bench.simulator.is_masked("k1"));
    assert_eq!(
        bench
            .post("agent-sessions/s1/interactions/k1/resume", "")
            .status,
        202
    );
    assert_eq!(state(&bench), ContactState::Masking);
}
