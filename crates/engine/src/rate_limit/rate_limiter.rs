//! What an injector asks before it sends.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::BoxFuture;

/// The longest time for which one answer of the platform holds all calls back. A longer one is taken for a mistake that
/// must not silence a process; the call that got the answer still heeds it.
pub(crate) const LONGEST_HOLD: Duration = Duration::from_secs(60 * 60);

/// Lets requests leave at the rate that is configured, in the order of asking.
pub trait RateLimiter: Send + Sync {
    /// Waits until a request of the call may leave; fails at once when that is not before `deadline`.
    ///
    /// Dropping the future gives back what it reserved.
    fn acquire<'a>(
        &'a self,
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
