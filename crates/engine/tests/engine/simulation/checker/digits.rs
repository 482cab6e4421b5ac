//! What was pressed, and what the caller was told of it.

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::http::FaultKind;

use super::ledger::{Finished, Ledger, Record, Sent};
use super::{Law, Violation};
use crate::simulation::history::Ending;

/// Attempts that the contract does not count: one after a 401, two that never left.
const UNCOUNTED: usize = 3;

pub fn check(ledger: &Ledger, atomic: bool, broken: &mut Vec<Violation>) {
    for (&injection, record) in &ledger.injections {
        let mut breaks = |law, why: String| {
            broken.push(Violation::of(law, injection, &record.ask, why));
        };
        for (part, times) in record.executed.iter().filter(|(_, times)| **times > 1) {
            breaks(Law::Once, format!("burst {part} pressed {times} times"));
        }
        let Some(end) = record.end() else {
            continue;
        };
        let knowable = knowable(record, atomic);
        // The law of repeats has its own word on those.
        if end.delivery != knowable && !record.is_guarded() {
            let told = end.delivery;
            breaks(
                Law::Delivery,
                format!("told {told:?}, which is {knowable:?}"),
            );
        }
        let pressed: u32 = record.executed.values().sum();
        let fits = match end.delivery {
            Delivery::NotSent | Delivery::Refused => pressed == 0,
            Delivery::Accepted => pressed == record.ask.segments,
            Delivery::Unknown => true,
        };
        if !fits {
            let told = end.delivery;
            breaks(
                Law::Delivery,
                format!("told {told:?}, but pressed {pressed} times"),
            );
        }
        let fits = end.code.map_or(end.delivery == Delivery::Accepted, |code| {
            code.allows(end.delivery)
        });
        if !fits {
            let (code, told) = (end.code, end.delivery);
            breaks(Law::Delivery, format!("{code:?} does not go with {told:?}"));
        }
        attempts(record, end, &mut breaks);
        parts(record, end, atomic, &mut breaks);
    }
}

/// As many attempts as were told and allowed.
fn attempts(record: &Record, end: &Finished, breaks: &mut impl FnMut(Law, String)) {
    let handed_over = record
        .sent
        .values()
        .filter(|sent| sent.handed_over.is_some());
    let handed_over = handed_over.count();
    if handed_over != end.attempts as usize {
        let told = end.attempts;
        breaks(
            Law::Attempts,
            format!("told {told}, which are {handed_over}"),
        );
    }
    let most = record.ask.max_attempts as usize + UNCOUNTED;
    for part in 0..record.ask.segments {
        let sent = record.sent.values().filter(|sent| sent.part == part);
        let sent = sent.count();
        if sent > most {
            breaks(
                Law::Attempts,
                format!("{sent} requests, at most {most} allowed"),
            );
        }
    }
}

/// What can be known of the digits after all requests: the contract's table, written a second time.
fn knowable(record: &Record, atomic: bool) -> Delivery {
    match accepted(record, atomic) {
        0 => {
            let each = record.sent.values().map(|sent| of_one(sent, atomic));
            each.max().unwrap_or(Delivery::NotSent)
        }
        all if all == record.ask.segments => Delivery::Accepted,
        _ => Delivery::Unknown,
    }
}

/// How many bursts were accepted.
fn accepted(record: &Record, atomic: bool) -> u32 {
    let accepted = record
        .sent
        .values()
        .filter(|sent| of_one(sent, atomic) == Delivery::Accepted);
    u32::try_from(accepted.count()).unwrap()
}

/// Bursts go out in order, each after the one before was accepted. Midway none is sent again, but what never left or
/// had a token that was refused.
fn parts(record: &Record, end: &Finished, atomic: bool, breaks: &mut impl FnMut(Law, String)) {
    let told = accepted(record, atomic) * record.ask.digits;
    let several = record.ask.segments > 1 && end.delivery != Delivery::Accepted;
    // What was wrong from the beginning has no parts.
    let expected = several
        .then_some(told)
        .filter(|_| end.code != Some(Code::Invalid));
    if end.digits_accepted.unwrap_or_default() != expected.unwrap_or_default() {
        breaks(
            Law::Parts,
            format!(
                "told {:?} accepted digits of {expected:?}",
                end.digits_accepted
            ),
        );
    }
    let sent: Vec<_> = record.sent.values().collect();
    if sent.first().is_some_and(|first| first.part > 0) {
        breaks(Law::Parts, "begun in the middle".to_owned());
    }
    for pair in sent.windows(2) {
        let (earlier, later) = (pair[0], pair[1]);
        let before = of_one(earlier, atomic);
        let lawful = if later.part == earlier.part {
            earlier.part == 0 && before != Delivery::Accepted || is_as_if_unsent(earlier)
        } else {
            later.part == earlier.part + 1 && before == Delivery::Accepted
        };
        if !lawful {
            let (first, second) = (earlier.part, later.part);
            breaks(
                Law::Parts,
                format!("burst {second} sent after burst {first}, which was {before:?}"),
            );
        }
    }
}

fn is_as_if_unsent(sent: &Sent) -> bool {
    let ending = sent.ended.as_ref().map(|(_, ending)| *ending);
    match ending {
        Some(Ending::Answered { status, .. }) => status == 401,
        Some(Ending::Failed(FaultKind::StreamRefused)) => true,
        _ => sent.handed_over.is_none(),
    }
}

pub fn of_one(sent: &Sent, atomic: bool) -> Delivery {
    let ending = sent.ended.as_ref().map(|(_, ending)| *ending);
    match ending {
        Some(Ending::Answered {
            status,
            retry_after,
        }) => match status {
            200..=299 => Delivery::Accepted,
            500 if atomic => Delivery::Refused,
            503 if atomic || retry_after.is_some() => Delivery::Refused,
            408 | 500..=599 => Delivery::Unknown,
            _ => Delivery::Refused,
        },
        Some(Ending::Failed(FaultKind::StreamRefused)) => Delivery::Refused,
        _ if sent.handed_over.is_some() => Delivery::Unknown,
        _ => Delivery::NotSent,
    }
}
