//! What the far side hears: of each call the bursts of one injection from the first on, and then those of the next.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{Ledger, Record};
use super::{Law, Moment, Violation, sessions};
use crate::simulation::history::Injection;

/// A burst that was pressed while the engine knew of it.
struct Heard<'a> {
    at: Moment,
    injection: Injection,
    part: u32,
    record: &'a Record,
}

pub fn check(ledger: &Ledger, broken: &mut Vec<Violation>) {
    let mut calls: BTreeMap<usize, Vec<Heard>> = BTreeMap::new();
    for (&injection, record) in &ledger.injections {
        let pressed = record.sent.values().filter_map(|sent| {
            Some(Heard {
                at: sessions::in_time(sent)?,
                injection,
                part: sent.part,
                record,
            })
        });
        calls.entry(record.ask.call).or_default().extend(pressed);
    }
    for mut heard in calls.into_values() {
        heard.sort_by_key(|burst| burst.at);
        of_call(&heard, broken);
    }
}

fn of_call(heard: &[Heard], broken: &mut Vec<Violation>) {
    let mut over = BTreeSet::new();
    let mut current: Option<(Injection, u32)> = None;
    for burst in heard {
        let mut breaks = |why: String| {
            let (injection, ask) = (burst.injection, &burst.record.ask);
            broken.push(Violation::of(Law::Heard, injection, ask, why));
        };
        let expected = match current {
            Some((injection, part)) if injection == burst.injection => part + 1,
            _ => {
                over.extend(current.map(|(injection, _)| injection));
                0
            }
        };
        if over.contains(&burst.injection) {
            breaks("heard on both sides of another one".to_owned());
        } else if burst.part != expected {
            let part = burst.part;
            breaks(format!("burst {part} heard where burst {expected} belongs"));
        }
        current = Some((burst.injection, burst.part));
    }
}
