//! What travels to JavaScript: one JSON record per thing that happened.

use serde::Serialize;
use serde_json::Value;

use super::failure::Failure;

/// One record. `lib/lane.js` has a branch for each, in the same order. The end of an injection is in `outcome_fields.rs`.
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
