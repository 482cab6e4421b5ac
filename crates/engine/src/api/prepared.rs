//! A checked injection, as requests that can be sent any number of times.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::template::RequestTemplate;
use crate::payload::Sequence;

/// A checked injection, ready to be sent any number of times.
pub struct Prepared {
    /// Names the call, and with it the queue to wait in.
    pub call: Arc<str>,
    /// The contact that the digits are for, where the caller named it.
    pub contact: Option<Arc<str>>,
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
}

/// The requests that mask the recording of a conversation. Sending either twice does no harm.
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
    /// How long its tones play after the platform accepted them. Zero where the API answers when they have
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
