//! An error as it crosses.

use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::times::whole_millis_up;
use cxone_dtmf_engine::error::{Cause, Error, Response, Untrusted};

/// An error's closed list of fields, but for the answer. They have no names on their way: `lib/failure.js` has them in
/// the same order.
#[derive(Serialize)]
pub struct Failure<'a>(
    &'static str,         // code
    &'static str,         // delivery
    bool,                 // safeToResend
    bool,                 // retryable
    &'a str,              // message
    Option<u64>,          // retryAfterMs
    Option<u32>,          // digitsAccepted
    Option<Uuid>,         // repeatOf
    Option<u64>,          // cause, by its number in `lib/causes.js`
    Option<&'static str>, // cause, by the name that Node.js has for it
);

impl<'a> From<&'a Error> for Failure<'a> {
    fn from(error: &'a Error) -> Self {
        Self(
            error.code.as_str(),
            error.delivery.as_str(),
            // A wrong input can be sent again safely too; `retryable` says that it is of no use.
            error.delivery.safe_to_resend(),
            error.retryable,
            &error.message,
            error.retry_after.map(whole_millis_up),
            error.digits_accepted,
            error.repeat_of,
            error.cause.as_ref().map(Cause::number),
            error.untrusted.map(Untrusted::code),
        )
    }
}

/// The answer that an error carries.
pub struct Answered<'a>(&'a Response);

impl<'a> Answered<'a> {
    pub fn of(error: &'a Error) -> Option<Self> {
        error.response.as_deref().map(Self)
    }
}

impl Serialize for Answered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(response) = self;
        let headers: Map<_, _> = (response.headers.iter())
            .map(|(name, value)| (name.clone(), Value::String(value.clone())))
            .collect();
        let mut fields = serializer.serialize_seq(Some(5))?;
        fields.serialize_element(&response.status)?;
        fields.serialize_element(&headers)?;
        fields.serialize_element(&response.data)?;
        fields.serialize_element(&response.details.reason)?;
        fields.serialize_element(&response.details.trace_id)?;
        fields.end()
    }
}

/// An error as JSON text, for the exports that answer at once.
pub fn failure_json(error: &Error) -> String {
    json!([Failure::from(error), Answered::of(error)]).to_string()
}
