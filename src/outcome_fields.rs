//! The fields of an outcome: how it crosses to JavaScript, and what its audit entry shows. One table says both.

use serde::Serialize;

use super::failure::{Answered, Failure};
use super::record::{Fields, Record, Text};
use super::times::{millis, whole_millis_up};
use cxone_dtmf_engine::error::BodyError;
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::timestamp::rfc3339_millis;

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeField {
    /// Its name in the record, in the entry, and in JavaScript.
    pub name: &'static str,
    /// When the entry shows it; `None` for what only the record has.
    pub shown: Option<&'static str>,
    /// What it says.
    pub doc: &'static str,
    /// Whether it crosses. The entry's other fields are made in `lib/` from what the caller passed.
    pub crosses: bool,
}

/// Makes the table and the record from one line a field, so that names and values cannot be in another order:
/// `"name" (when the entry shows it) "what it says" = its value in the record;`. A field without a value does not cross,
/// one without brackets is not in the entry.
macro_rules! outcome_fields {
    ($outcome:ident: $($name:literal $(($shown:literal))? $doc:literal $(= $value:expr)?;)*) => {
        /// All fields, in the order of the record and of the entry.
        pub const OUTCOME_FIELDS: &[OutcomeField] = &[$(
            OutcomeField {
                name: $name,
                shown: outcome_fields!(@shown $($shown)?),
                doc: $doc,
                crosses: outcome_fields!(@crosses $($value)?),
            },
        )*];

        impl Record for OutcomeRecord<'_> {
            fn text(&self) -> serde_json::Result<Text> {
                let $outcome = self.0;
                let mut fields = Fields::of("finished")?;
                $($(fields.add(&$value)?;)?)*
                fields.end(true)
            }
        }
    };
    (@shown) => { None };
    (@shown $shown:literal) => { Some($shown) };
    (@crosses) => { false };
    (@crosses $value:expr) => { true };
}

/// The record of an injection that ended: the event, the log line and the promise in one.
pub struct OutcomeRecord<'a>(pub &'a Outcome);

/// What the platform answered.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Accepted(&'a str),
    Failed(Option<Answered<'a>>),
}

fn answer(outcome: &Outcome) -> Answer<'_> {
    match &outcome.result {
        Ok(accepted) => Answer::Accepted(&accepted.body),
        Err(error) => Answer::Failed(Answered::of(error)),
    }
}

/// Why the answer has no body.
fn body_error(outcome: &Outcome) -> Option<&'static str> {
    let error = match &outcome.result {
        Ok(accepted) => accepted.body_error,
        Err(error) => error
            .response
            .as_deref()
            .and_then(|answer| answer.body_error),
    };
    error.map(BodyError::as_str)
}

outcome_fields! { outcome:
    "id" "The number under which JavaScript waits for it." = outcome.id;
    "timestamp" ("always") "When the injection was asked for: ISO 8601, UTC, milliseconds."
        = rfc3339_millis(outcome.timestamp);
    "injectionId" ("always") "Names the injection: a UUIDv7 (RFC 9562)." = outcome.injection_id;
    "callId" ("always") "The call, or with `api: 'agent-session'` the session. `null` when the input was invalid."
        = outcome.call.as_deref();
    "correlationId" ("where it was given") "The caller's own id of the injection.";
    "dtmfString" ("always") "The digits: `*****`, unless `digits: 'clear'`.";
    "dtmfType" ("always") "How they are played. `null` when the input was invalid, and with `api: 'agent-session'`, which has no such choice.";
    "interDigitPause" ("always") "The pause between two digits in milliseconds. `null` when the input was invalid.";
    "toneDuration" ("with `api: 'agent-session'`") "How long a tone sounds, in milliseconds.";
    "contactId" ("where it was given") "The contact.";
    "maskRecording" ("with `api: 'agent-session'`") "Whether the recording was to be masked.";
    "carrierCompatible" "Of `validation`; `null` when the input was invalid." = outcome.carrier_compatible;
    "validation" ("always") "What the validation found.";
    "status" ("always") "`success`: any 2xx. `failed`: refused by the platform. `error`: everything else.";
    "latencyMs" ("always") "From the grant of the lock to the outcome, in milliseconds: token, back-off and all attempts."
        = millis(outcome.latency);
    "queuedMs" ("always") "From the call to the grant of the lock, in milliseconds." = millis(outcome.queued);
    "attemptMs" ("always") "The last attempt's own time, in milliseconds. 0 when there was none."
        = outcome.attempt.map(millis);
    "attempts" ("always") "Requests handed over." = outcome.attempts;
    "recognitionRate" ("always") "1 when accepted, else 0: nobody tells a sender what the far end recognised.";
    "recognitionSource" ("always") "Where `recognitionRate` comes from.";
    "delivery" ("always") "What is known of the digits." = outcome.delivery().as_str();
    "fence" ("with `fleet`") "The number of the lease on the call, which grows from one holder to the next in the whole fleet: two injections of one call whose fences disagree with their times have overlapped. `null` when it never had a lease."
        = outcome.fence;
    "logged" ("with `auditLog`, when something was about to be sent") "Whether the audit log has this outcome. `false` says that the record is not complete; it changes nothing else: what was accepted stays accepted."
        = outcome.logged;
    "playoutMs" ("when accepted, with `api: 'agent-session'`") "How long the tones play from now on, in milliseconds."
        = outcome.playout.map(whole_millis_up);
    "digitsAccepted" ("when a sequence in several requests failed") "How many digits the platform had accepted before.";
    "repeatOf" ("when it was not sent as a repeat") "The injection that handed over the same digits before, whose outcome is unknown.";
    "errorCode" ("when it failed") "The HTTP status of the last answer, or `'unknown'` when there was none.";
    "code" ("when it failed") "Why it failed.";
    "errorMessage" ("when it failed") "The message of the error.";
    "bodyError" ("when an answer has no data") "Why not: it broke off, is longer than 64 KB, or is not UTF-8."
        = body_error(outcome);
    "unmasking" "Whether the record `unmasked` of this injection will follow." = outcome.unmasking;
    "error" "How it failed; `null` when it was accepted." = outcome.result.as_ref().err().map(Failure::from);
    "answer" "What the platform answered: the caller's `data` when it accepted. It may be long, so it comes last."
        = answer(outcome);
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use cxone_dtmf_engine::error::{Code, Error};
    use cxone_dtmf_engine::outcome::Accepted;

    /// The record as JavaScript reads it: each value under the name that stands in its place.
    fn read(outcome: &Outcome) -> serde_json::Map<String, Value> {
        let text = OutcomeRecord(outcome).text().unwrap();
        let values: Vec<Value> = serde_json::from_str(&text.json).unwrap();
        let (kind, values) = values.split_first().unwrap();
        assert_eq!(kind, "finished");
        let names = OUTCOME_FIELDS.iter().filter(|field| field.crosses);
        assert_eq!(names.clone().count(), values.len());
        names
            .map(|field| field.name.to_owned())
            .zip(values.iter().cloned())
            .collect()
    }

    fn outcome(result: Result<Accepted, Error>) -> Outcome {
        Outcome {
            id: 7,
            injection_id: Uuid::nil(),
            call: Some("call-1".into()),
            carrier_compatible: Some(true),
            digits: 4,
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

    #[test]
    fn each_value_stands_in_the_place_of_its_name() {
        let accepted = outcome(Ok(Accepted {
            status: 200,
            body: "{}".to_owned(),
            body_error: Some(BodyError::Cut),
        }));
        let record = read(&accepted);
        for (name, value) in [
            ("id", json!(7)),
            ("callId", json!("call-1")),
            ("queuedMs", json!(1.5)),
            ("latencyMs", json!(20.0)),
            ("attemptMs", Value::Null),
            ("delivery", json!("accepted")),
            ("logged", json!(true)),
            ("answer", json!("{}")),
            ("bodyError", json!("cut")),
            ("error", Value::Null),
        ] {
            assert_eq!(record.get(name), Some(&value), "{name}");
        }
        let failed = read(&outcome(Err(Error::not_sent(Code::Closed, "closed"))));
        assert_eq!(failed["delivery"], "not-sent");
        assert_eq!(failed["error"][0], "ERR_DTMF_CLOSED");
        assert_eq!(failed["answer"], Value::Null);
    }

    #[test]
    fn the_answer_can_be_left_out() {
        let accepted = outcome(Ok(Accepted {
            status: 200,
            body: "long".to_owned(),
            body_error: None,
        }));
        let text = OutcomeRecord(&accepted).text().unwrap();
        assert_eq!(text.json.get(text.long_at.unwrap()..), Some("\"long\"]"));
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
