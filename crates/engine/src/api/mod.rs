//! Wire profiles: how a request looks, and what each answer means for the digits.
//!
//! A profile is one file here behind [`WireProfile`]. Nothing of a wire format is known outside this room.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};

use crate::auth::Token;
use crate::error::{Details, Error, Response};
use crate::http::Answer;
use crate::payload::Sequence;

pub mod agent_session;
pub mod answer;
pub mod classification;
pub mod client_headers;
pub mod telephony_v2;
pub mod template;
pub mod trace;

pub use classification::{AttemptResult, Classification, DeliveryPolicy};
pub use client_headers::ClientHeaders;
pub use template::{RequestTemplate, Target};
pub use trace::Trace;

/// What a caller asks for, as it came: tagged by the profile it is meant for and not yet checked.
pub enum Params {
    /// For the tutorial's API.
    TelephonyV2(telephony_v2::Params),
    /// For the API that NICE publishes.
    AgentSession(agent_session::Params),
}

/// What a profile answers to parameters of another one. The binding reads them by the profile, so it does not happen.
fn for_another_profile() -> Error {
    Error::invalid("params are those of another api than the injector's")
}

/// A checked injection, ready to be sent any number of times.
pub struct Prepared {
    /// Names the call, and with it the line to wait in.
    pub call: Arc<str>,
    /// All the digits.
    pub sequence: Sequence,
    /// The digits of each burst, where there are several.
    pub parts: Vec<Sequence>,
    /// The silence before the first burst.
    pub lead_in: Duration,
    /// What is sent, in this order; at least one.
    pub segments: Vec<Segment>,
    /// How the recording is masked meanwhile, where the caller asked for it.
    pub recording: Option<Recording>,
}

/// How the recording of a conversation is masked. Doing either twice does no harm.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The request that masks it.
    pub mask: RequestTemplate,
    /// The request that ends the masking.
    pub unmask: RequestTemplate,
}

/// Digits that go out in one request.
pub struct Segment {
    /// The request.
    pub template: RequestTemplate,
    /// How many digits are in it.
    pub digits: u32,
    /// How long its tones play after the platform took them. Zero where the API answers when they have
    /// been played, or does not say how long they take.
    pub playing: Duration,
    /// The silence that was asked for behind it.
    pub pause: Duration,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// One wire format of one API.
pub trait WireProfile: Send + Sync + 'static {
    /// Within what the ids of calls are unique; calls of one id and one scope wait in one line. `origin` is where the
    /// injector was pointed to. Too wide a scope makes digits wait, too narrow a one lets them overlap.
    fn scope(&self, origin: &Arc<str>) -> Arc<str> {
        Arc::clone(origin)
    }

    /// Checks what a caller asks for. Nothing is sent when a rule is broken.
    fn prepare(&self, params: Params) -> Result<Prepared, Error>;

    /// The headers of a request with this body. The one with the token is marked sensitive.
    fn headers(&self, token: &Token, body: &Bytes) -> Result<HeaderMap, Error>;

    /// The header in which the API takes a correlation id of the caller's.
    fn correlation_header(&self) -> HeaderName {
        HeaderName::from_static("x-correlation-id")
    }

    /// What an attempt that ended in `result` means. Pure: the same result always means the same.
    fn classify(&self, result: &AttemptResult, policy: &DeliveryPolicy) -> Classification;

    /// What an answer says of itself, for the error that carries it. What must not be seen is hidden in it already.
    fn details(&self, _: &Response) -> Details {
        Details::default()
    }

    /// The request that waits for the next event of a session, for at most `wait`, in whole seconds.
    fn next_event(&self, _session: &str, _wait: Duration) -> Result<RequestTemplate, Error> {
        Err(Error::invalid(
            "followSession needs api: 'agent-session'; other APIs have no events",
        ))
    }

    /// What the answer to [`next_event`](Self::next_event) means.
    fn heard(&self, _: &Answer) -> Heard {
        Heard::Trouble
    }
}

/// What is heard of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It goes on: ask again.
    GoesOn,
    /// It has ended.
    Ended,
    /// The platform knows no such session: it has ended, if it was ever heard of.
    NotKnown,
    /// The token was refused.
    TokenRefused,
    /// Nothing could be heard: ask again later.
    Trouble,
}
