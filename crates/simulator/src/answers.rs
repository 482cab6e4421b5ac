//! The answers of the platform that more than one rule gives.

use std::time::{Duration, SystemTime};

use http::header::{CACHE_CONTROL, HeaderName, PRAGMA, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::answer::Answer;
use super::rate::RetryAfterForm;
use super::route::Target;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Accepted<'a> {
    status: &'a str,
    call_id: &'a str,
    digits: usize,
}

/// Says how many digits were taken, never which.
pub(super) fn accepted(status: StatusCode, target: &Target, digits: usize) -> Answer {
    Answer::json(
        status,
        &Accepted {
            status: "accepted",
            call_id: &target.call,
            digits,
        },
    )
}

/// RFC 6749 §5.1 asks for both headers on answers that carry tokens.
pub(super) fn no_store(answer: Answer) -> Answer {
    answer
        .or_with(CACHE_CONTROL, "no-store")
        .or_with(PRAGMA, "no-cache")
}

pub(super) fn too_large() -> Answer {
    Answer::refusal(
        StatusCode::PAYLOAD_TOO_LARGE,
        "payload_too_large",
        "The body is longer than 64 KB",
    )
}

pub(super) fn too_many(wait: Duration, form: RetryAfterForm, wall: SystemTime) -> Answer {
    // Rounded up: a client that comes back at the time that was named must get through.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let retry_after = match form {
        RetryAfterForm::Seconds => seconds.to_string(),
        // A date has no fraction, so the cut-off part of the present second is added.
        RetryAfterForm::Date => httpdate::fmt_http_date(wall + Duration::from_secs(seconds + 1)),
    };
    let answer = Answer::refusal(
        StatusCode::TOO_MANY_REQUESTS,
        "rate_limited",
        "Too many requests in one minute",
    );
    match HeaderValue::try_from(retry_after) {
        Ok(value) => answer.with(RETRY_AFTER, value),
        Err(_) => answer,
    }
}

const REASON: HeaderName = HeaderName::from_static("icstatusdescription");

/// The reason stands in the body and in a header, as the platform does now one and now the other.
pub(super) fn refusal(status: StatusCode, error: &str, description: &'static str) -> Answer {
    Answer::refusal(status, error, description).with(REASON, HeaderValue::from_static(description))
}
