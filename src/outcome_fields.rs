//! The fields of an audit entry: one table says what they are, and writes them.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
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

/// The entry of an injection that ended. It crosses as the object that programs see.
pub struct Entry<'a> {
    pub outcome: &'a Outcome,
    /// Whether there is a fleet.
    pub fleet: bool,
}

/// Makes the table and the entry from one line a field: `"name" ("when it is there") "what it says" = its value;`. With `?`
/// for `=` the field is there where the value is `Some`.
macro_rules! outcome_fields {
    ($entry:ident: $($name:literal ($shown:literal) $doc:literal $sign:tt $value:expr;)*) => {
        /// All fields in their order.
        pub const OUTCOME_FIELDS: &[OutcomeField] = &[$(
            OutcomeField {
                name: $name,
                shown: $shown,
                doc: $doc,
            },
        )*];

        impl Serialize for Entry<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $entry = self;
                let mut fields = serializer.serialize_map(None)?;
                $(outcome_fields!(@write fields, $name $sign $value);)*
                fields.end()
            }
        }
    };
    (@write $fields:ident, $name:literal = $value:expr) => {
        $fields.serialize_entry($name, &$value)?
    };
    (@write $fields:ident, $name:literal ? $value:expr) => {
        if let Some(value) = $value {
            $fields.serialize_entry($name, &value)?;
        }
    };
}

outcome_fields! { entry:
    "timestamp" ("always") "When the injection was asked for: ISO 8601, UTC, milliseconds."
        = rfc3339_millis(entry.outcome.timestamp);
    "injectionId" ("always") "Names the injection: a UUIDv7 (RFC 9562)." = entry.outcome.injection_id;
    "callId" ("always") "The call, or with `api: 'agent-session'` the session. `null` when its id was invalid."
        = entry.outcome.call.as_deref();
    "correlationId" ("where a valid one was given") "The caller's own id of the injection."
        ? entry.outcome.correlation_id.as_ref().and_then(|id| id.to_str().ok());
    "dtmfString" ("always") "The digits: `*****`, unless `digits: 'clear'`." = entry.digits();
    "dtmfType" ("always") "How they are played. `null` when the input was invalid, and with `api: 'agent-session'`, which has no such choice."
        = entry.asked().and_then(|asked| asked.dtmf_type).map(DtmfType::as_str);
    "interDigitPause" ("always") "The pause between two digits in milliseconds. `null` when the input was invalid."
        = entry.asked().map(|asked| asked.inter_digit_pause);
    "toneDuration" ("with `api: 'agent-session'`") "How long a tone sounds, in milliseconds."
        ? entry.asked().and_then(|asked| asked.tone_duration);
    "contactId" ("where it was given") "The contact." ? entry.asked().and_then(|asked| asked.contact.as_deref());
    "maskRecording" ("with `api: 'agent-session'`") "Whether the recording was to be masked."
        ? entry.asked().and_then(|asked| asked.mask_recording);
    "validation" ("always") "What the validation found." = Validation::of(entry.asked());
    "status" ("always") "`success`: any 2xx. `failed`: refused by the platform. `error`: everything else."
        = entry.status();
    "latencyMs" ("always") "From the grant of the lock to the outcome, in milliseconds: token, back-off and all attempts."
        = millis(entry.outcome.latency);
    "queuedMs" ("always") "From the call to the grant of the lock, in milliseconds." = millis(entry.outcome.queued);
    "attemptMs" ("always") "The last attempt's own time, in milliseconds. 0 when there was none."
        = millis(entry.outcome.attempt.unwrap_or_default());
    "attempts" ("always") "Requests handed over." = entry.outcome.attempts;
    "recognitionRate" ("always") "1 when accepted, else 0: nobody tells a sender what the far end recognised."
        = u8::from(entry.outcome.result.is_ok());
    "recognitionSource" ("always") "Where `recognitionRate` comes from." = "acceptance";
    "delivery" ("always") "What is known of the digits." = entry.outcome.delivery().as_str();
    "fence" ("with `fleet`") "The number of the lease on the call, which grows from one holder to the next in the whole fleet: two injections of one call whose fences disagree with their times have overlapped. `null` when it never had a lease."
        ? entry.fleet.then_some(entry.outcome.fence);
    "logged" ("with `auditLog`, when something was about to be sent") "Whether the audit log has this outcome. `false` says that the record is not complete; it changes nothing else: what was accepted stays accepted."
        ? entry.outcome.logged;
    "playoutMs" ("when accepted, with `api: 'agent-session'`") "How long the tones play from now on, in milliseconds."
        ? entry.outcome.playout.map(whole_millis_up);
    "digitsAccepted" ("when a sequence in several requests failed") "How many digits the platform had accepted before."
        ? entry.error().and_then(|error| error.digits_accepted);
    "repeatOf" ("when it was not sent as a repeat") "The injection that handed over the same digits before, whose outcome is unknown."
        ? entry.error().and_then(|error| error.repeat_of);
    "errorCode" ("when it failed") "The HTTP status of the last answer, or `'unknown'` when there was none."
        ? entry.error().map(status_of);
    "code" ("when it failed") "Why it failed." ? entry.error().map(|error| error.code.as_str());
    "errorMessage" ("when it failed") "The message of the error." ? entry.error().map(|error| &*error.message);
    "bodyError" ("when an answer has no data") "Why not: it broke off, is longer than 64 KB, is not UTF-8, or came under a content coding that cannot be undone, whose name follows `coded: `."
        ? entry.body_error();
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

/// What the validation of an entry tells.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Validation {
    valid: bool,
    carrier_compatible: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequencies: Option<Vec<[u16; 2]>>,
}

impl Validation {
    fn of(asked: Option<&Asked>) -> Self {
        let shown = asked.and_then(|asked| asked.shown.as_ref());
        Self {
            valid: asked.is_some(),
            carrier_compatible: asked.is_some_and(|asked| asked.carrier_compatible),
            frequencies: shown.map(|shown| shown.frequencies().collect()),
        }
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

    fn entry(outcome: &Outcome, fleet: bool) -> Value {
        serde_json::to_value(Entry { outcome, fleet }).unwrap()
    }

    #[test]
    fn an_entry_has_fields_of_the_table_in_its_order() {
        let names = OUTCOME_FIELDS.iter().map(|field| field.name);
        for outcome in [
            accepted(),
            outcome(Err(Error::not_sent(Code::Closed, "closed"))),
        ] {
            let entry = entry(&outcome, true);
            let mut names = names.clone();
            for name in entry.as_object().unwrap().keys() {
                assert!(names.any(|known| known == name), "{name}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_null_or_not_there() {
        let alone = entry(&accepted(), false);
        assert_eq!(alone["callId"], "call-1");
        assert_eq!(alone["queuedMs"], json!(1.5));
        assert_eq!(alone["attemptMs"], json!(0.0));
        assert_eq!(alone["interDigitPause"], Value::Null);
        assert_eq!(
            alone["validation"],
            json!({ "valid": false, "carrierCompatible": false })
        );
        for name in ["fence", "correlationId", "code", "bodyError"] {
            assert_eq!(alone.get(name), None, "{name}");
        }
        assert_eq!(entry(&accepted(), true)["fence"], Value::Null);
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
