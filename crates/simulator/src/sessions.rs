//! Which agent sessions are live, and the events that wait in each.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

/// What belongs to a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionOptions {
    /// The contact that the session handles. Default: none, so that no recording can be masked.
    pub contact_id: Option<String>,
}

#[derive(Default)]
struct Session {
    options: SessionOptions,
    events: VecDeque<Value>,
    has_ended: bool,
}

/// What a listener is told.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    /// Everything that happened since it last asked.
    Events(Vec<Value>),
    /// Nothing yet.
    Nothing,
    /// The session has ended, and its last events were told.
    Ended,
    /// There is no such session.
    Unknown,
}

/// The sessions of the platform.
pub(super) struct Sessions {
    auto: bool,
    all: HashMap<String, Session>,
}

impl Sessions {
    /// With `auto`, sessions that were never added are live as well.
    pub(super) fn new(auto: bool) -> Self {
        Self {
            auto,
            all: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, id: &str, options: SessionOptions) {
        let session = Session {
            options,
            ..Session::default()
        };
        self.all.insert(id.to_owned(), session);
    }

    /// The last event says so, as the platform does.
    pub(super) fn end(&mut self, id: &str) {
        let session = self.all.entry(id.to_owned()).or_default();
        if !session.has_ended {
            session.has_ended = true;
            session
                .events
                .push_back(json!({ "Type": "AgentSessionEnd" }));
        }
    }

    pub(super) fn push(&mut self, id: &str, event: Value) {
        let session = self.all.entry(id.to_owned()).or_default();
        session.events.push_back(event);
    }

    pub(super) fn is_live(&self, id: &str) -> bool {
        self.all
            .get(id)
            .map_or(self.auto, |session| !session.has_ended)
    }

    /// The contact that a session handles.
    pub(super) fn contact(&self, id: &str) -> Option<&str> {
        self.all.get(id)?.options.contact_id.as_deref()
    }

    /// Whether a contact can be recorded.
    pub(super) fn knows_contact(&self, contact: &str) -> bool {
        let mut sessions = self.all.values();
        self.auto || sessions.any(|session| session.options.contact_id.as_deref() == Some(contact))
    }

    /// The events since the last request. Each is told once.
    pub(super) fn tell(&mut self, id: &str) -> Told {
        match self.all.get_mut(id) {
            None if self.auto => Told::Nothing,
            None => Told::Unknown,
            Some(session) if !session.events.is_empty() => {
                Told::Events(session.events.drain(..).collect())
            }
            Some(session) if session.has_ended => Told::Ended,
            Some(_) => Told::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_once_and_the_end_comes_last() {
        let mut sessions = Sessions::new(false);
        assert_eq!(sessions.tell("s"), Told::Unknown);
        sessions.add("s", SessionOptions::default());
        assert_eq!(sessions.tell("s"), Told::Nothing);
        sessions.push("s", json!({ "Type": "AgentState" }));
        sessions.end("s");
        sessions.end("s");
        let Told::Events(events) = sessions.tell("s") else {
            panic!("no events");
        };
        assert_eq!(events.len(), 2);
        assert_eq!(events[1]["Type"], "AgentSessionEnd");
        assert_eq!(sessions.tell("s"), Told::Ended);
        assert!(!sessions.is_live("s"));
    }

    #[test]
    fn contacts_are_those_of_the_sessions() {
        let mut sessions = Sessions::new(false);
        let contact_id = Some("c".to_owned());
        sessions.add("s", SessionOptions { contact_id });
        assert_eq!(sessions.contact("s"), Some("c"));
        assert!(sessions.knows_contact("c") && !sessions.knows_contact("d"));
        assert!(Sessions::new(true).knows_contact("d"));
    }
}
