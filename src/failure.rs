//! An error as it crosses.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::times::whole_millis_up;
use cxone_dtmf_engine::error::{BodyError, Error, Response};

/// An error's closed list of fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure<'a> {
    code: &'static str,
    delivery: &'static str,
    safe_to_resend: bool,
    retryable: bool,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digits_accepted: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Answered<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answered<'a> {
    status: u16,
    headers: Map<String, Value>,
    data: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_error: Option<&'static str>,
}

impl<'a> From<&'a Error> for Failure<'a> {
    fn from(error: &'a Error) -> Self {
        Self {
            code: error.code.as_str(),
            delivery: error.delivery.as_str(),
            // A wrong input can be sent again safely too; `retryable` says that it is of no use.
            safe_to_resend: error.delivery.safe_to_resend(),
            retryable: error.retryable,
            message: &error.message,
            retry_after_ms: error.retry_after.map(whole_millis_up),
            digits_accepted: error.digits_accepted,
            response: error.response.as_deref().map(Answered::from),
        }
    }
}

impl<'a> From<&'a Response> for Answered<'a> {
    fn from(response: &'a Response) -> Self {
        Self {
            status: response.status,
            headers: response
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), Value::String(value.clone())))
                .collect(),
            data: &response.data,
            reason: response.details.reason.as_deref(),
            trace_id: response.details.trace_id.as_deref(),
            body_error: response.body_error.map(BodyError::as_str),
        }
    }
}

/// An error as JSON text, for the exports that answer at once.
pub fn failure_json(error: &Error) -> String {
    json!({ "error": Failure::from(error) }).to_string()
}
