//! What a fleet adds to the queue of a call: the right of this process to press digits into it.

use std::time::Duration;

use tokio::time::Instant;

use crate::BoxFuture;
use crate::error::Error;

/// The lock that this process has, or has asked for, in its fleet. It belongs to the queue of a call and not to one
/// injection: the next injection of the queue uses it too. It is released when the last reference is dropped.
pub(crate) trait FleetLock: Send + Sync {
    /// Resolves with the first answer: whether this process has the lock already, or other processes come first.
    fn answered(&self) -> BoxFuture<'_, Result<bool, Error>>;

    /// Resolves when this process has the lock. Fails at once where that cannot be before `until`, but sets no
    /// time-out of its own.
    fn granted(&self, until: Instant) -> BoxFuture<'_, Result<(), Error>>;

    /// Makes sure that the lock lasts for at least `need` from now, and gives its fence.
    /// After an error no digits may be sent.
    fn ensure(&self, need: Duration) -> BoxFuture<'_, Result<Option<u64>, Error>>;

    /// The number of this grant, which grows from grant to grant. `None` without a lease.
    fn fence(&self) -> Option<u64>;

    /// Rejects what waits for the call in other processes.
    fn reject_queued(&self);

    /// Whether the next injection of the queue, which needs it for `need`, may use it. Not when it was lost, or when
    /// it is the turn of other processes.
    fn is_reusable(&self, need: Duration) -> bool;
}
