use super::*;
use crate::ContactOptions;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn session(contacts: &[&str]) -> Session {
    let mut session = Session::new(1, "4711".to_owned(), Station::default(), true);
    for id in contacts {
        session.add(Contact::new(id, &ContactOptions::default(), NOW), NOW);
    }
    session
}

fn states(session: &Session) -> Vec<(&str, ContactState)> {
    let all = session.contacts.iter();
    all.map(|contact| (contact.id.as_str(), contact.state))
        .collect()
}

fn focus(session: &Session) -> Option<&str> {
    session.in_focus().map(|contact| contact.id.as_str())
}

#[test]
fn one_contact_has_the_voice_and_the_others_wait() {
    let mut session = session(&["a", "b"]);
    let held = ContactState::Holding;
    assert_eq!(states(&session), [("a", held), ("b", ContactState::Active)]);
    assert_eq!(focus(&session), Some("b"));
    session.enter("a", ContactState::Masking, NOW);
    assert_eq!(
        states(&session),
        [("b", held), ("a", ContactState::Masking)]
    );
    session.enter("a", ContactState::WrapUp, NOW);
    assert_eq!(focus(&session), None);
    session.enter("a", ContactState::Disconnected, NOW);
    assert_eq!(states(&session), [("b", held)]);
}

#[test]
fn an_event_changes_what_it_is_about() {
    let mut session = session(&["a"]);
    let event = |id: &str, status: &str| json!({"Type": "CallContactEvent", "ContactID": id, "Status": status});
    session.push(event("b", "Active"), NOW);
    assert_eq!(focus(&session), Some("b"));
    session.push(event("b", "Disconnected"), NOW);
    assert_eq!(focus(&session), Some("a"));
    session.push(event("c", "Disconnected"), NOW);
    session.push(event("c", "NaturalCallRinging"), NOW);
    session.push(json!({"Type": "CustomEvent"}), NOW);
    assert_eq!(states(&session), [("a", ContactState::Active)]);
    let told = session.since(0, true);
    let kinds: Vec<_> = told.iter().map(|event| event["Status"].as_str()).collect();
    let gone = Some("Disconnected");
    assert_eq!(kinds, [gone, gone, Some("NaturalCallRinging"), None]);
    session.push(json!({"Type": "RemoteAgentSessionEnd"}), NOW);
    assert!(session.has_ended);
}

#[test]
fn a_listener_that_begins_is_told_the_state_and_nothing_twice() {
    let mut session = session(&["a"]);
    session.dial_leg("9".to_owned());
    let kinds = |events: &[Value]| -> Vec<String> {
        events
            .iter()
            .map(|event| event["Type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        kinds(&session.state()),
        [
            "AgentSessionStart",
            "AgentState",
            "AgentLeg",
            "CallContactEvent"
        ]
    );
    assert!(session.since(0, true).is_empty());
    assert!(session.end_leg() && !session.end_leg());
    session.end(SessionEnd::Here);
    session.end(SessionEnd::Here);
    assert_eq!(
        kinds(&session.since(0, true)),
        ["AgentLeg", "AgentSessionEnd"]
    );
}

#[test]
fn a_log_keeps_the_newest() {
    let mut session = session(&[]);
    for n in 0..=KEPT_EVENTS {
        session.push(json!({ "n": n }), NOW);
    }
    assert_eq!(session.since(0, false).len(), KEPT_EVENTS);
    let last = session.end_of_log() - 1;
    assert_eq!(session.since(last, false), [json!({ "n": KEPT_EVENTS })]);
}
