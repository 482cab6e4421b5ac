//! What a request needs next, and how it ends.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::answer::Answer;
use super::route::Target;
use super::script::{Cut, Step};
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
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::TooLarge => &[],
        }
    }
}

/// What an arrived request needs next.
pub(super) enum Task {
    Dtmf(Target, Option<Arc<Step>>),
    Token(Option<Arc<TokenStep>>),
    /// Wrong address or method.
    Refuse(Answer),
}

/// How a request ends, after a wait.
pub(super) struct Decision {
    pub(super) wait: Duration,
    pub(super) ending: Ending,
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
