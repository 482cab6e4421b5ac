//! One agent session: its contacts, and what it tells its listeners.

use std::collections::VecDeque;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::agent::BUSINESS_UNIT;
use super::contact_state::ContactState;
use super::contacts::{Contact, boolean, contact_of, state_of};

/// The events that a session keeps for listeners that have not asked.
const KEPT_EVENTS: usize = 10_000;

/// How a session ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionEnd {
    /// `AgentSessionEnd`.
    #[default]
    Here,
    /// `RemoteAgentSessionEnd`: another window of the agent ended it.
    Elsewhere,
}

impl SessionEnd {
    const fn event(self) -> &'static str {
        match self {
            Self::Here => "AgentSessionEnd",
            Self::Elsewhere => "RemoteAgentSessionEnd",
        }
    }
}

/// Where the agent sits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Station {
    pub(super) id: String,
    pub(super) phone_number: String,
}

/// An event, and whether the state that a listener begins with says it already.
struct Entry {
    event: Value,
    in_state: bool,
}

/// One session.
pub(super) struct Session {
    /// Counts the sessions, and stands in `AgentSessionStart`.
    pub(super) number: u64,
    pub(super) agent: String,
    pub(super) station: Station,
    pub(super) can_mask: bool,
    /// The one that hears what is pressed is the last of those that can.
    pub(super) contacts: Vec<Contact>,
    pub(super) leg: Option<String>,
    pub(super) has_ended: bool,
    log: VecDeque<Entry>,
    /// How many events the log has dropped.
    dropped: u64,
}

impl Session {
    pub(super) fn new(number: u64, agent: String, station: Station, can_mask: bool) -> Self {
        Self {
            number,
            agent,
            station,
            can_mask,
            contacts: Vec::new(),
            leg: None,
            has_ended: false,
            log: VecDeque::new(),
            dropped: 0,
        }
    }

    /// What happened from this place of the log on; of a listener that begins, without what its first events say.
    pub(super) fn since(&self, place: u64, begins: bool) -> Vec<Value> {
        let skipped = usize::try_from(place.saturating_sub(self.dropped)).unwrap_or(usize::MAX);
        let entries = self.log.iter().skip(skipped);
        (entries.filter(|entry| !(begins && entry.in_state)))
            .map(|entry| entry.event.clone())
            .collect()
    }

    /// The place behind the last event.
    pub(super) fn end_of_log(&self) -> u64 {
        self.dropped + self.log.len() as u64
    }

    /// All that a listener has to know to begin.
    pub(super) fn state(&self) -> Vec<Value> {
        let start = json!({
            "Type": "AgentSessionStart",
            "BusNo": BUSINESS_UNIT,
            "AgentId": self.agent,
            "SessionId": self.number.to_string(),
            "StationId": self.station.id,
            "StationPhoneNumber": self.station.phone_number,
            "CanMask": boolean(self.can_mask),
            "CanRecord": "True",
        });
        let agent = json!({
            "Type": "AgentState",
            "CurrentState": "Unavailable",
            "CurrentOutReason": "",
            "IsAcw": boolean(self.contacts.iter().any(|contact| contact.state == ContactState::WrapUp)),
            "NextStates": [{ "State": "", "OutReason": "" }],
        });
        let leg = self.leg.iter().map(|leg| leg_event(leg, "Active"));
        let contacts = self.contacts.iter().map(Contact::event);
        [start, agent]
            .into_iter()
            .chain(leg)
            .chain(contacts)
            .collect()
    }

    pub(super) fn tell(&mut self, event: Value, in_state: bool) {
        if self.log.len() >= KEPT_EVENTS {
            self.log.pop_front();
            self.dropped += 1;
        }
        self.log.push_back(Entry { event, in_state });
    }

    pub(super) fn contact(&self, id: &str) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.id == id)
    }

    /// The contact that hears what is pressed.
    pub(super) fn in_focus(&self) -> Option<&Contact> {
        self.contacts.iter().rfind(|contact| contact.state.hears())
    }

    /// Adds a contact. One of this id that was there before is forgotten.
    pub(super) fn add(&mut self, contact: Contact, now: SystemTime) {
        self.contacts.retain(|other| other.id != contact.id);
        let (id, state) = (contact.id.clone(), contact.state);
        self.contacts.push(contact);
        self.enter(&id, state, now);
    }

    /// Moves a contact, and tells it. Who gets the agent's voice puts on hold who had it.
    pub(super) fn enter(&mut self, id: &str, state: ContactState, now: SystemTime) {
        if state.has_the_voice() {
            let held = (self.contacts.iter())
                .filter(|other| other.id != id && other.state.has_the_voice())
                .map(|other| other.id.clone());
            for other in held.collect::<Vec<_>>() {
                self.set(&other, ContactState::Holding, now);
            }
        }
        self.set(id, state, now);
    }

    fn set(&mut self, id: &str, state: ContactState, now: SystemTime) {
        let Some(index) = self.contacts.iter().position(|contact| contact.id == id) else {
            return;
        };
        let mut contact = self.contacts.remove(index);
        let takes_focus = state.hears() && !contact.state.hears();
        contact.enter(state, now);
        let is_gone = state == ContactState::Disconnected;
        self.tell(contact.event(), !is_gone);
        if is_gone {
            return;
        }
        // A contact that hears already stays where it is, unless it is spoken to now.
        let index = if takes_focus || state.has_the_voice() {
            self.contacts.len()
        } else {
            index
        };
        self.contacts.insert(index, contact);
    }

    /// Tells an event as it stands, and keeps what it says of a contact, or of the session.
    pub(super) fn push(&mut self, event: Value, now: SystemTime) {
        let of = event.as_object().and_then(contact_of);
        if let (Some(fields), Some(id)) = (event.as_object(), of) {
            let in_state = self.learn(fields, &id, now);
            self.tell(event, in_state);
            return;
        }
        let kind = event.get("Type").and_then(Value::as_str);
        self.has_ended |= kind.is_some_and(|kind| {
            [SessionEnd::Here, SessionEnd::Elsewhere]
                .iter()
                .any(|end| end.event() == kind)
        });
        self.tell(event, false);
    }

    /// Tells whether the state has it now: a contact that is gone, or was not known when it went, is not in it.
    fn learn(&mut self, event: &Map<String, Value>, id: &str, now: SystemTime) -> bool {
        let state = state_of(event);
        if state == Some(ContactState::Disconnected) {
            self.contacts.retain(|contact| contact.id != id);
            return false;
        }
        let index = self.contacts.iter().position(|contact| contact.id == id);
        let mut contact = match index {
            Some(index) => self.contacts.remove(index),
            None if state.is_none() => return false,
            None => Contact::new(id, &super::ContactOptions::default(), now),
        };
        contact.learn(event, now);
        let last = self.contacts.len();
        let index = index.filter(|_| !contact.state.hears()).unwrap_or(last);
        self.contacts.insert(index, contact);
        true
    }

    /// The last event says so, as the platform does.
    pub(super) fn end(&mut self, end: SessionEnd) {
        if !self.has_ended {
            self.has_ended = true;
            let event = json!({ "Type": end.event(), "Success": "True", "Message": "" });
            self.tell(event, false);
        }
    }

    /// The agent's telephone is called, and answers.
    pub(super) fn dial_leg(&mut self, id: String) {
        self.tell(leg_event(&id, "Dialing"), true);
        self.tell(leg_event(&id, "Active"), true);
        self.leg = Some(id);
    }

    pub(super) fn end_leg(&mut self) -> bool {
        match self.leg.take() {
            Some(id) => {
                self.tell(leg_event(&id, "Disconnected"), false);
                true
            }
            None => false,
        }
    }
}

fn leg_event(id: &str, status: &str) -> Value {
    let is_final = boolean(status == "Disconnected");
    json!({ "Type": "AgentLeg", "AgentLegId": id, "Status": status, "FinalState": is_final })
}

#[cfg(test)]
mod tests;
