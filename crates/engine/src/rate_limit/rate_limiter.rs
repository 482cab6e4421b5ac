//! What an injector asks before it sends.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::BoxFuture;

/// The longest time for which one answer of the platform holds all calls back. A longer one is taken for a mistake that
/// must not silence a process; the call that got the answer still heeds it.
pub(crate) const LONGEST_HOLD: Duration = Duration::from_secs(60 * 60);

/// Lets requests leave at the rate that is configured, the one with the lowest place first of those that wait.
pub trait RateLimiter: Send + Sync {
    /// Waits until a request of the call may leave; fails at once when that is known not to be before `deadline`. `place` is
    /// that of its injection in the order of the submissions, and belongs to it alone.
    ///
    /// Dropping the future gives back what it reserved.
    fn acquire<'a>(
        &'a self,
        place: u64,
        call: &'a Arc<str>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<(), WaitTooLong>>;

    /// The platform asked for a pause: no request of any call leaves before `wait` is over, except those that have
    /// their reservation already.
    fn hold_back(&self, wait: Duration);
}

/// The wait would end after the deadline; nothing is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTooLong(pub Duration);
