//! What travels to JavaScript: one record per thing that happened.
//!
//! A record is the text of a JSON array: its kind, then its fields in the order given here. Fields have no names on
//! their way, so nothing that a program puts on `Object.prototype` can stand in for one that is absent, and the text is
//! half as long. `lib/names.js`, which is written from [`names`], gives them back.

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::failure::{Answered, Failure};
use super::outcome_fields::Entry;
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::outcome::ShownBody;

/// A record as text. What may be long comes last, so that it can be left out.
pub struct Text {
    pub json: String,
    /// Where the field begins that may be left out.
    pub long_at: Option<usize>,
}

/// Something that has the form of a record.
pub trait Record {
    /// Fails where a field has no JSON form, which strings and numbers always have.
    fn text(&self) -> serde_json::Result<Text>;
}

/// Writes the fields of a record one after the other.
pub struct Fields {
    json: Vec<u8>,
    /// Where the last one begins.
    last: usize,
}

impl Fields {
    pub fn of(kind: &str) -> serde_json::Result<Self> {
        let mut json = Vec::with_capacity(256);
        json.push(b'[');
        serde_json::to_writer(&mut json, kind)?;
        let last = json.len();
        Ok(Self { json, last })
    }

    pub fn add(&mut self, field: &impl Serialize) -> serde_json::Result<()> {
        self.json.push(b',');
        self.last = self.json.len();
        serde_json::to_writer(&mut self.json, field)
    }

    /// `is_long` says that the last field may be left out.
    pub fn end(mut self, is_long: bool) -> serde_json::Result<Text> {
        self.json.push(b']');
        Ok(Text {
            json: String::from_utf8(self.json).map_err(serde::ser::Error::custom)?,
            long_at: is_long.then_some(self.last),
        })
    }
}

/// Declares records: kind, fields, and behind `;` the one that may be long.
macro_rules! records {
    ($(
        $(#[$doc:meta])*
        $kind:literal $name:ident $(<$life:lifetime>)? {
            $($(#[$note:meta])* $field:ident: $type:ty,)*
            $(; $(#[$long_note:meta])* $long:ident: $long_type:ty)?
        }
    )*) => {
        $(
            $(#[$doc])*
            pub struct $name $(<$life>)? {
                $($(#[$note])* pub $field: $type,)*
                $($(#[$long_note])* pub $long: $long_type,)?
            }

            impl $(<$life>)? Record for $name $(<$life>)? {
                fn text(&self) -> serde_json::Result<Text> {
                    let mut fields = Fields::of($kind)?;
                    $(fields.add(&self.$field)?;)*
                    $(fields.add(&self.$long)?;)?
                    fields.end(records!(@is_long $($long)?))
                }
            }
        )*

        /// The names of the fields of each kind, in their order.
        const NAMES: &[(&str, &[&str])] = &[
            $(($kind, &[$(stringify!($field),)* $(stringify!($long))?]),)*
        ];
    };
    (@is_long) => { false };
    (@is_long $long:ident) => { true };
}

/// What the platform answered to an injection.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer<'a> {
    /// The body, and what events show of it: another text, all (`true`) or nothing (`false`).
    Accepted(&'a str, Shown<'a>),
    Failed(Option<Answered<'a>>),
}

/// What events show of a body.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Shown<'a> {
    All(bool),
    Redacted(&'a str),
}

impl<'a> From<&'a ShownBody> for Shown<'a> {
    fn from(shown: &'a ShownBody) -> Self {
        match shown {
            ShownBody::Nothing => Self::All(false),
            ShownBody::All => Self::All(true),
            ShownBody::Redacted(text) => Self::Redacted(text),
        }
    }
}

records! {
    /// An injection ended: the event, the log line and the promise in one.
    "finished" Finished<'a> {
        id: u64,
        entry: Entry<'a>,
        /// Whether the record `unmasked` will follow.
        unmasking: bool,
        error: Option<Failure<'a>>,
        ; answer: Answer<'a>
    }
    /// An attempt failed and another will follow.
    "retrying" Retrying<'a> {
        id: u64,
        injection_id: Uuid,
        call_id: &'a str,
        attempt: u32,
        max_attempts: u32,
        delay_ms: u64,
        reason: &'static str,
    }
    /// Another promise is due.
    "settled" Settled<'a> {
        id: f64,
        value: Option<&'a Value>,
        error: Option<Failure<'a>>,
        ; answer: Option<Answered<'a>>
    }
    /// A manual lock ran out.
    "lockExpired" LockExpired<'a> {
        injector: f64,
        lock: u64,
        call_id: &'a str,
        limit_ms: u64,
    }
    /// Redis is away, and injections go on without it.
    "withoutLease" WithoutLease {
        injector: f64,
        away_ms: u64,
    }
    /// Leases are granted again.
    "leasesAgain" LeasesAgain {
        injector: f64,
        after_ms: u64,
    }
    /// A recording that was masked for an injection is unmasked, or could not be.
    "unmasked" Unmasked<'a> {
        id: u64,
        injection_id: Uuid,
        call_id: &'a str,
        error: Option<Failure<'a>>,
        ; answer: Option<Answered<'a>>
    }
    /// A followed session tells something.
    "sessionEvent" SessionEvent<'a> {
        injector: f64,
        /// The number of the following.
        id: u64,
        session_id: &'a str,
        kind: &'a str,
        contact_id: Option<&'a str>,
        status: Option<&'a str>,
        timestamp: String,
        /// Without digits and secrets.
        event: &'a Value,
        /// As it came, where the program asked for it.
        clear: Option<&'a Value>,
    }
    /// A followed session has ended.
    "sessionEnded" SessionEnded<'a> {
        injector: f64,
        id: u64,
        session_id: &'a str,
    }
    /// The events of a followed session cannot be heard at the moment.
    "sessionNotHeard" SessionNotHeard<'a> {
        injector: f64,
        id: u64,
        session_id: &'a str,
        error: Failure<'a>,
        ; answer: Option<Answered<'a>>
    }
    /// Something happened to the audit log.
    "auditNotice" AuditNotice {
        injector: f64,
        notice: &'static str,
        /// The anchor, why the log cannot be written, or the name of a file.
        text: Option<String>,
    }
    /// A log line of the engine.
    "logged" Logged<'a> {
        injector: f64,
        message: &'a str,
        fields: &'a Map<String, Value>,
        /// The injection that it belongs to.
        id: Option<u64>,
    }
    /// A new token arrived.
    "tokenRefreshed" TokenRefreshed {
        client: f64,
    }
    /// A refresh ahead of time failed.
    "tokenRefreshFailed" TokenRefreshFailed<'a> {
        client: f64,
        error: Failure<'a>,
        ; answer: Option<Answered<'a>>
    }
    /// The program's own auth client is asked for a token.
    "tokenWanted" TokenWanted {
        injector: f64,
        request: u32,
    }
    /// That answer is no longer waited for.
    "tokenNotWanted" TokenNotWanted {
        injector: f64,
        request: u32,
    }
    /// A function that stands for a secret of an auth client is asked.
    "secretWanted" SecretWanted {
        client: f64,
        request: u32,
        option: &'static str,
    }
    /// That answer is no longer waited for.
    "secretNotWanted" SecretNotWanted {
        client: f64,
        request: u32,
    }
    /// No error holds any more what the program's own code threw.
    "causeForgotten" CauseForgotten {
        cause: u64,
    }
    /// The platform refused the token of the program's own auth client.
    "tokenRefused" TokenRefused {
        injector: f64,
    }
}

impl<'a> Finished<'a> {
    pub fn of(entry: Entry<'a>) -> Self {
        let outcome = entry.outcome;
        Self {
            id: outcome.id,
            entry,
            unmasking: outcome.unmasking,
            error: outcome.result.as_ref().err().map(Failure::from),
            answer: match &outcome.result {
                Ok(accepted) => Answer::Accepted(&accepted.body, (&accepted.shown).into()),
                Err(error) => Answer::Failed(Answered::of(error)),
            },
        }
    }
}

impl<'a> Settled<'a> {
    pub fn of(id: f64, result: &'a Result<Option<Value>, Error>) -> Self {
        let error = result.as_ref().err();
        Self {
            id,
            value: result.as_ref().ok().and_then(Option::as_ref),
            error: error.map(Failure::from),
            answer: error.and_then(Answered::of),
        }
    }
}

/// The names of the fields of each kind of record, as the text of a JSON object.
pub fn names() -> Map<String, Value> {
    let kinds = NAMES.iter().map(|(kind, names)| {
        let names: Vec<_> = names.iter().map(|name| camel_case(name)).collect();
        ((*kind).to_owned(), json!(names))
    });
    kinds.collect()
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_its_kind_and_its_fields_in_order() {
        let record = LockExpired {
            injector: 1.0,
            lock: 2,
            call_id: "c",
            limit_ms: 3,
        };
        let text = record.text().unwrap();
        assert_eq!(text.json, r#"["lockExpired",1.0,2,"c",3]"#);
        assert_eq!(text.long_at, None);
        let names = names();
        assert_eq!(
            names["lockExpired"],
            json!(["injector", "lock", "callId", "limitMs"])
        );
    }

    #[test]
    fn the_answer_comes_last_and_can_be_left_out() {
        let result = Err(Error::invalid("no"));
        let text = Settled::of(7.0, &result).text().unwrap();
        let (kept, answer) = text.json.split_at(text.long_at.unwrap());
        assert!(
            kept.ends_with(r#","no",null,null,null,null,null],"#),
            "{kept}"
        );
        assert_eq!(answer, "null]");
    }
}
