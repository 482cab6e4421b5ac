//! One call: who presses now, who comes next, and who must not come any more.

use std::collections::BTreeMap;

use cxone_dtmf_engine::delivery::Delivery;

use super::ledger::{Finished, Ledger, Record, Sent};
use super::{Law, Violation};
use crate::simulation::history::Injection;

pub fn check(ledger: &Ledger, broken: &mut Vec<Violation>) {
    let mut calls: BTreeMap<usize, Vec<(Injection, &Record)>> = BTreeMap::new();
    for (&injection, record) in &ledger.injections {
        calls
            .entry(record.ask.call)
            .or_default()
            .push((injection, record));
    }
    for (&call, records) in &calls {
        of_requests(ledger, records, broken);
        for (injection, record) in records {
            if let Some(end) = record.end()
                && end.delivery == Delivery::Unknown
                && record.ask.rejects_queued
                && !record.is_guarded()
            {
                after_unknown(ledger, call, *injection, end, records, broken);
            }
        }
    }
}

/// A place in the line of a call: where the lock it is under stands, then where it stands itself.
fn place(ledger: &Ledger, record: &Record) -> (usize, usize) {
    let lock = record.ask.under.and_then(|lock| ledger.locks.get(&lock));
    let own = record.asked.0;
    (lock.map_or(own, |lock| lock.asked.0), own)
}

fn of_requests(ledger: &Ledger, records: &[(Injection, &Record)], broken: &mut Vec<Violation>) {
    let mut sent: Vec<(&Sent, Injection, &Record)> = records
        .iter()
        .flat_map(|(injection, record)| {
            record.sent.values().map(|sent| (sent, *injection, *record))
        })
        .collect();
    sent.sort_by_key(|(sent, ..)| sent.at);
    for pair in sent.windows(2) {
        let (earlier, first, before) = pair[0];
        let (later, injection, record) = pair[1];
        let ended = earlier.ended.as_ref().map(|(at, _)| at.0);
        if ended.is_none_or(|ended| ended > later.at.0) {
            let why = format!("sent while a request of injection {first} is under way");
            broken.push(Violation::of(Law::OneAtATime, injection, &record.ask, why));
        }
        if place(ledger, record) < place(ledger, before) {
            let why = format!("sent after injection {first}, which was asked for later");
            broken.push(Violation::of(Law::Order, injection, &record.ask, why));
        }
    }
}

/// Who stood in the line when an outcome became unknown is not sent, and no lock is granted to them.
fn after_unknown(
    ledger: &Ledger,
    call: usize,
    unknown: Injection,
    end: &Finished,
    records: &[(Injection, &Record)],
    broken: &mut Vec<Violation>,
) {
    let now = end.at.0;
    let why = format!("queued when the outcome of injection {unknown} became unknown, and sent");
    for (injection, record) in records {
        let queued = record.asked.0 < now && record.end().is_none_or(|end| end.at.0 > now);
        if queued && *injection != unknown && !record.sent.is_empty() {
            let violation = Violation::of(Law::AfterUnknown, *injection, &record.ask, &*why);
            broken.push(violation);
        }
    }
    for (number, lock) in &ledger.locks {
        let queued = lock.call == call && lock.asked.0 < now;
        if queued && lock.held.is_some_and(|held| held.0 > now) {
            let why = format!(
                "lock {number} was waited for when the outcome of injection {unknown} became unknown, and granted"
            );
            broken.push(Violation::general(Law::AfterUnknown, why));
        }
    }
}
