//! Brings intents and outcomes together: an intent without an outcome is in doubt.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::line::Parsed;
use crate::audit::fields::Event;
use crate::delivery::Delivery;

/// An injection of which it is not known whether its digits were pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InDoubt {
    /// Names the injection.
    pub injection_id: Uuid,
    /// Its call.
    pub call: String,
    /// The platform.
    pub origin: String,
    /// When its last intent was written, as the log has it.
    pub time: String,
    /// The attempt of that intent.
    pub attempt: u32,
}

/// Intents and outcomes so far.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    open: HashMap<Uuid, InDoubt>,
    /// Ended before their intent was read, which may be in a later file.
    early: HashSet<Uuid>,
    unknown: Vec<InDoubt>,
}

impl Pairs {
    /// Takes a record.
    pub(super) fn record(&mut self, record: &Parsed<'_>) {
        let Some(id) = record.inj else { return };
        match record.ev {
            Event::Intent if !self.early.contains(&id) => {
                let intent = InDoubt {
                    injection_id: id,
                    call: record.call.unwrap_or_default().to_owned(),
                    origin: record.origin.unwrap_or_default().to_owned(),
                    time: record.t.to_owned(),
                    attempt: record.att.unwrap_or_default(),
                };
                self.open.insert(id, intent);
            }
            Event::Outcome => {
                let unknown = record.delivery == Some(Delivery::Unknown.as_str());
                match self.open.remove(&id) {
                    Some(intent) if unknown => self.unknown.push(intent),
                    Some(_) => {}
                    None => {
                        self.early.insert(id);
                    }
                }
            }
            _ => {}
        }
    }

    /// Those without an outcome and those whose outcome is unknown, each in the order of time.
    pub(super) fn finish(self) -> (Vec<InDoubt>, Vec<InDoubt>) {
        let in_order = |mut list: Vec<InDoubt>| {
            list.sort_by(|a, b| (&a.time, a.injection_id).cmp(&(&b.time, b.injection_id)));
            list
        };
        (
            in_order(self.open.into_values().collect()),
            in_order(self.unknown),
        )
    }
}
