//! What travels to JavaScript: one JSON record per thing that happened.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::failure::Failure;
use super::times::{millis, whole_millis_up};
use cxone_dtmf_engine::error::{BodyError, Error};
use cxone_dtmf_engine::outcome::{self, Outcome};
use cxone_dtmf_engine::timestamp::rfc3339_millis;

/// One record. `lib/lane.js` has a branch for each, in the same order.
#[derive(Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Record<'a> {
    /// An attempt failed and another will follow.
    Retrying {
        id: u64,
        injection_id: String,
        call_id: &'a str,
        attempt: u32,
        max_attempts: u32,
        delay_ms: u64,
        reason: &'static str,
    },
    /// An injection failed: the event, the log line and the promise in one. [`Accepted`] is the record of success.
    Finished(Finished<'a>),
    /// Another promise is due.
    Settled {
        id: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<&'a Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Failure<'a>>,
    },
    /// A manual lock ran out.
    LockExpired {
        injector: f64,
        lock: u64,
        call_id: &'a str,
        limit_ms: u64,
    },
    /// Redis is away, and injections go on without it.
    WithoutLease { injector: f64 },
    /// A recording that was masked for an injection is unmasked, or could not be.
    Unmasked {
        id: u64,
        injection_id: String,
        call_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Failure<'a>>,
    },
    /// A followed session has ended.
    SessionEnded { injector: f64, session_id: &'a str },
    /// The events of a followed session cannot be heard at the moment.
    SessionNotHeard {
        injector: f64,
        session_id: &'a str,
        error: Failure<'a>,
    },
    /// Something happened to the audit log.
    Audit {
        injector: f64,
        #[serde(flatten)]
        notice: AuditNotice<'a>,
    },
    /// A log line of the engine.
    Log {
        injector: f64,
        message: &'a str,
        fields: &'a serde_json::Map<String, Value>,
    },
    /// A new token arrived.
    TokenRefreshed { client: f64 },
    /// A refresh ahead of time failed.
    TokenRefreshFailed { client: f64, error: Failure<'a> },
    /// The program's own auth client is asked for a token.
    TokenWanted { injector: f64, request: u32 },
    /// That answer is no longer waited for.
    TokenNotWanted { injector: f64, request: u32 },
    /// The platform refused the token of the program's own auth client.
    TokenRefused { injector: f64 },
}

/// What an audit log tells.
#[derive(Serialize)]
#[serde(tag = "notice", rename_all = "camelCase")]
pub enum AuditNotice<'a> {
    /// What to keep elsewhere.
    Anchor { text: String },
    /// It cannot be written.
    Failed { why: &'a str },
    /// It can be written again.
    Restored,
    /// A process had ended in the middle of a line.
    Recovered { file: &'a str, bytes: u64 },
    /// A file that was left was altered.
    Altered { file: &'a str },
}

/// The end of an injection that failed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finished<'a> {
    id: u64,
    injection_id: String,
    call_id: Option<&'a str>,
    carrier_compatible: Option<bool>,
    timestamp: String,
    queued_ms: f64,
    latency_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt_ms: Option<f64>,
    attempts: u32,
    /// The lease on the call, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fence: Option<u64>,
    delivery: &'static str,
    /// Whether the audit log has it, where there is one and something was about to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    logged: Option<bool>,
    /// The record `unmasked` of this injection will follow.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unmasking: bool,
    error: Failure<'a>,
}

/// The end of an injection that was accepted. It is the record that comes most often, so its fields have no names:
/// that halves what JavaScript spends on reading it. `accepted` in `lib/outcome.js` has them in the same order.
#[derive(Serialize)]
pub struct Accepted<'a>(
    u64,                  // id
    Uuid,                 // injectionId
    Option<&'a str>,      // callId
    Option<bool>,         // carrierCompatible
    String,               // timestamp
    f64,                  // queuedMs
    f64,                  // latencyMs
    Option<f64>,          // attemptMs
    u32,                  // attempts
    &'a str,              // body
    Option<&'static str>, // bodyError
    Option<u64>,          // playoutMs
    Option<bool>,         // logged
    bool,                 // unmasking
    Option<u64>,          // fence
);

impl<'a> Accepted<'a> {
    /// `accepted` is the answer to the injection.
    pub fn of(outcome: &'a Outcome, accepted: &'a outcome::Accepted) -> Self {
        Self(
            outcome.id,
            outcome.injection_id,
            outcome.call.as_deref(),
            outcome.carrier_compatible,
            rfc3339_millis(outcome.timestamp),
            millis(outcome.queued),
            millis(outcome.latency),
            outcome.attempt.map(millis),
            outcome.attempts,
            &accepted.body,
            accepted.body_error.map(BodyError::as_str),
            outcome.playout.map(whole_millis_up),
            outcome.logged,
            outcome.unmasking,
            outcome.fence,
        )
    }
}

impl<'a> Finished<'a> {
    /// `error` is how the injection failed.
    pub fn of(outcome: &'a Outcome, error: &'a Error) -> Self {
        Self {
            id: outcome.id,
            injection_id: outcome.injection_id.to_string(),
            call_id: outcome.call.as_deref(),
            carrier_compatible: outcome.carrier_compatible,
            timestamp: rfc3339_millis(outcome.timestamp),
            queued_ms: millis(outcome.queued),
            latency_ms: millis(outcome.latency),
            attempt_ms: outcome.attempt.map(millis),
            attempts: outcome.attempts,
            fence: outcome.fence,
            delivery: outcome.delivery().as_str(),
            logged: outcome.logged,
            unmasking: outcome.unmasking,
            error: Failure::from(error),
        }
    }
}
