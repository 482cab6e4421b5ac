//! The pause after a request that failed.

use std::time::Duration;

use crate::auth::times;
use crate::error::Error;

pub(super) struct Pause {
    /// Failures in a row before the one that it follows.
    earlier: u32,
    until: Duration,
    error: Error,
}

impl Pause {
    /// Begins when a request failed with this error. `last` is the pause before it, where no success came between.
    pub(super) fn after(mut error: Error, last: Option<&Self>, now: Duration) -> Self {
        let earlier = last.map_or(0, |last| last.earlier.saturating_add(1));
        let length = times::pause(earlier, error.retry_after);
        error.retry_after = Some(length);
        Self {
            earlier,
            until: now.saturating_add(length),
            error,
        }
    }

    pub(super) fn lasts(&self, now: Duration) -> bool {
        now < self.until
    }

    /// The error that it follows. `retry_after` is the rest of the pause.
    pub(super) fn error(&self, now: Duration) -> Error {
        let mut error = self.error.clone();
        error.retry_after = Some(self.until.saturating_sub(now));
        error
    }
}
