//! The words of the log: kinds of records and names of fields, for the writer, the verification and the documentation.

use serde::Deserialize;
use uuid::Uuid;

use super::record::Link;
use super::seal::Mac;

/// The version of the form.
pub(super) const VERSION: u8 = 1;

/// Makes the kinds from one entry each: `Variant = "word": "When it is written.";`.
macro_rules! events {
    ($($variant:ident = $word:literal: $when:literal;)*) => {
        /// The kinds of records.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        pub enum Event {
            $(#[doc = $when] #[serde(rename = $word)] $variant,)*
        }

        impl Event {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in the log.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// When it is written.
            #[must_use]
            pub const fn when(self) -> &'static str {
                match self {
                    $(Self::$variant => $when,)*
                }
            }
        }
    };
}

events! {
    Open = "open": "A process begins to write in a file.";
    Intent = "intent": "Before an attempt.";
    Outcome = "outcome": "Before the promise settles.";
    Resolved = "resolved": "The program says what was found out of an injection in doubt.";
    Gap = "gap": "Records are missing before this one.";
    Pruned = "pruned": "The files of a chain are about to be removed, up to a record.";
    Rekeyed = "rekeyed": "Files with another key follow.";
    Close = "close": "Nothing follows in this file.";
}

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditField {
    /// Its name in the log.
    pub name: &'static str,
    /// The kinds of records that may have it.
    pub events: &'static [Event],
    /// What it says.
    pub doc: &'static str,
}

/// Makes from one entry a field, in the order in which they are written, its name for the writer, its row in the table,
/// and the field of the reader where one reads it: `NAME = "name" in events (field: type) "What it says.";`.
macro_rules! fields {
    (
        $names:ident $(#[$table_doc:meta])* $table_vis:vis $TABLE:ident
        $(#[$reader_doc:meta])* $Reader:ident $(<$life:lifetime>)?:
        $($($CONST:ident =)? $name:literal in $events:expr, $(($field:ident: $read:ty))? $doc:literal;)*
    ) => {
        pub(super) mod $names {
            $($(pub(in crate::audit) const $CONST: &str = $name;)?)*
        }

        $(#[$table_doc])*
        $table_vis const $TABLE: &[AuditField] = &[$(
            AuditField {
                name: $name,
                events: $events,
                doc: $doc,
            },
        )*];

        $(#[$reader_doc])*
        #[derive(Clone, Debug, Deserialize)]
        pub(crate) struct $Reader $(<$life>)? {
            $($(#[serde(rename = $name)] pub $field: $read,)?)*
        }
    };
}

fields! {
    name
    /// The fields of a record.
    pub AUDIT_FIELDS
    /// A record that was read. Which fields are there depends on `ev`.
    ///
    /// The texts are those of the line: none of them ever needs an escape.
    Parsed<'a>:
    V = "v" in Event::ALL, (v: u8) "Version of the form: 1.";
    SEQ = "seq" in Event::ALL, (seq: u64) "Number of the record in its chain, from 0.";
    T = "t" in Event::ALL, (t: &'a str) "Time of day by the host's clock, in UTC.";
    MONO = "mono" in Event::ALL, "Microseconds since the process opened the log, by a clock that does not jump.";
    EV = "ev" in Event::ALL, (ev: Event) "What kind of record it is.";
    CHAIN = "chain" in &[Event::Open, Event::Pruned], (chain: Option<Uuid>) "Names the chain.";
    ALG = "alg" in &[Event::Open], (alg: Option<&'a str>) "How it is sealed.";
    KID = "kid" in &[Event::Open, Event::Rekeyed], (kid: Option<&'a str>) "Names the key.";
    HOST = "host" in &[Event::Open], "The machine.";
    PID = "pid" in &[Event::Open], "The process.";
    PREV = "prev" in &[Event::Open, Event::Pruned], (previous: Option<Previous>)
        "The record it follows, or the last that is removed, with `file`, `seq` and `mac`.";
    INJ = "inj" in &[Event::Intent, Event::Outcome, Event::Resolved], (inj: Option<Uuid>) "The injection id.";
    CALL = "call" in &[Event::Intent, Event::Outcome, Event::Resolved], (call: Option<&'a str>) "The call.";
    ORIGIN = "origin" in &[Event::Intent], (origin: Option<&'a str>) "The platform.";
    ATT = "att" in &[Event::Intent], (att: Option<u32>) "The attempt.";
    LEN = "len" in &[Event::Intent], "How many digits: `1-4`, `5-8`, `9-20` or `21+`.";
    DL = "dl" in &[Event::Intent], "The milliseconds that are left.";
    DELIVERY = "delivery" in &[Event::Outcome], (delivery: Option<&'a str>) "What is known of the digits.";
    CODE = "code" in &[Event::Outcome], "Why it failed.";
    STATUS = "status" in &[Event::Outcome], "The status of the last answer.";
    ATTEMPTS = "attempts" in &[Event::Outcome], "Requests handed over.";
    MS = "ms" in &[Event::Outcome], "From the grant of the lock to the outcome, in milliseconds.";
    FENCE = "fence" in &[Event::Intent, Event::Outcome], "With `fleet`: the number of the lease on the call.";
    FOUND = "found" in &[Event::Resolved], "What was found out: `pressed` or `not-pressed`.";
    LOST = "lost" in &[Event::Gap], (lost: Option<u64>)
        "Records that were never written, or that the disk may have lost.";
    FIRST = "first" in &[Event::Gap], (first: Option<Uuid>) "The smallest id of their injections.";
    LAST = "last" in &[Event::Gap], (last: Option<Uuid>) "The greatest.";
    REPEATED = "repeated" in &[Event::Gap],
        "Records that are perhaps in the file before, and again after this.";
    NEXT = "next" in &[Event::Close], (next: Option<String>) "The file in which the chain goes on.";
    // Written with the end of the line, see `chain::SEAL_PREFIX`.
    "mac" in Event::ALL, "The seal: 32 bytes in base64url.";
}

fields! {
    link_name
    /// The fields of `prev`.
    pub LINK_FIELDS
    /// The record that another one names.
    Previous:
    FILE = "file" in &[Event::Open, Event::Pruned], (file: String) "The file's own name, without folders.";
    SEQ = "seq" in &[Event::Open, Event::Pruned], (seq: u64) "The number of the record.";
    MAC = "mac" in &[Event::Open, Event::Pruned], (mac: String) "Its seal.";
}

impl Previous {
    /// The same as the writer has it, if the seal has the form of one.
    pub(super) fn link(&self) -> Option<Link> {
        Some(Link {
            file: self.file.clone(),
            seq: self.seq,
            mac: Mac::from_text(&self.mac)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::audit::chain::Chain;
    use crate::audit::record::{Author, Record, Stamp};
    use crate::audit::seal::{Key, Seal};
    use crate::audit::{Found, Intent, Lost};
    use crate::error::{Code, Details, Error, Response};
    use crate::outcome::Outcome;

    const STAMP: Stamp = Stamp {
        time: SystemTime::UNIX_EPOCH,
        elapsed: Duration::ZERO,
    };

    fn rejected() -> Outcome {
        let response = Response {
            status: 404,
            headers: Vec::new(),
            data: serde_json::Value::Null,
            body_error: None,
            details: Details::default(),
        };
        Outcome {
            id: 1,
            injection_id: Uuid::nil(),
            call: Some("a".into()),
            correlation_id: None,
            asked: None,
            timestamp: SystemTime::UNIX_EPOCH,
            queued: Duration::ZERO,
            latency: Duration::ZERO,
            attempt: None,
            attempts: 1,
            fence: Some(1),
            playout: None,
            unmasking: false,
            logged: None,
            result: Err(Error::not_sent(Code::Rejected, "").with_response(Some(response))),
        }
    }

    /// A record of each kind that has all its fields, and the chain to write them.
    fn full_records() -> (Chain, Vec<Record>) {
        let seal = Arc::new(Seal::new(Some(&Key::new(vec![7; 32]).unwrap())));
        let author = Author {
            host: "host".into(),
            pid: 1,
        };
        let mut chain = Chain::begin(Arc::clone(&seal));
        chain.append(&Record::Close { next: None }, STAMP, &mut String::new());
        let previous = chain.head.link("before.jsonl");
        let records = vec![
            author.open(chain.id, &seal, previous.clone()),
            Record::Intent(Intent {
                injection_id: Uuid::nil(),
                origin: "https://api.example".into(),
                call: "a".into(),
                attempt: 1,
                digits: 4,
                fence: Some(1),
                remaining: Duration::ZERO,
            }),
            Record::Outcome(Arc::new(rejected())),
            Record::Resolved {
                injection: Uuid::nil(),
                call: "a".into(),
                found: Found::Pressed,
            },
            Record::Gap {
                lost: Lost {
                    records: 1,
                    ids: Some((Uuid::nil(), Uuid::max())),
                },
                repeated: 1,
            },
            Record::Pruned {
                chain: chain.id,
                last: previous.unwrap(),
            },
            Record::Rekeyed {
                key_id: "k".to_owned(),
            },
            Record::Close {
                next: Some("n".to_owned()),
            },
        ];
        (chain, records)
    }

    #[test]
    fn each_record_has_the_fields_of_the_table_in_its_order() {
        let (mut chain, records) = full_records();
        assert_eq!(records.len(), Event::ALL.len());
        for (record, event) in records.iter().zip(Event::ALL) {
            let mut line = String::new();
            chain.append(record, STAMP, &mut line);
            let written: serde_json::Map<_, _> = serde_json::from_str(&line).unwrap();
            let of_event = AUDIT_FIELDS
                .iter()
                .filter(|field| field.events.contains(event));
            let expected: Vec<_> = of_event.map(|field| field.name).collect();
            assert_eq!(written.keys().collect::<Vec<_>>(), expected, "{line}");
            assert_eq!(written["ev"], event.as_str());
            if let Some(link) = written.get("prev").and_then(|link| link.as_object()) {
                let expected: Vec<_> = LINK_FIELDS.iter().map(|field| field.name).collect();
                assert_eq!(link.keys().collect::<Vec<_>>(), expected);
            }
            let parsed: Parsed<'_> = serde_json::from_str(&line).unwrap();
            assert_eq!(parsed.ev, *event);
        }
    }
}
