//! What was met on the way, to show that the worlds are not all sunshine.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;

use super::faults::Fault;
use super::history::{Ending, Step, What};

/// Counts over one or many worlds.
#[derive(Default)]
pub struct Tally {
    pub worlds: u64,
    pub injections: u64,
    pub requests: u64,
    pub given_up: u64,
    pub promises_broken: u64,
    pub outcomes: BTreeMap<String, u64>,
    pub faults: BTreeMap<String, u64>,
    /// What happened to digits in doubt.
    pub doubts: BTreeMap<String, u64>,
    /// What happened in sessions.
    pub sessions: BTreeMap<String, u64>,
}

/// What many worlds must show of sessions.
const IN_SESSIONS: [&str; 10] = [
    "recording masked",
    "recording unmasked",
    "recording left masked",
    "sequence ended midway",
    "end of a session heard",
    "events told",
    "id renewed",
    "poll failed",
    "contact gone",
    "request taken back",
];

/// What many worlds must show of digits in doubt.
const IN_DOUBT: [&str; 3] = ["repeat refused", "blocked call spared", "call found out"];

/// The outcomes that many worlds must show, or they prove nothing.
const MUST_SHOW: [(Delivery, Option<Code>); 23] = [
    (Delivery::Accepted, None),
    (Delivery::Refused, Some(Code::RateLimited)),
    (Delivery::Refused, Some(Code::Server)),
    (Delivery::Refused, Some(Code::Auth)),
    (Delivery::Refused, Some(Code::Conflict)),
    (Delivery::Refused, Some(Code::Rejected)),
    (Delivery::Refused, Some(Code::Forbidden)),
    (Delivery::Refused, Some(Code::Connect)),
    (Delivery::Refused, Some(Code::Closed)),
    (Delivery::Refused, Some(Code::Aborted)),
    (Delivery::NotSent, Some(Code::Connect)),
    (Delivery::NotSent, Some(Code::Auth)),
    (Delivery::NotSent, Some(Code::QueueFull)),
    (Delivery::NotSent, Some(Code::LockTimeout)),
    (Delivery::NotSent, Some(Code::Deadline)),
    (Delivery::NotSent, Some(Code::AfterUnknown)),
    (Delivery::NotSent, Some(Code::Closed)),
    (Delivery::NotSent, Some(Code::Mask)),
    (Delivery::NotSent, Some(Code::CallEnded)),
    (Delivery::NotSent, Some(Code::NotInFocus)),
    (Delivery::NotSent, Some(Code::Aborted)),
    (Delivery::Unknown, Some(Code::OutcomeUnknown)),
    (Delivery::Unknown, Some(Code::Aborted)),
];

fn name(delivery: Delivery, code: Option<Code>) -> String {
    let code = code.map_or("", Code::as_str);
    format!("{} {code}", delivery.as_str())
        .trim_end()
        .to_owned()
}

/// What a step shows of sessions, where `before` is the one before.
fn in_session(before: Option<&What>, what: &What) -> Option<&'static str> {
    let [
        masked,
        unmasked,
        left,
        midway,
        heard,
        told,
        renewed,
        failed,
        gone,
        taken_back,
    ] = IN_SESSIONS;
    match what {
        What::Told {
            renewed: Some(_), ..
        } => Some(renewed),
        What::Told { .. } => Some(told),
        What::Deaf { .. } => Some(failed),
        What::Gone { .. } => Some(gone),
        What::Finished {
            code: Some(Code::NotInFocus | Code::CallEnded),
            ..
        } if matches!(before, Some(What::Ended { how, .. }) if *how == Ending::GivenUp) => {
            Some(taken_back)
        }
        What::Recording { masked: true, .. } => Some(masked),
        What::Unmasked { failed: false, .. } => Some(unmasked),
        What::Unmasked { failed: true, .. } => Some(left),
        What::SessionEnded { .. } => Some(heard),
        What::Finished {
            digits_accepted, ..
        } if *digits_accepted > Some(0) => Some(midway),
        _ => None,
    }
}

/// What a step shows of digits in doubt, where `before` is the one before.
fn in_doubt(before: Option<&What>, what: &What) -> Option<&'static str> {
    let [repeat, blocked, found_out] = IN_DOUBT;
    match (before, what) {
        (_, What::FoundOut { .. }) => Some(found_out),
        // Refused when it was asked for.
        (
            Some(What::Asked(asked, _)),
            What::Finished {
                injection, code, ..
            },
        ) if asked == injection => match code {
            Some(Code::OutcomeUnknown) => Some(repeat),
            Some(Code::AfterUnknown) => Some(blocked),
            _ => None,
        },
        _ => None,
    }
}

impl Tally {
    pub fn fault(&mut self, fault: Fault) {
        *self.faults.entry(format!("{fault:?}")).or_default() += 1;
    }

    /// Counts one world.
    pub fn count(&mut self, steps: &[Step]) {
        self.worlds += 1;
        let mut before = None;
        for Step { what, .. } in steps {
            let before = before.replace(what);
            if let Some(met) = in_doubt(before, what) {
                *self.doubts.entry(met.to_owned()).or_default() += 1;
            }
            match what {
                What::Asked(..) => self.injections += 1,
                What::Sent { .. } => self.requests += 1,
                What::Ended {
                    how: Ending::GivenUp,
                    ..
                } => self.given_up += 1,
                What::Executed {
                    promised_not: true, ..
                } => self.promises_broken += 1,
                What::Finished { delivery, code, .. } => {
                    *self.outcomes.entry(name(*delivery, *code)).or_default() += 1;
                }
                _ => {}
            }
            if let Some(met) = in_session(before, what) {
                *self.sessions.entry(met.to_owned()).or_default() += 1;
            }
        }
    }

    pub fn add(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.injections += other.injections;
        self.requests += other.requests;
        self.given_up += other.given_up;
        self.promises_broken += other.promises_broken;
        for (name, count) in other.outcomes {
            *self.outcomes.entry(name).or_default() += count;
        }
        for (name, count) in other.faults {
            *self.faults.entry(name).or_default() += count;
        }
        for (name, count) in other.doubts {
            *self.doubts.entry(name).or_default() += count;
        }
        for (name, count) in other.sessions {
            *self.sessions.entry(name).or_default() += count;
        }
    }

    /// What many worlds should have shown and did not.
    pub fn missing(&self) -> Vec<String> {
        let outcomes = MUST_SHOW
            .iter()
            .map(|(delivery, code)| name(*delivery, *code));
        let outcomes = outcomes.filter(|name| !self.outcomes.contains_key(name));
        let faults = Fault::ALL.iter().map(|fault| format!("{fault:?}"));
        let faults = faults.filter(|name| !self.faults.contains_key(name));
        let sessions = IN_SESSIONS.iter().map(|name| (*name).to_owned());
        let sessions = sessions.filter(|name| !self.sessions.contains_key(name));
        let doubts = IN_DOUBT.iter().map(|name| (*name).to_owned());
        let doubts = doubts.filter(|name| !self.doubts.contains_key(name));
        let others = faults.chain(sessions).chain(doubts);
        outcomes.chain(others).collect()
    }

    /// For machines.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "worlds": self.worlds,
            "injections": self.injections,
            "requests": self.requests,
            "givenUp": self.given_up,
            "promisesBroken": self.promises_broken,
            "outcomes": self.outcomes,
            "faults": self.faults,
            "sessions": self.sessions,
            "doubts": self.doubts,
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (title, counts) in [
            ("outcomes", &self.outcomes),
            ("faults", &self.faults),
            ("sessions", &self.sessions),
            ("doubts", &self.doubts),
        ] {
            writeln!(text, "{title}:")?;
            for (name, count) in counts {
                writeln!(text, "  {count:>9}  {name}")?;
            }
        }
        write!(
            f,
            "{} injections in {} worlds: {} requests, {} of them given up; the platform broke {} promises\n{text}",
            self.injections, self.worlds, self.requests, self.given_up, self.promises_broken,
        )
    }
}
