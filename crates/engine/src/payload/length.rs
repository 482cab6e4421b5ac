//! How long a sequence may be, and what becomes of one that is longer than a request takes.

use super::sequence::SequenceError;
use crate::error::Error;

/// The most digits of one injection that goes out in several requests: more than any other telephony API takes at once
/// (50), and few enough to be pressed within a minute or so.
pub const MAX_SPLIT_LENGTH: usize = 128;

/// How long a sequence may be.
#[derive(Clone, Copy, Debug)]
pub struct LengthRule {
    /// The most digits of one request.
    pub per_request: usize,
    /// Whether a longer sequence goes out in several requests.
    pub split: bool,
}

impl LengthRule {
    /// The most digits in all.
    #[must_use]
    pub const fn most(self) -> usize {
        if self.split {
            MAX_SPLIT_LENGTH
        } else {
            self.per_request
        }
    }

    /// The error of a sequence that is too long. How long it is says something of it, so that is not told.
    #[must_use]
    pub fn too_long(self) -> Error {
        let rule = SequenceError::TooLong { max: self.most() };
        Error::invalid(if self.split {
            format!("{rule}, in all requests together (split)")
        } else {
            format!(
                "{rule}: the option split: true sends up to {MAX_SPLIT_LENGTH} in several requests"
            )
        })
    }
}
