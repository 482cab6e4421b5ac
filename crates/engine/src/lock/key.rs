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
}

/// Names one manual lock; never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockId(pub u64);
