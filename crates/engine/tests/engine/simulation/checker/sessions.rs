//! What an agent session has beside digits: tones that take time, a recording, an end that can be heard.

use std::collections::BTreeMap;
use std::time::Duration;

use cxone_dtmf_engine::delivery::Delivery;

use super::digits::of_one;
use super::ledger::{Finished, Ledger, Record, Sent};
use super::{GUARD, Law, Moment, Violation};
use crate::simulation::history::{Ask, Injection};

/// Tones that began while somebody knew of them.
struct Tones<'a> {
    injection: Injection,
    record: &'a Record,
    from: Moment,
    until: Duration,
}

pub fn check(ledger: &Ledger, atomic: bool, broken: &mut Vec<Violation>) {
    let mut calls: BTreeMap<usize, Vec<Tones>> = BTreeMap::new();
    for (&injection, record) in &ledger.injections {
        let pressed = record.sent.values().filter_map(in_time);
        let tones = pressed.map(|from| Tones {
            injection,
            record,
            from,
            until: from.1 + record.ask.playing,
        });
        calls.entry(record.ask.call).or_default().extend(tones);
        unmasked(injection, record, broken);
    }
    for (call, mut tones) in calls {
        tones.sort_by_key(|tones| tones.from);
        overlaps(&tones, broken);
        let sure = |ask: &Ask| ask.masked && ask.mask_is_sure;
        for tones in tones.iter().filter(|tones| sure(&tones.record.ask)) {
            let contact = tones.record.ask.contact.unwrap_or_default();
            let recording = ledger.recordings.get(&(call, contact));
            masked(tones, recording.map_or(&[][..], Vec::as_slice), broken);
        }
    }
    for (&recording, changes) in &ledger.recordings {
        // That of one who has left is over.
        if !ledger.gone.contains(&recording) {
            left_masked(ledger, recording, changes, broken);
        }
    }
    for &(at, injector, call) in &ledger.sessions_ended {
        call_ended(ledger, atomic, at, (injector, call), broken);
    }
}

/// When a request was executed, unless the engine had left it before: of that nobody can know.
pub fn in_time(sent: &Sent) -> Option<Moment> {
    let ended = sent.ended.as_ref().map(|(at, _)| *at);
    sent.executed
        .filter(|at| ended.is_none_or(|ended| *at < ended))
}

fn overlaps(tones: &[Tones], broken: &mut Vec<Violation>) {
    for pair in tones.windows(2).filter(|pair| pair[0].record.ask.holds) {
        let (first, second) = (&pair[0], &pair[1]);
        if second.from.1 < first.until {
            let early = first.until.saturating_sub(second.from.1);
            let why = format!(
                "pressed {early:?} before the tones of injection {} ended",
                first.injection
            );
            let ask = &second.record.ask;
            broken.push(Violation::of(Law::Tones, second.injection, ask, why));
        }
    }
}

fn masked(tones: &Tones, recording: &[(Moment, bool)], broken: &mut Vec<Violation>) {
    let before = recording.iter().rev().find(|(at, _)| *at < tones.from);
    let within = |at: &Moment| *at > tones.from && at.1 < tones.until;
    let mut breaks = |why: &str| {
        let ask = &tones.record.ask;
        broken.push(Violation::of(Law::Masked, tones.injection, ask, why));
    };
    if !before.is_some_and(|(_, masked)| *masked) {
        breaks("pressed while it is recorded");
    }
    if recording.iter().any(|(at, masked)| !masked && within(at)) {
        breaks("unmasked within its tones");
    }
}

fn unmasked(injection: Injection, record: &Record, broken: &mut Vec<Violation>) {
    let owed = record.end().is_some_and(|end| end.unmasking);
    let told = record.unmasked.len();
    if told != usize::from(owed) {
        let why = format!("told {told} times that it is unmasked");
        broken.push(Violation::of(Law::Unmasked, injection, &record.ask, why));
    }
}

fn left_masked(
    ledger: &Ledger,
    (call, contact): (usize, u32),
    changes: &[(Moment, bool)],
    broken: &mut Vec<Violation>,
) {
    let masked = changes.last().is_some_and(|(_, masked)| *masked);
    let of_call = ledger
        .injections
        .values()
        .filter(|record| (record.ask.call, record.ask.contact) == (call, Some(contact)));
    let told = of_call
        .flat_map(|record| &record.unmasked)
        .any(|(_, failed)| *failed);
    if masked && !told {
        let why = format!("the recording of call {call} is left masked, and nobody was told");
        broken.push(Violation::general(Law::Unmasked, why));
    }
}

/// Who waited is sent away: of the injector that heard of the end all that have not begun, of the others those for
/// whom the call was taken.
fn call_ended(
    ledger: &Ledger,
    atomic: bool,
    at: Moment,
    (injector, call): (usize, usize),
    broken: &mut Vec<Violation>,
) {
    let records = || {
        ledger
            .injections
            .iter()
            .filter(|(_, record)| record.ask.call == call)
    };
    let taken = records().any(|(_, record)| holds(record, atomic, at.1));
    for (&injection, record) in records() {
        let waited = record.asked < at && record.end().is_none_or(|end| end.at > at);
        let begun = record.sent.values().any(|sent| sent.at < at);
        let in_line = !begun && taken && !holds(record, atomic, at.1) && record.ask.under.is_none();
        let own = record.ask.injector == injector;
        let sent_later = record
            .sent
            .values()
            .any(|sent| sent.at > at && sent.part == 0);
        if waited && (own || in_line) && sent_later {
            let why = "sent although the end of its session was heard";
            broken.push(Violation::of(Law::CallEnded, injection, &record.ask, why));
        }
    }
}

/// Whether an injection has its call, just before and just after a moment.
fn holds(record: &Record, atomic: bool, now: Duration) -> bool {
    record.end().is_some_and(|end| {
        let granted = record.asked.1 + end.queued;
        granted < now && now < free_at(record, end, atomic)
    })
}

/// When an injection that has ended gives its call free.
pub fn free_at(record: &Record, end: &Finished, atomic: bool) -> Duration {
    let perhaps_playing = |sent: &Sent| {
        let taken = matches!(of_one(sent, atomic), Delivery::Accepted | Delivery::Unknown);
        let ended = sent.ended.as_ref().filter(|_| taken);
        let last = sent.part + 1 == record.ask.segments;
        let silence = if last { GUARD } else { record.ask.silence };
        ended.map(|(at, _)| at.1 + record.ask.playing + silence)
    };
    let quiet = record.sent.values().filter_map(perhaps_playing);
    let quiet = quiet.filter(|_| record.ask.holds).max();
    let unmasked = record.unmasked.iter().map(|(at, _)| at.1).max();
    end.at
        .1
        .max(quiet.unwrap_or_default())
        .max(unmasked.unwrap_or_default())
}
