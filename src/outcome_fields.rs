//! The fields of an audit entry: one table says what they are, and writes them.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use serde_json::Value;

use super::times::{millis, whole_millis_up};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::{BodyError, Error};
use cxone_dtmf_engine::outcome::{Asked, Outcome};
use cxone_dtmf_engine::payload::DtmfType;
use cxone_dtmf_engine::redact::PLACEHOLDER;
use cxone_dtmf_engine::timestamp::rfc3339_millis;

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeField {
    /// Its name.
    pub name: &'static str,
    /// When it is there.
    pub shown: &'static str,
    /// What it says.
    pub doc: &'static str,
}

/// When a field is there that every entry has.
pub const ALWAYS: &str = "always";

/// The entry of an injection that ended, as programs see it.
pub struct Entry<'a> {
    pub outcome: &'a Outcome,
    /// Whether there is a fleet.
    pub fleet: bool,
}

/// Makes the table and the entry from one line a field: `"name" "what it says" = its value;`, and for those that are not
/// always there `"name" ("when it is there") "what it says" = its value, if it is;`.
///
/// An entry crosses without names: the values that are always there, those of the others that are, and a number whose
/// bits say which. `lib/names.js` is written from the same table.
macro_rules! outcome_fields {
    ($entry:ident:
        always { $($name:literal $doc:literal = $value:expr;)* }
        sometimes { $($other:literal ($shown:literal) $other_doc:literal = $other_value:expr;)* }
    ) => {
        /// All fields in their order: first those that are always there.
        pub const OUTCOME_FIELDS: &[OutcomeField] = &[
            $(OutcomeField { name: $name, shown: ALWAYS, doc: $doc },)*
            $(OutcomeField { name: $other, shown: $shown, doc: $other_doc },)*
        ];

        impl Serialize for Entry<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $entry = self;
                let mut values = serializer.serialize_seq(None)?;
                $(values.serialize_element(&$value)?;)*
                let mut present = Present { bits: 0, next: 1 };
                $(present.add(&mut values, $other_value)?;)*
                values.serialize_element(&present.bits)?;
                values.end()
            }
        }
    };
}

outcome_fields! { entry:
    always {
        "timestamp" "When the injection was asked for: ISO 8601, UTC, milliseconds."
            = rfc3339_millis(entry.outcome.timestamp);
        "injectionId" "Names the injection: a UUIDv7 (RFC 9562)."
            = entry.outcome.injection_id;
        "callId" "The call, or with `api: 'agent-session'` the session. `null` when its id was invalid."
            = entry.outcome.call.as_deref();
        "dtmfString" "The digits: `*****`, unless `digits: 'clear'`."
            = entry.digits();
        "dtmfType" "How they are played. `null` when the input was invalid, and with `api: 'agent-session'`, which has no such choice."
            = entry.asked().and_then(|asked| asked.dtmf_type).map(DtmfType::as_str);
        "interDigitPause" "The pause between two digits in milliseconds. `null` when the input was invalid."
            = entry.asked().map(|asked| asked.inter_digit_pause);
        "validation" "What the validation found."
            = Validation::of(entry.asked());
        "status" "`success`: any 2xx. `failed`: refused by the platform. `error`: everything else."
            = entry.status();
        "latencyMs" "From the grant of the lock to the outcome, in milliseconds: token, back-off and all attempts."
            = millis(entry.outcome.latency);
        "queuedMs" "From the call to the grant of the lock, in milliseconds."
            = millis(entry.outcome.queued);
        "attemptMs" "The last attempt's own time, in milliseconds. 0 when there was none."
            = millis(entry.outcome.attempt.unwrap_or_default());
        "attempts" "Requests handed over."
            = entry.outcome.attempts;
        "recognitionRate" "1 when accepted, else 0: nobody tells a sender what the far end recognised."
            = u8::from(entry.outcome.result.is_ok());
        "recognitionSource" "Where `recognitionRate` comes from."
            = "acceptance";
        "delivery" "What is known of the digits."
            = entry.outcome.delivery().as_str();
    }
    sometimes {
        "correlationId" ("where a valid one was given") "The caller's own id of the injection."
            = entry.outcome.correlation_id.as_ref().and_then(|id| id.to_str().ok());
        "toneDuration" ("with `api: 'agent-session'`") "How long a tone sounds, in milliseconds."
            = entry.asked().and_then(|asked| asked.tone_duration);
        "contactId" ("where it was given") "The contact."
            = entry.asked().and_then(|asked| asked.contact.as_deref());
        "maskRecording" ("with `api: 'agent-session'`") "Whether the recording was to be masked."
            = entry.asked().and_then(|asked| asked.mask_recording);
        "fence" ("with `fleet`") "The number of the lease on the call, which grows from one holder to the next in the whole fleet: two injections of one call whose fences disagree with their times have overlapped. `null` when it never had a lease."
            = entry.fleet.then_some(entry.outcome.fence);
        "logged" ("with `auditLog`, when something was about to be sent") "Whether the audit log has this outcome. `false` says that the record is not complete; it changes nothing else: what was accepted stays accepted."
            = entry.outcome.logged;
        "playoutMs" ("when accepted, with `api: 'agent-session'`") "How long the tones play from now on, in milliseconds."
            = entry.outcome.playout.map(whole_millis_up);
        "digitsAccepted" ("when a sequence in several requests failed") "How many digits the platform had accepted before."
            = entry.error().and_then(|error| error.digits_accepted);
        "repeatOf" ("when it was not sent as a repeat") "The injection that handed over the same digits before, whose outcome is unknown."
            = entry.error().and_then(|error| error.repeat_of);
        "errorCode" ("when it failed") "The HTTP status of the last answer, or `'unknown'` when there was none."
            = entry.error().map(status_of);
        "code" ("when it failed") "Why it failed."
            = entry.error().map(|error| error.code.as_str());
        "errorMessage" ("when it failed") "The message of the error."
            = entry.error().map(|error| &*error.message);
        "bodyError" ("when an answer has no data") "Why not: it broke off, is longer than 64 KB, is not UTF-8, or came under a content coding that cannot be undone, whose name follows `coded: `."
            = entry.body_error();
    }
}

/// Which of the fields are there that not every entry has.
struct Present {
    /// The lowest is the first field's.
    bits: u32,
    next: u32,
}

impl Present {
    fn add<S: SerializeSeq>(
        &mut self,
        values: &mut S,
        value: Option<impl Serialize>,
    ) -> Result<(), S::Error> {
        if let Some(value) = value {
            values.serialize_element(&value)?;
            self.bits |= self.next;
        }
        self.next <<= 1;
        Ok(())
    }
}

impl Entry<'_> {
    const fn asked(&self) -> Option<&Asked> {
        self.outcome.asked.as_ref()
    }

    fn error(&self) -> Option<&Error> {
        self.outcome.result.as_ref().err()
    }

    fn digits(&self) -> &str {
        let shown = self.asked().and_then(|asked| asked.shown.as_ref());
        shown.map_or(PLACEHOLDER, |shown| shown.expose())
    }

    const fn status(&self) -> &'static str {
        match self.outcome.delivery() {
            Delivery::Accepted => "success",
            Delivery::Refused => "failed",
            Delivery::NotSent | Delivery::Unknown => "error",
        }
    }

    /// Why the answer has no body.
    fn body_error(&self) -> Option<Cow<'static, str>> {
        let error = match &self.outcome.result {
            Ok(accepted) => accepted.body_error,
            Err(error) => (error.response.as_deref()).and_then(|answer| answer.body_error),
        };
        error.map(BodyError::as_str)
    }
}

fn status_of(error: &Error) -> Value {
    (error.response.as_deref()).map_or_else(|| "unknown".into(), |answer| answer.status.into())
}

/// What the validation of an entry tells; `lib/outcome.js` has the names in the same order.
#[derive(Serialize)]
struct Validation(
    bool,                  // valid
    bool,                  // carrierCompatible
    Option<Vec<[u16; 2]>>, // frequencies
);

impl Validation {
    fn of(asked: Option<&Asked>) -> Self {
        let shown = asked.and_then(|asked| asked.shown.as_ref());
        Self(
            asked.is_some(),
            asked.is_some_and(|asked| asked.carrier_compatible),
            shown.map(|shown| shown.frequencies().collect()),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::record::{Finished, Record as _};
    use cxone_dtmf_engine::error::Code;
    use cxone_dtmf_engine::outcome::{Accepted, ShownBody};

    fn outcome(result: Result<Accepted, Error>) -> Outcome {
        Outcome {
            id: 7,
            injection_id: Uuid::nil(),
            call: Some("call-1".into()),
            correlation_id: None,
            asked: None,
            timestamp: SystemTime::UNIX_EPOCH,
            queued: Duration::from_micros(1_500),
            latency: Duration::from_millis(20),
            attempt: None,
            attempts: 1,
            fence: None,
            playout: None,
            unmasking: false,
            logged: Some(true),
            result,
        }
    }

    fn accepted() -> Outcome {
        outcome(Ok(Accepted {
            status: 200,
            body: "long".to_owned(),
            shown: ShownBody::Nothing,
            body_error: None,
        }))
    }

    /// The values of an entry under their names.
    fn entry(outcome: &Outcome, fleet: bool) -> Value {
        let values = serde_json::to_value(Entry { outcome, fleet }).unwrap();
        let mut values = values.as_array().unwrap().clone();
        let present = values.pop().unwrap().as_u64().unwrap();
        let mut bit = 1;
        let fields = OUTCOME_FIELDS.iter().filter(|field| {
            let is_there = field.shown == ALWAYS || present & bit != 0;
            bit <<= u64::from(field.shown != ALWAYS);
            is_there
        });
        let fields: Vec<_> = fields.collect();
        assert_eq!(fields.len(), values.len());
        let names = fields.into_iter().map(|field| field.name.to_owned());
        Value::Object(names.zip(values).collect())
    }

    #[test]
    fn a_number_of_javascript_has_bits_enough() {
        let sometimes = OUTCOME_FIELDS.iter().filter(|field| field.shown != ALWAYS);
        assert!(sometimes.count() < 32);
    }

    #[test]
    fn what_is_not_known_is_null_or_not_there() {
        let alone = entry(&accepted(), false);
        assert_eq!(alone["callId"], "call-1");
        assert_eq!(alone["queuedMs"], json!(1.5));
        assert_eq!(alone["attemptMs"], json!(0.0));
        assert_eq!(alone["interDigitPause"], Value::Null);
        assert_eq!(alone["validation"], json!([false, false, null]));
        for name in ["fence", "correlationId", "code", "bodyError"] {
            assert_eq!(alone.get(name), None, "{name}");
        }
        assert_eq!(entry(&accepted(), true).get("fence"), Some(&Value::Null));
        let failed = entry(
            &outcome(Err(Error::not_sent(Code::Closed, "closed"))),
            false,
        );
        assert_eq!(
            (&failed["status"], &failed["errorCode"]),
            (&json!("error"), &json!("unknown"))
        );
        assert_eq!(failed["code"], "ERR_DTMF_CLOSED");
    }

    #[test]
    fn the_answer_can_be_left_out() {
        let outcome = accepted();
        let entry = Entry {
            outcome: &outcome,
            fleet: false,
        };
        let text = Finished::of(entry).text().unwrap();
        assert_eq!(
            text.json.get(text.long_at.unwrap()..),
            Some(r#"["long",false]]"#)
        );
    }

    #[test]
    fn no_name_stands_twice() {
        let mut names: Vec<_> = OUTCOME_FIELDS.iter().map(|field| field.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
