//! Waiting: never too short, never too long, never for nobody.

use std::time::Duration;

use cxone_dtmf_engine::error::Code;

use super::ledger::{Ledger, Record};
use super::{Law, Violation, sessions};
use crate::simulation::history::{Ending, Injection};
use crate::simulation::world::SLOWEST_RECORD;

pub fn check(ledger: &Ledger, atomic: bool, broken: &mut Vec<Violation>) {
    for (&injection, record) in &ledger.injections {
        let mut breaks = |law, why: String| {
            broken.push(Violation::of(law, injection, &record.ask, why));
        };
        let deadline = record.ask.deadline;
        for sent in record.sent.values() {
            if let Some((_, at)) = sent.handed_over.filter(|(_, at)| *at > deadline) {
                breaks(
                    Law::Deadline,
                    format!("handed over {:?} late", at.saturating_sub(deadline)),
                );
            }
        }
        // The record of the outcome is written after the end.
        if let Some(end) = record.end()
            && end.at.1 > deadline + SLOWEST_RECORD
        {
            let late = end.at.1.saturating_sub(deadline);
            breaks(Law::Deadline, format!("ended {late:?} late"));
        }
        for (earlier, later) in record.sent.values().zip(record.sent.values().skip(1)) {
            let Some((
                (_, at),
                Ending::Answered {
                    status,
                    retry_after,
                },
            )) = earlier.ended
            else {
                continue;
            };
            let asked = retry_after.unwrap_or_default();
            let waited = later.at.1.saturating_sub(at);
            if waited < asked {
                breaks(
                    Law::RetryAfter,
                    format!("waited {waited:?} instead of {asked:?}"),
                );
            }
            if status == 401 && later.token == earlier.token {
                breaks(
                    Law::FreshToken,
                    "the refused token was used again".to_owned(),
                );
            }
        }
        if nobody_held(ledger, injection, record, atomic) {
            breaks(
                Law::NoTurnLost,
                "waited in vain for a call that nobody held".to_owned(),
            );
        }
    }
    of_tokens(ledger, broken);
}

fn of_tokens(ledger: &Ledger, broken: &mut Vec<Violation>) {
    for (source, requests) in &ledger.sources {
        for (earlier, later) in requests.iter().zip(requests.iter().skip(1)) {
            match earlier.ended.filter(|ended| ended.0 < later.asked.0) {
                None => {
                    let why = format!("token source {source} asks twice at once");
                    broken.push(Violation::general(Law::SingleFlight, why));
                }
                Some(ended) => {
                    let asked = earlier.retry_after.unwrap_or_default();
                    let waited = later.asked.1.saturating_sub(ended.1);
                    if waited < asked {
                        let why =
                            format!("token source {source} waited {waited:?} instead of {asked:?}");
                        broken.push(Violation::general(Law::RetryAfter, why));
                    }
                }
            }
        }
    }
}

/// Whether the wait for the line ran out although nobody held the line just before.
fn nobody_held(ledger: &Ledger, injection: Injection, record: &Record, atomic: bool) -> bool {
    let Some(end) = record.end() else {
        return false;
    };
    let now = end.at.1;
    let ran_out = end.code == Some(Code::LockTimeout) && now > record.asked.1;
    if !ran_out {
        return false;
    }
    // What plays or is masked under a lock keeps the call, also when the lock is gone.
    let same_line = |other: &Record| {
        other.ask.call == record.ask.call
            && (other.ask.under == record.ask.under || record.ask.under.is_none())
    };
    let by_injection = ledger.injections.iter().any(|(&other, holder)| {
        other != injection
            && same_line(holder)
            && holder.end().is_some_and(|end| {
                let from = holder.asked.1 + end.queued;
                covers(from, Some(sessions::free_at(holder, end, atomic)), now)
            })
    });
    let by_lock = ledger.locks.values().any(|lock| {
        lock.call == record.ask.call
            && lock
                .held
                .is_some_and(|held| covers(held.1, lock.gone.map(|gone| gone.1), now))
    });
    // Under a lock there is another line, which the lock itself does not hold.
    !by_injection && (record.ask.under.is_some() || !by_lock)
}

/// Whether a hold covers the time just before `now`.
fn covers(from: Duration, to: Option<Duration>, now: Duration) -> bool {
    from < now && to.is_none_or(|to| to >= now)
}
