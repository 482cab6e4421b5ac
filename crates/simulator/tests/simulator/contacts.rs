//! Contacts, as tests move them and as an agent's program does, and who hears what is pressed.

use cxone_dtmf_simulator::{
    ContactOptions, ContactState, SessionOptions, SimulatorOptions, Unknown,
};
use serde_json::{Value, json};

use crate::bench::*;
use crate::published::*;

fn add(bench: &Bench, id: &str, state: ContactState) {
    let options = ContactOptions {
        contact_id: Some(id.to_owned()),
        state,
        ..ContactOptions::default()
    };
    assert_eq!(bench.simulator.add_contact("s1", &options), id);
}

/// Contact and status of each event since.
fn told(bench: &Bench, session: &str) -> (String, Vec<String>) {
    let seen = bench.listen(session, 30).receive().unwrap().json();
    let events = seen["events"].as_array().unwrap();
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or("-").to_owned();
    let told = events
        .iter()
        .map(|event| format!("{} {}", text(event, "ContactID"), text(event, "Status")));
    let next = seen["sessionId"].as_str().unwrap().to_owned();
    (next, told.collect())
}

fn states(bench: &Bench) -> Vec<(String, ContactState, bool)> {
    let all = bench.simulator.contacts("s1").into_iter();
    all.map(|contact| (contact.contact_id, contact.state, contact.in_focus))
        .collect()
}

#[test]
fn what_is_pressed_is_heard_by_the_contact_in_focus() {
    let bench = bench(SimulatorOptions::default());
    add(&bench, "k2", ContactState::Active);
    let heard = |digits: &str| {
        assert_eq!(bench.tones("s1", digits).status, 202);
        bench.simulator.executions().pop().unwrap().contact_id
    };
    assert_eq!(heard("1").as_deref(), Some("k2"));
    bench
        .simulator
        .move_contact("k1", ContactState::Active)
        .unwrap();
    assert_eq!(heard("2").as_deref(), Some("k1"));
    bench
        .simulator
        .move_contact("k1", ContactState::WrapUp)
        .unwrap();
    assert_eq!(heard("3"), None);
    assert_eq!(
        states(&bench),
        [
            ("k2".to_owned(), ContactState::Holding, false),
            ("k1".to_owned(), ContactState::WrapUp, false),
        ]
    );
    assert!(
        bench
            .simulator
            .move_contact("nobody", ContactState::Active)
            .is_err()
    );
}

#[test]
fn digits_to_nobody_are_taken_or_refused() {
    let refusing = SimulatorOptions {
        digits_to_nobody: Unknown::Refused,
        ..SimulatorOptions::default()
    };
    for (options, status) in [(SimulatorOptions::default(), 202), (refusing, 404)] {
        let bench = bench(options);
        bench
            .simulator
            .move_contact("k1", ContactState::Holding)
            .unwrap();
        assert_eq!(bench.tones("s1", "1").status, status);
    }
}

#[test]
fn listeners_are_told_who_is_there_and_what_becomes_of_them() {
    let bench = bench(SimulatorOptions::default());
    add(&bench, "k2", ContactState::Incoming);
    let (id, events) = told(&bench, "s1");
    assert_eq!(events, ["- -", "- -", "k1 Active", "k2 Incoming"]);
    let act = |contact: &str, action: &str| {
        let path = format!("agent-sessions/{id}/interactions/{contact}/{action}");
        bench.post(&path, "").status
    };
    assert_eq!(act("k2", "accept"), 202);
    let (id, events) = told(&bench, &id);
    assert_eq!(events, ["k1 Holding", "k2 Active"]);
    assert_eq!(
        (act("k1", "hold"), act("k2", "resume"), act("k2", "accept")),
        (409, 409, 409)
    );
    assert_eq!(act("k1", "activate"), 202);
    assert_eq!((act("k1", "hold"), act("k2", "resume")), (202, 202));
    assert_eq!(
        (act("k2", "end"), act("k2", "hold"), act("k2", "dance")),
        (202, 404, 404)
    );
    let (_, events) = told(&bench, &id);
    assert_eq!(
        events,
        [
            "k2 Holding",
            "k1 Active",
            "k1 Holding",
            "k2 Active",
            "k2 Disconnected"
        ]
    );
    add(&bench, "k3", ContactState::Incoming);
    assert_eq!(act("k3", "reject"), 202);
    assert_eq!(
        states(&bench),
        [("k1".to_owned(), ContactState::Holding, false)]
    );
}

#[test]
fn an_event_of_the_test_moves_the_contact_it_is_about() {
    let bench = bench(SimulatorOptions::default());
    let event = |id: &str, status: &str| {
        let event = json!({"Type": "CallContactEvent", "ContactID": id, "Status": status});
        bench.simulator.push_event("s1", event);
    };
    event("k1", "Disconnected");
    event("k2", "Masking");
    assert_eq!(
        states(&bench),
        [("k2".to_owned(), ContactState::Masking, true)]
    );
    assert!(bench.simulator.is_masked("k2"));
    assert_eq!(bench.simulator.masks("k2")[0].request_seq, None);
    event("k2", "Active");
    assert!(!bench.simulator.is_masked("k2"));
}

#[test]
fn a_transferred_call_has_another_id() {
    let bench = bench(SimulatorOptions::default());
    let simulator = &bench.simulator;
    simulator.add_session("s2", SessionOptions::default());
    add(&bench, "500000", ContactState::Holding);
    simulator
        .move_contact("500000", ContactState::Disconnected)
        .unwrap();
    let second = simulator.transfer_contact("k1", None, None).unwrap();
    assert_eq!(second, "500001", "no number is given twice");
    let third = simulator
        .transfer_contact(&second, Some("s2"), Some("k3".to_owned()))
        .unwrap();
    assert!(simulator.contacts("s1").is_empty());
    let there = simulator.contacts("s2").pop().unwrap();
    assert_eq!(there.contact_id, third);
    assert_eq!(
        (there.master_id, there.parent_contact_id),
        ("k1".to_owned(), second.clone())
    );
    let (_, events) = told(&bench, "s1");
    let gone = [
        "500000 Disconnected".to_owned(),
        "k1 Disconnected".to_owned(),
        format!("{second} Disconnected"),
    ];
    assert_eq!(events[2..], gone);
    assert!(simulator.transfer_contact("k1", None, None).is_err());
    assert!(
        simulator
            .transfer_contact("k3", Some("nowhere"), None)
            .is_err()
    );
    assert_eq!(simulator.contacts("s2").len(), 1, "it stays where it was");
}

#[test]
fn a_script_hears_signals() {
    let bench = bench(SimulatorOptions::default());
    assert_eq!(
        bench
            .post("interactions/k1/signal", r#"{"p1":"a","p2":"b"}"#)
            .status,
        202
    );
    assert_eq!(
        bench.post("interactions/k1/signal?p1=c&x=y", "").status,
        202
    );
    assert_eq!(bench.post("interactions/nobody/signal", "").status, 404);
    let signals = bench.simulator.signals("k1");
    let parameters: Vec<_> = signals
        .iter()
        .map(|signal| json!(signal.parameters))
        .collect();
    assert_eq!(
        parameters,
        [json!({"p1": "a", "p2": "b"}), json!({"p1": "c"})]
    );
    assert!(bench.simulator.signals("k2").is_empty());
}
