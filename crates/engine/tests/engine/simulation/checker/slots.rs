//! The rate limit: of those whose call is free, the one submitted first gets the next slot.

use std::time::Duration;

use super::ledger::{Ledger, Record, Sent};
use super::{Law, Violation};
use crate::simulation::history::Injection;
use crate::simulation::world::SLOWEST_RECORD;

/// Between a slot and its request nothing takes longer, where the token is there.
const SLACK: Duration = SLOWEST_RECORD.saturating_add(Duration::from_millis(5));

pub fn check(ledger: &Ledger, broken: &mut Vec<Violation>) {
    for (&later, sent_first) in &ledger.injections {
        let Some(sent) = first_sent(sent_first).filter(|_| is_plain(sent_first)) else {
            continue;
        };
        for (&earlier, waits) in &ledger.injections {
            if waits.ask.injector == sent_first.ask.injector
                && waits.asked.0 < sent_first.asked.0
                && waits.ask.call != sent_first.ask.call
                && is_overtaken(ledger, waits, sent)
            {
                broken.push(overtaken(earlier, waits, later));
            }
        }
    }
}

fn overtaken(earlier: Injection, record: &Record, later: Injection) -> Violation {
    let why = format!("waited for a slot that injection {later} got, which was asked for later");
    Violation::of(Law::Slots, earlier, &record.ask, why)
}

/// Nothing comes before its slot but its turn, and only a slot is waited for after that.
fn is_plain(record: &Record) -> bool {
    let ask = &record.ask;
    let first = first_sent(record).map(|sent| sent.at.0);
    let retried =
        (record.retrying.first()).is_some_and(|at| first.is_none_or(|first| at.0 < first));
    ask.limited && !ask.masked && ask.contact.is_none() && !retried
}

fn first_sent(record: &Record) -> Option<&Sent> {
    record.sent.values().min_by_key(|sent| sent.at)
}

/// Whether it had its call before the slot of that request, and got none until after it.
fn is_overtaken(ledger: &Ledger, record: &Record, by: &Sent) -> bool {
    let Some(end) = record.end().filter(|_| is_plain(record)) else {
        return false;
    };
    let (slot, free) = (by.at.1, record.asked.1 + end.queued);
    let until = slot + SLACK;
    let sent = first_sent(record).map_or(end.at.1, |sent| sent.at.1);
    free + SLACK <= slot && sent > until && end.at.1 > until && !asks_for_token(ledger, free, until)
}

/// Who waits for a token has a slot already.
fn asks_for_token(ledger: &Ledger, from: Duration, to: Duration) -> bool {
    let mut requests = ledger.sources.values().flatten();
    requests
        .any(|request| request.asked.1 <= to && request.ended.is_none_or(|ended| ended.1 >= from))
}
