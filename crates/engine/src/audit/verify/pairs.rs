//! Brings intents and outcomes together: an intent without an outcome is in doubt, until somebody says what became of it.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::line::Parsed;
use crate::audit::fields::Event;
use crate::delivery::Delivery;

/// The most injections that are kept of each kind, and of those that ended before their intent was read. Far more than
/// are ever in flight; what is beyond it is counted.
pub(super) const MAX_KEPT: usize = 10_000;
const MAX_EARLY: usize = 100_000;

/// An injection of which it is not known whether its digits were pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InDoubt {
    /// Names the injection.
    pub injection_id: Uuid,
    /// Its call.
    pub call: String,
    /// The platform. Empty where the intent is not there.
    pub origin: String,
    /// When its last intent was written, as the log has it.
    pub time: String,
    /// The attempt of that intent; 0 where it is not there.
    pub attempt: u32,
    /// Where it stands among the files.
    pub(super) file: usize,
}

/// Intents and outcomes so far.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    open: HashMap<Uuid, InDoubt>,
    unknown: HashMap<Uuid, InDoubt>,
    /// Ended before their intent was read, which may be in a later file.
    early: HashSet<Uuid>,
    /// Found no room.
    more: u64,
}

/// What came of the intents.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// Those without an outcome, in the order of time.
    pub open: Vec<InDoubt>,
    /// Those whose outcome is unknown, in the order of time.
    pub unknown: Vec<InDoubt>,
    /// How many found no room.
    pub more: u64,
    /// Those of which more may come.
    pub under_way: Vec<InDoubt>,
}

impl Pairs {
    /// Takes a record of a file.
    pub(super) fn record(&mut self, file: usize, record: &Parsed<'_>) {
        let Some(id) = record.inj else { return };
        match record.ev {
            Event::Intent if !self.early.contains(&id) => {
                let intent = in_doubt(file, id, record);
                let list = if self.unknown.contains_key(&id) {
                    &mut self.unknown
                } else {
                    &mut self.open
                };
                self.more += u64::from(!keep(list, intent));
            }
            Event::Outcome => {
                let intent = self.open.remove(&id);
                if record.delivery == Some(Delivery::Unknown.as_str()) {
                    let injection = intent.unwrap_or_else(|| in_doubt(file, id, record));
                    if !self.early.contains(&id) {
                        self.more += u64::from(!keep(&mut self.unknown, injection));
                    }
                } else if intent.is_none() {
                    self.ended_early(id);
                }
            }
            Event::Resolved => {
                self.open.remove(&id);
                self.unknown.remove(&id);
                self.ended_early(id);
            }
            _ => {}
        }
    }

    fn ended_early(&mut self, id: Uuid) {
        if self.early.len() < MAX_EARLY {
            self.early.insert(id);
        }
    }

    /// `goes_on` says whether what a file has no outcome of may still get one.
    pub(super) fn finish(self, goes_on: impl Fn(usize) -> bool) -> Doubts {
        let in_order = |mut list: Vec<InDoubt>| {
            list.sort_by(|a, b| (&a.time, a.injection_id).cmp(&(&b.time, b.injection_id)));
            list
        };
        let open = self.open.into_values();
        let (under_way, open): (Vec<_>, Vec<_>) = open.partition(|intent| goes_on(intent.file));
        Doubts {
            open: in_order(open),
            unknown: in_order(self.unknown.into_values().collect()),
            more: self.more,
            under_way,
        }
    }
}

fn keep(list: &mut HashMap<Uuid, InDoubt>, injection: InDoubt) -> bool {
    let fits = list.len() < MAX_KEPT || list.contains_key(&injection.injection_id);
    if fits {
        list.insert(injection.injection_id, injection);
    }
    fits
}

fn in_doubt(file: usize, injection_id: Uuid, record: &Parsed<'_>) -> InDoubt {
    InDoubt {
        injection_id,
        call: record.call.unwrap_or_default().to_owned(),
        origin: record.origin.unwrap_or_default().to_owned(),
        time: record.t.to_owned(),
        attempt: record.att.unwrap_or_default(),
        file,
    }
}
