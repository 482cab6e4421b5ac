//! What a request needs next, and how it ends.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::AUTHORIZATION;

use super::agent_request::AgentRequest;
use super::answer::Answer;
use super::route::{MaskAction, Target, TokenEndpoint};
use super::script::{Cut, Step};
use super::sessions::Addressed;
use super::token_step::TokenStep;

/// A time, on the two clocks that matter.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) instant: Instant,
    /// For `Retry-After` dates.
    pub(super) wall: SystemTime,
}

impl Now {
    pub(super) fn read() -> Self {
        Self {
            instant: Instant::now(),
            wall: SystemTime::now(),
        }
    }
}

/// The body of a request.
pub(super) enum Payload {
    Whole(Bytes),
    TooLarge,
}

impl Payload {
    /// That of a request without a body.
    pub(super) const NONE: Self = Self::Whole(Bytes::new());

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::TooLarge => &[],
        }
    }
}

/// What a request of the published API says of itself.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) authorization: Option<&'a str>,
    pub(super) query: Option<&'a str>,
    pub(super) payload: &'a Payload,
}

impl<'a> Asking<'a> {
    pub(super) fn of(head: &'a http::request::Parts, payload: &'a Payload) -> Self {
        Self {
            authorization: head
                .headers
                .get(AUTHORIZATION)
                .and_then(|value| value.to_str().ok()),
            query: head.uri.query(),
            payload,
        }
    }
}

/// What an arrived request needs next.
pub(super) enum Task {
    Dtmf(Target, Option<Arc<Step>>),
    SessionDtmf(Addressed, Option<Arc<Step>>),
    Recording(Addressed, String, MaskAction, Option<Arc<Step>>),
    NextEvent(Addressed, Option<Arc<Step>>),
    Agent(AgentRequest<Addressed>),
    Token(TokenEndpoint, Option<Arc<TokenStep>>),
    /// An answer that takes neither body nor rules.
    Tell(Answer),
}

impl Task {
    /// The call or session that the digits are for.
    pub(super) fn presses_into(&self) -> Option<&str> {
        match self {
            Self::Dtmf(target, _) => Some(&target.call),
            Self::SessionDtmf(addressed, _) => Some(&addressed.session),
            _ => None,
        }
    }

    /// The id that the journal keeps.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Recording(_, contact, _, _) => Some(contact),
            Self::NextEvent(addressed, _) => Some(&addressed.session),
            Self::Agent(request) => match request {
                AgentRequest::End(addressed) | AgentRequest::Leg(addressed, _) => {
                    Some(&addressed.session)
                }
                AgentRequest::Contact(_, contact, _) | AgentRequest::Signal(contact) => {
                    Some(contact)
                }
                _ => None,
            },
            other => other.presses_into(),
        }
    }

    /// How long until the connection is closed, when the script cuts it before the body is read.
    pub(super) fn closes_unread(&self) -> Option<Duration> {
        let step = match self {
            Self::Dtmf(_, step)
            | Self::SessionDtmf(_, step)
            | Self::Recording(_, _, _, step)
            | Self::NextEvent(_, step) => step.as_deref(),
            Self::Token(_, step) => step.as_deref().map(|step| &step.step),
            Self::Agent(_) | Self::Tell(_) => None,
        };
        step.filter(|step| step.cut == Some(Cut::BeforeRead))
            .map(|step| step.delay.unwrap_or_default())
    }
}

/// How a request ends, after a wait.
pub(super) struct Decision {
    pub(super) wait: Duration,
    pub(super) ending: Ending,
}

impl Decision {
    pub(super) fn at_once(answer: Answer) -> Self {
        Self {
            wait: Duration::ZERO,
            ending: Ending::Answer(answer),
        }
    }
}

pub(super) enum Ending {
    Answer(Answer),
    Truncated(Answer),
    /// Any cut but `Truncate`.
    Cut(Cut),
}

impl Ending {
    pub(super) fn of(cut: Option<Cut>, answer: Answer) -> Self {
        match cut {
            None => Self::Answer(answer),
            Some(Cut::Truncate) => Self::Truncated(answer),
            Some(cut) => Self::Cut(cut),
        }
    }
}
