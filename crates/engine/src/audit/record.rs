//! The records of the log and their form, version 1. `docs/audit-log.md` describes it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::fields::{Event, VERSION, link_name, name};
use super::found::Found;
use super::intent::Intent;
use super::lost::Lost;
use super::seal::{Mac, Seal};
use crate::outcome::Outcome;
use crate::timestamp;

/// A place in a log: a record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The file's own name, without folders.
    pub file: String,
    /// The record.
    pub seq: u64,
    /// Its seal, and with it everything up to it.
    pub mac: Mac,
}

/// The first record of a process in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Names the chain.
    pub chain: Uuid,
    /// How it is sealed.
    pub algorithm: &'static str,
    /// Names the key.
    pub key_id: Option<String>,
    /// The machine.
    pub host: Arc<str>,
    /// The process.
    pub pid: u32,
    /// What came before.
    pub previous: Option<Link>,
}

/// Who writes.
#[derive(Clone, Debug)]
pub(super) struct Author {
    /// The machine.
    pub host: Arc<str>,
    /// The process.
    pub pid: u32,
}

impl Author {
    /// The record with which it begins to write.
    #[must_use]
    pub(super) fn open(&self, chain: Uuid, seal: &Seal, previous: Option<Link>) -> Record {
        Record::Open(Open {
            chain,
            algorithm: seal.algorithm(),
            key_id: seal.key_id().map(str::to_owned),
            host: Arc::clone(&self.host),
            pid: self.pid,
            previous,
        })
    }
}

/// What is written down.
#[derive(Clone, Debug)]
pub enum Record {
    /// See [`Event::Open`].
    Open(Open),
    /// See [`Event::Intent`].
    Intent(Intent),
    /// See [`Event::Outcome`].
    Outcome(Arc<Outcome>),
    /// See [`Event::Resolved`].
    Resolved {
        /// The injection.
        injection: Uuid,
        /// Its call.
        call: Arc<str>,
        /// What was found out.
        found: Found,
    },
    /// See [`Event::Gap`].
    Gap {
        /// Records that could not be written, or that the disk may have lost.
        lost: Lost,
        /// Records that may or may not be in the file before, and follow again.
        repeated: u64,
    },
    /// See [`Event::Pruned`].
    Pruned {
        /// The chain.
        chain: Uuid,
        /// The last of its records that is removed.
        last: Link,
    },
    /// See [`Event::Rekeyed`].
    Rekeyed {
        /// Names the key that follows.
        key_id: String,
    },
    /// See [`Event::Close`].
    Close {
        /// The file in which the chain goes on.
        next: Option<String>,
    },
}

/// When something was written down.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// By the host's clock, which may jump.
    pub time: SystemTime,
    /// Since the process opened the log, by a clock that does not.
    pub elapsed: Duration,
}

/// How many digits, roughly: the exact number would help to guess a PIN.
#[must_use]
pub(super) const fn length_bucket(digits: usize) -> &'static str {
    match digits {
        0..=4 => "1-4",
        5..=8 => "5-8",
        9..=20 => "9-20",
        _ => "21+",
    }
}

impl Record {
    /// Writes everything of the line that is sealed: all but the seal.
    pub fn write(&self, seq: u64, stamp: Stamp, line: &mut String) {
        use name::{EV, MONO, SEQ, T, V};
        let (time, mono) = (timestamp::rfc3339(stamp.time), stamp.elapsed.as_micros());
        let event = self.event().as_str();
        // Writing into a string never fails.
        let _ = write!(
            line,
            r#"{{"{V}":{VERSION},"{SEQ}":{seq},"{T}":"{time}","{MONO}":{mono},"{EV}":"{event}""#
        );
        match self {
            Self::Open(open) => open.write(line),
            Self::Intent(intent) => {
                write_injection(line, intent.injection_id, Some(&intent.call));
                text(line, name::ORIGIN, &intent.origin);
                number(line, name::ATT, intent.attempt);
                text(line, name::LEN, length_bucket(intent.digits));
                number(line, name::DL, whole_millis(intent.remaining));
                write_fence(line, intent.fence);
            }
            Self::Outcome(outcome) => write_outcome(line, outcome),
            Self::Resolved {
                injection,
                call,
                found,
            } => {
                write_injection(line, *injection, Some(call));
                plain(line, name::FOUND, found.as_str());
            }
            Self::Gap { lost, repeated } => {
                number(line, name::LOST, lost.records);
                if let Some((first, last)) = lost.ids {
                    plain(line, name::FIRST, first);
                    plain(line, name::LAST, last);
                }
                number(line, name::REPEATED, repeated);
            }
            Self::Pruned { chain, last } => {
                plain(line, name::CHAIN, chain);
                last.write(line);
            }
            Self::Rekeyed { key_id } => text(line, name::KID, key_id),
            Self::Close { next } => {
                if let Some(next) = next {
                    text(line, name::NEXT, next);
                }
            }
        }
    }

    /// The injection that it is of.
    pub(super) fn injection(&self) -> Option<Uuid> {
        match self {
            Self::Intent(intent) => Some(intent.injection_id),
            Self::Outcome(outcome) => Some(outcome.injection_id),
            Self::Resolved { injection, .. } => Some(*injection),
            _ => None,
        }
    }

    const fn event(&self) -> Event {
        match self {
            Self::Open(_) => Event::Open,
            Self::Intent(_) => Event::Intent,
            Self::Outcome(_) => Event::Outcome,
            Self::Resolved { .. } => Event::Resolved,
            Self::Gap { .. } => Event::Gap,
            Self::Pruned { .. } => Event::Pruned,
            Self::Rekeyed { .. } => Event::Rekeyed,
            Self::Close { .. } => Event::Close,
        }
    }
}

impl Open {
    fn write(&self, line: &mut String) {
        plain(line, name::CHAIN, self.chain);
        text(line, name::ALG, self.algorithm);
        if let Some(key_id) = &self.key_id {
            text(line, name::KID, key_id);
        }
        text(line, name::HOST, &self.host);
        number(line, name::PID, self.pid);
        if let Some(previous) = &self.previous {
            previous.write(line);
        }
    }
}

impl Link {
    fn write(&self, line: &mut String) {
        let _ = write!(line, r#","{}":{{"{}":"#, name::PREV, link_name::FILE);
        quoted(line, &self.file);
        number(line, link_name::SEQ, self.seq);
        plain(line, link_name::MAC, self.mac.as_str());
        line.push('}');
    }
}

fn write_outcome(line: &mut String, outcome: &Outcome) {
    write_injection(line, outcome.injection_id, outcome.call.as_deref());
    text(line, name::DELIVERY, outcome.delivery().as_str());
    let status = match &outcome.result {
        Ok(accepted) => Some(accepted.status),
        Err(error) => {
            text(line, name::CODE, error.code.as_str());
            error.response.as_deref().map(|response| response.status)
        }
    };
    if let Some(status) = status {
        number(line, name::STATUS, status);
    }
    number(line, name::ATTEMPTS, outcome.attempts);
    number(line, name::MS, whole_millis(outcome.latency));
    write_fence(line, outcome.fence);
}

fn write_injection(line: &mut String, id: Uuid, call: Option<&str>) {
    plain(line, name::INJ, id);
    if let Some(call) = call {
        text(line, name::CALL, call);
    }
}

fn write_fence(line: &mut String, fence: Option<u64>) {
    if let Some(fence) = fence {
        number(line, name::FENCE, fence);
    }
}

const fn whole_millis(duration: Duration) -> u128 {
    duration.as_millis()
}

fn number(line: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = write!(line, r#","{name}":{value}"#);
}

/// A text that needs no escape.
fn plain(line: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = write!(line, r#","{name}":"{value}""#);
}

fn text(line: &mut String, name: &str, value: &str) {
    let _ = write!(line, r#","{name}":"#);
    quoted(line, value);
}

/// A JSON string of printable ASCII, so that no terminal and no other log reads anything into it (CWE-117).
fn quoted(line: &mut String, value: &str) {
    line.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => line.extend(['\\', character]),
            ' '..='~' => line.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(line, "\\u{unit:04x}");
                }
            }
        }
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_number_of_digits_is_told_roughly() {
        let buckets = [1, 4, 5, 8, 9, 16, 20, 21].map(length_bucket);
        assert_eq!(
            buckets,
            ["1-4", "1-4", "5-8", "5-8", "9-20", "9-20", "9-20", "21+"]
        );
    }

    #[test]
    fn a_fence_is_written_where_there_is_one() {
        let written = |fence| {
            let intent = Intent {
                injection_id: Uuid::nil(),
                origin: "https://api.example".into(),
                call: "a".into(),
                attempt: 1,
                digits: 4,
                fence,
                remaining: Duration::from_secs(1),
            };
            let stamp = Stamp {
                time: SystemTime::UNIX_EPOCH,
                elapsed: Duration::ZERO,
            };
            let mut line = String::new();
            Record::Intent(intent).write(0, stamp, &mut line);
            line
        };
        assert!(
            written(Some(1_795_888_000_000_001))
                .ends_with(r#","dl":1000,"fence":1795888000000001"#)
        );
        assert!(written(None).ends_with(r#","dl":1000"#));
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_is_printable(value in any::<String>()) {
            let mut line = String::new();
            quoted(&mut line, &value);
            prop_assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), value);
        }
    }
}
