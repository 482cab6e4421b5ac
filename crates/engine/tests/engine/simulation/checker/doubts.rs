//! What is unknown: whose digits are not sent again, and where nothing is sent.

use cxone_dtmf_engine::delivery::Delivery;

use super::ledger::{Finished, Ledger, Record};
use super::{Law, Moment, Violation};

pub fn check(ledger: &Ledger, broken: &mut Vec<Violation>) {
    let in_doubt: Vec<_> = ledger.injections.iter().filter_map(unknown).collect();
    for (&injection, record) in &ledger.injections {
        let mut breaks = |law, why: String| {
            broken.push(Violation::of(law, injection, &record.ask, why));
        };
        let asks = !record.ask.guard.is_zero();
        let mut repeats = in_doubt.iter().filter(|doubt| {
            asks && same_recipient(record, doubt.record)
                && same_digits(record, doubt.record)
                && covers(doubt, doubt.record.ask.guard, record.asked)
                && !ends(ledger, doubt, record.asked)
                && !other_digits_accepted(ledger, doubt, record.asked)
        });
        match (repeats.next(), record.is_guarded()) {
            (Some(first), _) if !record.sent.is_empty() => {
                let first = first.injection;
                breaks(
                    Law::Repeat,
                    format!("sent, although injection {first} has the same digits and is unknown"),
                );
            }
            (None, true) => breaks(
                Law::Repeat,
                "refused as a repeat, and repeats nothing that is unknown".to_owned(),
            ),
            _ => {}
        }
        let blocked = in_doubt.iter().find(|doubt| {
            same_recipient(doubt.record, record)
                && (doubt.record.ask.block).is_some_and(|lasts| covers(doubt, lasts, record.asked))
                && !ends(ledger, doubt, record.asked)
        });
        if let Some(doubt) = blocked.filter(|_| !record.sent.is_empty()) {
            let by = doubt.injection;
            breaks(
                Law::Blocked,
                format!("sent, although injection {by} blocks the call"),
            );
        }
    }
}

/// An injection whose requests left it unknown.
struct InDoubt<'a> {
    injection: u64,
    record: &'a Record,
    end: &'a Finished,
}

fn unknown<'a>((injection, record): (&u64, &'a Record)) -> Option<InDoubt<'a>> {
    let end = record.end()?;
    let unknown = end.delivery == Delivery::Unknown && !record.sent.is_empty();
    unknown.then_some(InDoubt {
        injection: *injection,
        record,
        end,
    })
}

/// Whether both may be heard by the same person.
fn same_recipient(one: &Record, other: &Record) -> bool {
    let [one, other] = [one, other].map(|record| record.ask);
    one.call == other.call
        && (one.contact == other.contact || one.contact.is_none() || other.contact.is_none())
}

fn same_digits(one: &Record, other: &Record) -> bool {
    let [one, other] = [one, other].map(|record| record.ask);
    one.digits_of == other.digits_of && one.digits == other.digits && one.segments == other.segments
}

/// Whether something was asked for after the end, and within so long.
fn covers(doubt: &InDoubt<'_>, lasts: std::time::Duration, asked: Moment) -> bool {
    doubt.end.at.0 < asked.0 && asked.1 < doubt.end.at.1 + lasts
}

/// Whether it is known between its end and that moment where the call stands: by the program, or because it ended.
fn ends(ledger: &Ledger, doubt: &InDoubt<'_>, asked: Moment) -> bool {
    let call = doubt.record.ask.call;
    let found_out = ledger.found_out.iter().copied();
    let ended = ledger.sessions_ended.iter().map(|(at, _, of)| (*at, *of));
    found_out
        .chain(ended)
        .any(|(at, of)| of == call && doubt.end.at.0 < at.0 && at.0 < asked.0)
}

fn other_digits_accepted(ledger: &Ledger, doubt: &InDoubt<'_>, asked: Moment) -> bool {
    ledger.injections.values().any(|other| {
        same_recipient(other, doubt.record)
            && !same_digits(other, doubt.record)
            && other.end().is_some_and(|end| {
                end.delivery == Delivery::Accepted
                    && doubt.end.at.0 < end.at.0
                    && end.at.0 < asked.0
            })
    })
}
