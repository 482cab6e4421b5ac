//! What a fleet adds to a line: the right of this process to press digits into the call.

use std::time::Duration;

use tokio::time::Instant;

use crate::BoxFuture;
use crate::error::Error;

/// The claim of a process to a call. It belongs to the process's line, not to one injection: whoever comes next in the
/// line finds it there, and it is given back when the last reference is dropped.
pub trait FleetLock: Send + Sync {
    /// Ends with the first answer: whether the call is ours already, or others come first.
    fn answered(&self) -> BoxFuture<'_, Result<bool, Error>>;

    /// Ends when the call is ours for a turn. An error at once where that cannot be before `until`; the caller's
    /// patience is the caller's.
    fn granted(&self, until: Instant) -> BoxFuture<'_, Result<(), Error>>;

    /// Makes sure that the call stays ours for so long, and gives the number that stands for it in records.
    /// An error keeps the digits from being sent.
    fn assured(&self, need: Duration) -> BoxFuture<'_, Result<Option<u64>, Error>>;

    /// The number that stands for it, where there is one.
    fn fence(&self) -> Option<u64>;

    /// Sends those away who wait in other processes.
    fn reject_queued(&self);

    /// Whether it serves who comes next in the line and needs the call for so long at a time. Not when it was lost, or
    /// others have waited long enough.
    fn serves(&self, need: Duration) -> bool;
}
