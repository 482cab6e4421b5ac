//! The seam behind which each wire format is.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};

use super::agent_session::SessionCommand;
use super::classification::{AttemptResult, Classification, DeliveryPolicy};
use super::params::Params;
use super::prepared::Prepared;
use super::template::RequestTemplate;
use crate::auth::Token;
use crate::error::Error;
use crate::http::Answer;
use crate::sessions::SessionEvent;

/// One wire format of one API.
pub trait WireProfile: Send + Sync + 'static {
    /// The scope within which ids of calls are unique; calls of one id and one scope share a queue. `origin` is the
    /// injector's configured one. Too wide a scope makes digits wait, too narrow a one lets them overlap.
    fn scope(&self, origin: &Arc<str>) -> Arc<str> {
        Arc::clone(origin)
    }

    /// The names of the params: what names the call, the digits, and the rest.
    fn params(&self) -> &'static [&'static str];

    /// Checks the params but for that of the call. Nothing is sent when a rule is broken. `split` is whether a sequence that
    /// is longer than one request takes goes out in several.
    fn prepare(&self, call: Arc<str>, params: &Params, split: bool) -> Result<Prepared, Error>;

    /// The headers of a request with this body. The one with the token is marked sensitive.
    fn headers(&self, token: &Token, body: &Bytes) -> Result<HeaderMap, Error>;

    /// The name of the header for the caller's correlation id.
    fn correlation_header(&self) -> HeaderName {
        HeaderName::from_static("x-correlation-id")
    }

    /// Whether a 500 and a 503 mean that nothing was carried out, unless configured otherwise.
    fn atomic_server_errors(&self) -> bool {
        false
    }

    /// What an attempt that ended in `result` means. Pure: the same result always means the same.
    fn classify(&self, result: &AttemptResult, policy: &DeliveryPolicy) -> Classification;

    /// What the error of a 409 begins with.
    fn conflict(&self, _call: &str) -> Cow<'static, str> {
        "the platform reports a conflict: something else presses digits or changes the call".into()
    }

    /// The request that waits for the next event of a session, for at most `wait`, in whole seconds.
    fn next_event(&self, _session: &str, _wait: Duration) -> Result<RequestTemplate, Error> {
        Err(Error::invalid(
            "followSession needs api: 'agent-session'; other APIs have no events",
        ))
    }

    /// Whether a call is a session, which goes by several ids.
    fn has_sessions(&self) -> bool {
        false
    }

    /// The request that does something with a session. `session` is not looked at where the command opens one.
    fn session_command(
        &self,
        _command: &SessionCommand,
        _session: &str,
    ) -> Result<RequestTemplate, Error> {
        Err(Error::invalid(
            "sessions need api: 'agent-session'; other APIs have none",
        ))
    }

    /// The id of the session that an answer has opened.
    fn opened_session(&self, _: &Answer) -> Option<String> {
        None
    }

    /// The request that asks a version of the API for the business unit that a token belongs to.
    fn business_unit(&self, _version: &str) -> Result<RequestTemplate, Error> {
        Err(Error::invalid(
            "versions need api: 'agent-session'; other APIs have none",
        ))
    }

    /// What the answer to [`next_event`](Self::next_event) says of the session.
    fn session_answer(&self, _: &Answer) -> SessionAnswer {
        SessionAnswer {
            status: SessionStatus::Unavailable,
            renewed: None,
            events: Vec::new(),
        }
    }
}

/// The answer to a poll for events.
#[derive(Debug)]
pub struct SessionAnswer {
    /// What it says of the session.
    pub status: SessionStatus,
    /// The id under which the session goes on, where it names one.
    pub renewed: Option<String>,
    /// The events, in their order.
    pub events: Vec<SessionEvent>,
}

/// What a poll for events says of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// It is active: poll again.
    Active,
    /// It has ended.
    Ended,
    /// The platform knows no such session: it has ended, if it was ever active.
    NotFound,
    /// The token was refused.
    TokenRefused,
    /// No usable answer: poll again later.
    Unavailable,
}
