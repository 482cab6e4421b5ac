//! The one error of the engine, and its closed list of fields.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use cxone_dtmf_options::OptionError;
use serde_json::Value;

use crate::delivery::Delivery;

/// Why an operation failed. The text form is part of the public contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// A payload, an id or an option breaks a rule. The message names the field and the rule.
    Invalid,
    /// The token was refused, or the call answered 401 after one refresh.
    Auth,
    /// The granted scopes lack one that was asked for.
    Scope,
    /// The platform answered 403.
    Forbidden,
    /// Too many are waiting already, on this call or in this injector.
    QueueFull,
    /// The wait for the call's lock ran out.
    LockTimeout,
    /// The time for the whole injection ran out before a send.
    Deadline,
    /// A lock was released twice, is foreign, or belongs to another call.
    Lock,
    /// Queued behind an injection of the same call whose outcome is unknown.
    AfterUnknown,
    /// No connection: name lookup, refusal, connect time-out or TLS.
    Connect,
    /// The platform answered 429.
    RateLimited,
    /// The platform answered 409.
    Conflict,
    /// The platform answered another 3xx or 4xx.
    Rejected,
    /// The platform answered a 5xx that carried nothing out.
    Server,
    /// Nobody knows whether the digits were pressed.
    OutcomeUnknown,
    /// The audit log cannot take the intent.
    Audit,
    /// The recording could not be masked, so nothing was sent.
    Mask,
    /// The session ended before the digits were sent.
    CallEnded,
    /// The lease on the call was lost before the digits were sent: another process may press digits now.
    LockLost,
    /// The store of the fleet cannot be reached, or does not answer in time.
    Store,
    /// The injector is closed.
    Closed,
    /// The caller's signal fired.
    Aborted,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 22] = [
        Self::Invalid,
        Self::Auth,
        Self::Scope,
        Self::Forbidden,
        Self::QueueFull,
        Self::LockTimeout,
        Self::Deadline,
        Self::Lock,
        Self::AfterUnknown,
        Self::Connect,
        Self::RateLimited,
        Self::Conflict,
        Self::Rejected,
        Self::Server,
        Self::OutcomeUnknown,
        Self::Audit,
        Self::Mask,
        Self::CallEnded,
        Self::LockLost,
        Self::Store,
        Self::Closed,
        Self::Aborted,
    ];

    /// The value of `error.code` in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "ERR_DTMF_INVALID",
            Self::Auth => "ERR_DTMF_AUTH",
            Self::Scope => "ERR_DTMF_SCOPE",
            Self::Forbidden => "ERR_DTMF_FORBIDDEN",
            Self::QueueFull => "ERR_DTMF_QUEUE_FULL",
            Self::LockTimeout => "ERR_DTMF_LOCK_TIMEOUT",
            Self::Deadline => "ERR_DTMF_DEADLINE",
            Self::Lock => "ERR_DTMF_LOCK",
            Self::AfterUnknown => "ERR_DTMF_AFTER_UNKNOWN",
            Self::Connect => "ERR_DTMF_CONNECT",
            Self::RateLimited => "ERR_DTMF_RATE_LIMITED",
            Self::Conflict => "ERR_DTMF_CONFLICT",
            Self::Rejected => "ERR_DTMF_REJECTED",
            Self::Server => "ERR_DTMF_SERVER",
            Self::OutcomeUnknown => "ERR_DTMF_OUTCOME_UNKNOWN",
            Self::Audit => "ERR_DTMF_AUDIT",
            Self::Mask => "ERR_DTMF_MASK",
            Self::CallEnded => "ERR_DTMF_CALL_ENDED",
            Self::LockLost => "ERR_DTMF_LOCK_LOST",
            Self::Store => "ERR_DTMF_STORE",
            Self::Closed => "ERR_DTMF_CLOSED",
            Self::Aborted => "ABORT_ERR",
        }
    }
}

/// Why the body of an answer is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The connection ended or the time ran out within the body.
    Cut,
    /// It is longer than 64 KB.
    TooLarge,
    /// It is not UTF-8 text.
    Unreadable,
}

impl BodyError {
    /// The value of `audit.bodyError` in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::TooLarge => "too-large",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The last answer of the platform, as an error carries it: the digits in it are masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// Parsed JSON, else text, or `Null` when there was none or it could not be read.
    pub data: Value,
    /// Why the body is missing, if it is.
    pub body_error: Option<BodyError>,
    /// What the platform said of it.
    pub details: Details,
}

/// What a platform says of an answer, as far as its API has a place for that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Why it declined, in one line. Digits and secrets are masked.
    pub reason: Option<String>,
    /// What its support finds the request by.
    pub trace_id: Option<String>,
}

/// A failed operation. It never holds the request, a URL, a token or a digit.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// Why it failed.
    pub code: Code,
    /// What is known of the digits.
    pub delivery: Delivery,
    /// A sentence for people that says what happened and what to do.
    pub message: Cow<'static, str>,
    /// Whether the same operation may succeed when it is tried again as it is.
    pub retryable: bool,
    /// How long to wait before trying again makes sense: what the other side asked for, or the rest of our own pause.
    pub retry_after: Option<Duration>,
    /// How many digits the platform had accepted before a sequence that goes out in several bursts failed.
    pub digits_accepted: Option<u32>,
    /// The last answer, when there was one. Boxed, since errors travel through every room and few carry one.
    pub response: Option<Box<Response>>,
}

impl From<OptionError> for Error {
    fn from(error: OptionError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl Error {
    /// An error of an operation that sent nothing.
    #[must_use]
    pub fn not_sent(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            delivery: Delivery::NotSent,
            message: message.into(),
            retryable: false,
            retry_after: None,
            digits_accepted: None,
            response: None,
        }
    }

    /// A rule of the input was broken. The message names the field and the rule, never the value.
    #[must_use]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::not_sent(Code::Invalid, message)
    }

    /// Marks the error as worth trying again, with the wait that was asked for.
    #[must_use]
    pub fn retryable(mut self, retry_after: Option<Duration>) -> Self {
        self.retryable = true;
        self.retry_after = retry_after;
        self
    }

    /// Says how long it takes until trying again makes sense; whether it does at all stays as it is.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds the last answer.
    #[must_use]
    pub fn with_response(mut self, response: Option<Response>) -> Self {
        self.response = response.map(Box::new);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Error {}
