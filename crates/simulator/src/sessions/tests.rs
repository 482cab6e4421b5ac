use serde_json::json;

use super::*;
use crate::session::SessionEnd;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn sessions(second_poller: SecondPoller) -> Sessions {
    let mut sessions = Sessions::new(&SimulatorOptions {
        second_poller,
        ..SimulatorOptions::default()
    });
    sessions.add("s", Some("4711".to_owned()), Station::default());
    sessions
}

fn poll(sessions: &mut Sessions, id: &str) -> Poll {
    let addressed = sessions.addressed(id.to_owned());
    sessions.poll(&addressed)
}

/// The next id, and the types of the events.
fn told(sessions: &mut Sessions, poll: &Poll) -> Option<(String, Vec<String>)> {
    let Told::Events(next, events) = sessions.tell(poll) else {
        return None;
    };
    let types = events
        .iter()
        .map(|event| event["Type"].as_str().unwrap().to_owned());
    Some((next, types.collect()))
}

fn ask(sessions: &mut Sessions, id: &str) -> Option<(String, Vec<String>)> {
    let poll = poll(sessions, id);
    told(sessions, &poll)
}

fn push(sessions: &mut Sessions, kind: &str) {
    sessions
        .get_mut("s")
        .unwrap()
        .push(json!({ "Type": kind }), NOW);
}

const STATE: [&str; 2] = ["AgentSessionStart", "AgentState"];

#[test]
fn each_answer_renews_the_id_and_an_old_one_begins_anew() {
    let mut sessions = sessions(SecondPoller::Takes);
    let (first, events) = ask(&mut sessions, "s").unwrap();
    assert_eq!(events, STATE);
    assert_eq!(ask(&mut sessions, &first), None);
    push(&mut sessions, "CustomEvent");
    let (second, events) = ask(&mut sessions, &first).unwrap();
    assert_eq!(events, ["CustomEvent"]);
    push(&mut sessions, "PageOpen");
    let (_, events) = ask(&mut sessions, &first).unwrap();
    assert_eq!(events, ["AgentSessionStart", "AgentState", "PageOpen"]);
    // The other id was not used, and goes on.
    push(&mut sessions, "Mute");
    assert_eq!(ask(&mut sessions, &second).unwrap().1, ["Mute"]);
    assert!(sessions.addressed(second).is_renewed);
    assert_eq!(sessions.addressed(first).session, "s");
}

#[test]
fn a_second_poller_takes_events_or_has_copies() {
    for (second_poller, others) in [(SecondPoller::Takes, false), (SecondPoller::Copies, true)] {
        let mut sessions = sessions(second_poller);
        let (id, _) = ask(&mut sessions, "s").unwrap();
        let (one, other) = (poll(&mut sessions, &id), poll(&mut sessions, &id));
        push(&mut sessions, "CustomEvent");
        assert_eq!(told(&mut sessions, &one).unwrap().1, ["CustomEvent"]);
        let copy = told(&mut sessions, &other).map(|(_, events)| events);
        assert_eq!(copy.is_some(), others, "{second_poller:?}");
    }
}

#[test]
fn who_joins_has_an_id_and_events_of_its_own() {
    let mut sessions = sessions(SecondPoller::Takes);
    let (id, _) = ask(&mut sessions, "s").unwrap();
    assert_eq!(sessions.join("1"), None);
    let joined = sessions.join("4711").unwrap();
    let (joined, events) = ask(&mut sessions, &joined).unwrap();
    assert_eq!(events, STATE);
    sessions.get_mut("s").unwrap().end(SessionEnd::Elsewhere);
    for id in [id, joined] {
        let (next, events) = ask(&mut sessions, &id).unwrap();
        assert_eq!(events, ["RemoteAgentSessionEnd"]);
        let ended = poll(&mut sessions, &next);
        assert_eq!(sessions.tell(&ended), Told::Ended);
    }
    assert!(!sessions.is_live("s"));
    assert_eq!(sessions.join("4711"), None);
}

#[test]
fn what_nobody_added_is_unknown_or_begins() {
    let mut known = sessions(SecondPoller::Takes);
    assert_eq!(ask(&mut known, "nobody"), None);
    assert!(known.contact("s", "c", NOW).is_none() && !known.is_live("nobody"));
    let mut auto = Sessions::new(&SimulatorOptions {
        auto_calls: true,
        ..SimulatorOptions::default()
    });
    assert_eq!(ask(&mut auto, "anything").unwrap().1, STATE);
    assert!(auto.contact("anything", "c", NOW).is_some());
    assert_eq!(auto.get("anything").unwrap().in_focus().unwrap().id, "c");
}
