//! What travels to JavaScript: one record per thing that happened.
//!
//! A record is the text of a JSON array: its kind, then its fields in the order given here. Fields have no names on
//! their way, so nothing that a program puts on `Object.prototype` can stand in for one that is absent, and the text is
//! half as long. `lib/lane.js` gets the names from [`names_json`].

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::failure::{Answered, Failure};
use super::times::{millis, whole_millis_up};
use cxone_dtmf_engine::error::{BodyError, Error};
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::timestamp::rfc3339_millis;

/// A record as text. What may be long comes last, so that it can be left out.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    json: String,
    /// Where the field begins that may be left out.
    long_at: Option<usize>,
}

impl Text {
    pub fn whole(&self) -> &str {
        &self.json
    }

    /// The same with `null` for what may be left out.
    pub fn short(&self) -> String {
        match self.long_at.and_then(|at| self.json.get(..at)) {
            Some(kept) => format!("{kept}null]"),
            None => self.json.clone(),
        }
    }
}

/// Something that has the form of a record.
pub trait Record {
    /// Fails where a field has no JSON form, which strings and numbers always have.
    fn text(&self) -> serde_json::Result<Text>;
}

/// Writes the fields of a record one after the other.
struct Fields(Vec<u8>);

impl Fields {
    fn of(kind: &str) -> serde_json::Result<Self> {
        let mut fields = Self(Vec::with_capacity(256));
        fields.0.push(b'[');
        serde_json::to_writer(&mut fields.0, kind)?;
        Ok(fields)
    }

    /// Where the field begins.
    fn add(&mut self, field: &impl Serialize) -> serde_json::Result<usize> {
        self.0.push(b',');
        let at = self.0.len();
        serde_json::to_writer(&mut self.0, field)?;
        Ok(at)
    }

    fn end(mut self, long_at: Option<usize>) -> serde_json::Result<Text> {
        self.0.push(b']');
        let json = String::from_utf8(self.0).map_err(serde::ser::Error::custom)?;
        Ok(Text { json, long_at })
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
                    let long_at = None;
                    $(let long_at = long_at.or(Some(fields.add(&self.$long)?));)?
                    fields.end(long_at)
                }
            }
        )*

        /// The names of the fields of each kind, in their order.
        const NAMES: &[(&str, &[&str])] = &[
            $(($kind, &[$(stringify!($field),)* $(stringify!($long))?]),)*
        ];
    };
}

records! {
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
    /// An injection ended: the event, the log line and the promise in one.
    "finished" Finished<'a> {
        id: u64,
        injection_id: Uuid,
        call_id: Option<&'a str>,
        carrier_compatible: Option<bool>,
        timestamp: String,
        queued_ms: f64,
        latency_ms: f64,
        attempt_ms: Option<f64>,
        attempts: u32,
        /// The lease on the call, where there was one.
        fence: Option<u64>,
        /// Whether the audit log has it, where there is one and something was about to be sent.
        logged: Option<bool>,
        playout_ms: Option<u64>,
        /// The record `unmasked` of this injection will follow.
        unmasking: bool,
        /// Why the answer has no body.
        body_error: Option<&'static str>,
        /// `None` when it was accepted.
        error: Option<Failure<'a>>,
        ; answer: Ending<'a>
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
    }
    /// A recording that was masked for an injection is unmasked, or could not be.
    "unmasked" Unmasked<'a> {
        id: u64,
        injection_id: Uuid,
        call_id: &'a str,
        error: Option<Failure<'a>>,
        ; answer: Option<Answered<'a>>
    }
    /// A followed session has ended.
    "sessionEnded" SessionEnded<'a> {
        injector: f64,
        session_id: &'a str,
    }
    /// The events of a followed session cannot be heard at the moment.
    "sessionNotHeard" SessionNotHeard<'a> {
        injector: f64,
        session_id: &'a str,
        error: Failure<'a>,
        ; answer: Option<Answered<'a>>
    }
    /// Something happened to the audit log.
    "auditNotice" AuditNotice<'a> {
        injector: f64,
        notice: &'static str,
        /// The anchor, or why the log cannot be written.
        text: Option<String>,
        file: Option<&'a str>,
        bytes: Option<u64>,
    }
    /// A log line of the engine.
    "logged" Logged<'a> {
        injector: f64,
        message: &'a str,
        fields: &'a Map<String, Value>,
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
    /// The platform refused the token of the program's own auth client.
    "tokenRefused" TokenRefused {
        injector: f64,
    }
}

/// The answer at the end of an injection.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Ending<'a> {
    Accepted(&'a str),
    Failed(Option<Answered<'a>>),
}

impl<'a> From<&'a Outcome> for Finished<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        let (body_error, error, answer) = match &outcome.result {
            Ok(accepted) => (accepted.body_error, None, Ending::Accepted(&accepted.body)),
            Err(error) => (
                error
                    .response
                    .as_deref()
                    .and_then(|answer| answer.body_error),
                Some(Failure::from(error)),
                Ending::Failed(Answered::of(error)),
            ),
        };
        Self {
            id: outcome.id,
            injection_id: outcome.injection_id,
            call_id: outcome.call.as_deref(),
            carrier_compatible: outcome.carrier_compatible,
            timestamp: rfc3339_millis(outcome.timestamp),
            queued_ms: millis(outcome.queued),
            latency_ms: millis(outcome.latency),
            attempt_ms: outcome.attempt.map(millis),
            attempts: outcome.attempts,
            fence: outcome.fence,
            logged: outcome.logged,
            playout_ms: outcome.playout.map(whole_millis_up),
            unmasking: outcome.unmasking,
            body_error: body_error.map(BodyError::as_str),
            error,
            answer,
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
pub fn names_json() -> String {
    let kinds: Map<_, _> = NAMES
        .iter()
        .map(|(kind, names)| {
            let names: Vec<_> = names.iter().map(|name| camel_case(name)).collect();
            ((*kind).to_owned(), json!(names))
        })
        .collect();
    Value::Object(kinds).to_string()
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
        assert_eq!(text.whole(), r#"["lockExpired",1.0,2,"c",3]"#);
        assert_eq!(text.short(), text.whole());
        let names: Value = serde_json::from_str(&names_json()).unwrap();
        assert_eq!(
            names["lockExpired"],
            json!(["injector", "lock", "callId", "limitMs"])
        );
    }

    #[test]
    fn a_short_record_lacks_the_answer_and_nothing_else() {
        let error = Error::invalid("no, [\"null\"]");
        let result = Err(error);
        let text = Settled::of(7.0, &result).text().unwrap();
        let (whole, short): (Value, Value) = (
            serde_json::from_str(text.whole()).unwrap(),
            serde_json::from_str(&text.short()).unwrap(),
        );
        assert_eq!(whole, short, "there was no answer");
        assert_eq!(short[3][0], "ERR_DTMF_INVALID");
    }
}
