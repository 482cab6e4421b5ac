//! Ending: once, told in order, for good, and without leaving anything.

use super::ledger::{Ledger, Record};
use super::{Law, Moment, Violation};

pub fn check(ledger: &Ledger, broken: &mut Vec<Violation>) {
    for (&injection, record) in &ledger.injections {
        let mut breaks = |law, why: String| {
            broken.push(Violation::of(law, injection, &record.ask, why));
        };
        told(record, &mut breaks);
        let ends = [
            ("abort", record.aborted),
            ("drop", record.dropped),
            ("close", ledger.closed.get(&record.ask.injector).copied()),
            ("end", record.end().map(|end| end.at)),
        ];
        // Who closes lets a sequence finish that has begun.
        for (name, end) in ends {
            if let Some(end) = end
                && record
                    .sent
                    .values()
                    .any(|sent| sent.at > end && !(name == "close" && sent.part > 0))
            {
                breaks(Law::Ended, format!("sent after its {name}"));
            }
        }
    }
    let left = ledger.left_behind.iter();
    broken.extend(left.map(|what| Violation::general(Law::NothingLeft, what)));
    let strays = ledger.strays.iter();
    broken.extend(
        strays.map(|what| Violation::general(Law::OneEnd, format!("out of place: {what}"))),
    );
}

/// One event, then the caller hears the same, and nothing follows.
fn told(record: &Record, breaks: &mut impl FnMut(Law, String)) {
    let [end] = record.finished.as_slice() else {
        let many = record.finished.len();
        return breaks(
            Law::OneEnd,
            format!("{many} events at the end instead of one"),
        );
    };
    match record.resolved.as_slice() {
        [] if record.dropped.is_some() => {}
        [(at, delivery, code)] => {
            if *at < end.at {
                breaks(Law::OneEnd, "the caller heard before the event".to_owned());
            }
            if (*delivery, *code) != (end.delivery, end.code) {
                breaks(
                    Law::OneEnd,
                    "the caller heard another end than the event told".to_owned(),
                );
            }
        }
        several => {
            let many = several.len();
            breaks(Law::OneEnd, format!("the caller heard {many} times"));
        }
    }
    let ended = |sent: &super::ledger::Sent| sent.ended.as_ref().map(|(at, _)| *at);
    let after = |at: Moment| at > end.at;
    if record.retrying.iter().any(|at| after(*at)) {
        breaks(Law::OneEnd, "a resend was told after the end".to_owned());
    }
    if record
        .sent
        .values()
        .any(|sent| ended(sent).is_none_or(after))
    {
        breaks(Law::OneEnd, "it ended before its request did".to_owned());
    }
}
