//! What can be locked.

use std::sync::Arc;

/// Names a queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LockKey {
    /// The queue of a call.
    Call {
        /// Within what the id is unique.
        scope: Arc<str>,
        /// The call's id.
        call: Arc<str>,
    },
    /// The queue of the injections under one manual lock.
    Under(LockId),
    /// The queue of what waits until an injector has discovered its API.
    Undiscovered(LockId),
}

/// Names one manual lock, or one injector that discovers; never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockId(pub u64);
