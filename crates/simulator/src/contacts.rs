//! One contact of an agent: who is on the telephone, and in which state.

use std::time::SystemTime;

use cxone_dtmf_options::{Fields, OptionError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::contact_state::ContactState;
use super::wall::iso8601;

/// What a test says of a contact that it adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactOptions {
    /// Its id. Default: a number that is not taken.
    pub contact_id: Option<String>,
    /// The state it begins in.
    pub state: ContactState,
    /// The number it calls from, or is called at. Default: empty.
    pub ani: String,
    /// The number that was dialed. Default: empty.
    pub dnis: String,
    /// The skill it came by. Default: empty.
    pub skill: String,
    /// Whether it called. Default: false.
    pub is_inbound: bool,
}

impl ContactOptions {
    /// Reads them as JavaScript gives them.
    pub fn from_json(value: Value) -> Result<Self, OptionError> {
        let mut fields = Fields::of(value, "options")?;
        let options = Self {
            contact_id: fields.text("contactId")?,
            state: (fields.choice("state", &ContactState::NAMED)?).unwrap_or_default(),
            ani: fields.text("ani")?.unwrap_or_default(),
            dnis: fields.text("dnis")?.unwrap_or_default(),
            skill: fields.text("skill")?.unwrap_or_default(),
            is_inbound: fields.flag("isInbound")?.unwrap_or_default(),
        };
        fields.finish()?;
        Ok(options)
    }
}

/// A contact as a test reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactRecord {
    /// Its id.
    pub contact_id: String,
    /// The contact that the call began as.
    pub master_id: String,
    /// The contact that it was before its last transfer; its own id where there was none.
    pub parent_contact_id: String,
    /// Its state.
    pub state: ContactState,
    /// Whether it is the one that hears what is pressed into its session.
    pub in_focus: bool,
}

/// One contact.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) id: String,
    pub(super) master: String,
    pub(super) parent: String,
    pub(super) state: ContactState,
    /// The further fields of its events.
    details: Map<String, Value>,
    since: SystemTime,
    changed: SystemTime,
}

impl Contact {
    pub(super) fn new(id: &str, options: &ContactOptions, now: SystemTime) -> Self {
        let details = [
            ("IsInbound", boolean(options.is_inbound)),
            ("DNIS", &options.dnis),
            ("ANI", &options.ani),
            ("Skill", &options.skill),
            ("InteractionId", id),
        ];
        Self {
            id: id.to_owned(),
            master: id.to_owned(),
            parent: id.to_owned(),
            state: options.state,
            details: (details.into_iter())
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
            since: now,
            changed: now,
        }
    }

    /// The same call under the id that it has after a transfer.
    pub(super) fn transferred(&self, id: &str, now: SystemTime) -> Self {
        Self {
            id: id.to_owned(),
            parent: self.id.clone(),
            state: ContactState::Active,
            since: now,
            changed: now,
            ..self.clone()
        }
    }

    pub(super) fn enter(&mut self, state: ContactState, now: SystemTime) {
        self.state = state;
        self.changed = now;
    }

    /// Takes over what an event says of this contact.
    pub(super) fn learn(&mut self, event: &Map<String, Value>, now: SystemTime) {
        if let Some(state) = state_of(event) {
            self.enter(state, now);
        }
        for (name, value) in event {
            match name.as_str() {
                "MasterID" => self.master = text_of(value),
                "ParentContactID" => self.parent = text_of(value),
                "Type" | "ContactID" | "Status" | "FinalState" => {}
                _ => drop(self.details.insert(name.clone(), value.clone())),
            }
        }
    }

    /// What the platform tells of it.
    pub(super) fn event(&self) -> Value {
        let mut event = json!({
            "Type": "CallContactEvent",
            "ContactID": self.id,
            "MasterID": self.master,
            "ParentContactID": self.parent,
            "Status": self.state.status(),
            "FinalState": boolean(self.state == ContactState::Disconnected),
            "StartTimeUTC": iso8601(self.since),
            "LastStateChangeTimeUTC": iso8601(self.changed),
            "DisconnectCode": "",
            "IsLogging": "False",
        });
        if let Value::Object(event) = &mut event {
            event.extend(self.details.clone());
        }
        event
    }

    pub(super) fn record(&self, in_focus: bool) -> ContactRecord {
        ContactRecord {
            contact_id: self.id.clone(),
            master_id: self.master.clone(),
            parent_contact_id: self.parent.clone(),
            state: self.state,
            in_focus,
        }
    }
}

/// The contact that an event is about.
pub(super) fn contact_of(event: &Map<String, Value>) -> Option<String> {
    let is_call = event.get("Type")? == "CallContactEvent";
    let id = text_of(event.get("ContactID")?);
    (is_call && !id.is_empty()).then_some(id)
}

/// The state that an event tells. A contact that is disconnected is gone, unless the event says that this is not final.
pub(super) fn state_of(event: &Map<String, Value>) -> Option<ContactState> {
    let status = event.get("Status")?.as_str()?;
    let is_final = (event.get("FinalState")).is_none_or(|value| !says_false(value));
    ContactState::told(status, is_final)
}

fn says_false(value: &Value) -> bool {
    text_of(value).eq_ignore_ascii_case("false")
}

/// Ids are text on the wire, and tests write numbers as well.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How the platform writes one.
pub(super) const fn boolean(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(event: Value) -> Map<String, Value> {
        match event {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    #[test]
    fn an_event_says_what_state_a_contact_is_in() {
        for (event, state) in [
            (json!({"Status": "Active"}), Some(ContactState::Active)),
            (json!({"Status": "masking"}), Some(ContactState::Masking)),
            (
                json!({"Status": "Disconnected"}),
                Some(ContactState::Disconnected),
            ),
            (
                json!({"Status": "Disconnected", "FinalState": "False"}),
                Some(ContactState::WrapUp),
            ),
            (
                json!({"Status": "Disconnected", "FinalState": false}),
                Some(ContactState::WrapUp),
            ),
            (json!({"Status": "Preview"}), None),
            (json!({}), None),
        ] {
            assert_eq!(state_of(&fields(event.clone())), state, "{event}");
        }
    }

    #[test]
    fn what_an_event_said_is_told_again() {
        let now = SystemTime::UNIX_EPOCH;
        let mut contact = Contact::new("7", &ContactOptions::default(), now);
        contact.learn(
            &fields(json!({"Status": "Holding", "ANI": "100", "MasterID": 5})),
            now,
        );
        let event = contact.event();
        assert_eq!(event["Status"], "Holding");
        assert_eq!(
            (&event["ANI"], &event["MasterID"]),
            (&json!("100"), &json!("5"))
        );
        assert_eq!(event["FinalState"], "False");
        assert_eq!(event["StartTimeUTC"], "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_transfer_gives_an_id_and_keeps_the_master() {
        let now = SystemTime::UNIX_EPOCH;
        let first = Contact::new("1", &ContactOptions::default(), now);
        let third = first.transferred("2", now).transferred("3", now);
        let record = third.record(true);
        assert_eq!(
            (record.master_id.as_str(), record.parent_contact_id.as_str()),
            ("1", "2")
        );
    }
}
