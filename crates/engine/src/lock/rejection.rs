//! Why a lock is not granted.

/// Why a waiter was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The outcome of the injection ahead is unknown.
    AfterUnknown,
    /// The manual lock above it expired.
    LockExpired,
    /// The session ended.
    CallEnded,
}

/// The queue is as long as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueFull;
