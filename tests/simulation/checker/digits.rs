//! What was pressed, and what the caller was told of it.

use cxone_dtmf::delivery::Delivery;
use cxone_dtmf::error::Code;
use cxone_dtmf::transport::FaultKind;

use super::ledger::{Ledger, Record, Sent};
use super::{Law, Violation};
use crate::history::Ending;

/// Attempts that the contract does not count: one after a 401, two that never left.
const UNCOUNTED: usize = 3;

pub fn check(ledger: &Ledger, atomic: bool, broken: &mut Vec<Violation>) {
    for (&injection, record) in &ledger.injections {
        let mut breaks = |law, why: String| {
            broken.push(Violation::of(law, injection, &record.ask, why));
        };
        if record.executed > 1 {
            breaks(Law::Once, format!("pressed {} times", record.executed));
        }
        let Some(end) = record.end() else {
            continue;
        };
        let knowable = knowable(record, atomic);
        if end.delivery != knowable {
            let told = end.delivery;
            breaks(
                Law::Delivery,
                format!("told {told:?}, which is {knowable:?}"),
            );
        }
        let pressed = record.executed;
        let fits = match end.delivery {
            Delivery::NotSent | Delivery::Refused => pressed == 0,
            Delivery::Accepted => pressed == 1,
            Delivery::Unknown => true,
        };
        if !fits {
            let told = end.delivery;
            breaks(
                Law::Delivery,
                format!("told {told:?}, but pressed {pressed} times"),
            );
        }
        let unknown = end.delivery == Delivery::Unknown;
        let fits = match end.code {
            None => end.delivery == Delivery::Accepted,
            Some(Code::OutcomeUnknown) => unknown,
            Some(Code::Aborted) => true,
            Some(_) => !unknown,
        };
        if !fits {
            let (code, told) = (end.code, end.delivery);
            breaks(Law::Delivery, format!("{code:?} does not go with {told:?}"));
        }
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
        if record.sent.len() > most {
            let sent = record.sent.len();
            breaks(
                Law::Attempts,
                format!("{sent} requests, at most {most} allowed"),
            );
        }
    }
}

/// What can be known of the digits after all requests: the contract's table, written a second time.
fn knowable(record: &Record, atomic: bool) -> Delivery {
    let each = record.sent.values().map(|sent| of_one(sent, atomic));
    each.max().unwrap_or(Delivery::NotSent)
}

fn of_one(sent: &Sent, atomic: bool) -> Delivery {
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
