//! A checked injection, as requests that can be sent any number of times.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::template::RequestTemplate;
use crate::outcome::Asked;
use crate::payload::Sequence;

/// A checked injection, ready to be sent any number of times.
pub struct Prepared {
    /// Names the call, and with it the queue to wait in.
    pub call: Arc<str>,
    /// What is told of it.
    pub asked: Asked,
    /// All the digits.
    pub sequence: Sequence,
    /// The digits of each segment, where there are several.
    pub parts: Vec<Sequence>,
    /// The silence before the first segment.
    pub lead_in: Duration,
    /// What is sent, in this order; at least one.
    pub segments: Vec<Segment>,
    /// The requests that mask the recording meanwhile, where the caller asked for it.
    pub recording: Option<Recording>,
    /// The request that brings the contact into focus first, where the caller asked for it.
    pub activation: Option<RequestTemplate>,
    /// Whether the recording may be masked in a session that nobody follows.
    pub unguarded: bool,
}

/// The requests that mask the recording of a conversation. Sending either twice does no harm.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Whose conversation is recorded.
    pub contact: Arc<str>,
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
    /// How long its tones play.
    pub playing: Playing,
    /// The silence that was asked for behind it.
    pub pause: Duration,
}

/// How long the tones of a segment play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Playing {
    /// So long after the platform accepted them, the silence behind each included.
    Known(Duration),
    /// The API says neither how long a tone is nor whether it answers before or after them.
    Estimated {
        /// No platform plays them in less.
        shortest: Duration,
        /// What it takes at the usual length of a tone.
        usual: Duration,
    },
}

impl Playing {
    /// How long they play after the answer, as far as that is known.
    #[must_use]
    pub const fn known(self) -> Duration {
        match self {
            Self::Known(playing) => playing,
            Self::Estimated { .. } => Duration::ZERO,
        }
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}
