//! What the engine tells while it works.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::error::{Code, Error};
use crate::lock::LockId;
use crate::outcome::Outcome;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An attempt failed and another will follow.
    Retrying {
        /// The number the caller gave to the injection.
        id: u64,
        /// Names the injection in the record.
        injection_id: Uuid,
        /// The call.
        call: Arc<str>,
        /// The attempt that failed, counted from 1.
        attempt: u32,
        /// How many attempts count at most.
        max_attempts: u32,
        /// The wait before the next attempt.
        delay: Duration,
        /// Why the attempt failed.
        reason: Code,
    },
    /// An injection ended. Every injection ends in exactly one of these.
    Finished(Arc<Outcome>),
    /// The recording that was masked for an injection is no longer; or it could not be unmasked, and why.
    Unmasked {
        /// The number the caller gave to the injection.
        id: u64,
        /// Names the injection in the record.
        injection_id: Uuid,
        /// The call.
        call: Arc<str>,
        /// Why it is still masked.
        failure: Option<Error>,
    },
    /// A session that is followed has ended; who waited for it was sent away.
    SessionEnded {
        /// The session.
        session: Arc<str>,
    },
    /// The events of a session cannot be heard at the moment. Told once until they can be again.
    SessionNotHeard {
        /// The session.
        session: Arc<str>,
        /// Why.
        error: Error,
    },
    /// Redis is away, and the settings say to go on without it: the order of this process holds, that of the fleet does
    /// not. Told once until a lease is given again.
    WithoutLease,
    /// A manual lock was held too long and has been released.
    LockExpired {
        /// The lock.
        lock: LockId,
        /// The call it locked.
        call: Arc<str>,
        /// How long it may be held.
        limit: Duration,
    },
}

/// Takes events, in order and without blocking.
pub trait EventSink: Send + Sync + 'static {
    /// Takes one event.
    fn emit(&self, event: Event);
}
