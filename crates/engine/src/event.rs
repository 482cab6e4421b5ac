//! The events that the engine emits.

use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use uuid::Uuid;

use crate::BoxFuture;
use crate::error::{Code, Error};
use crate::lock::LockId;
use crate::outcome::Outcome;

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An attempt failed and another will follow.
    Retrying {
        /// The number the caller gave to the injection.
        id: u64,
        /// Names the injection in the audit log.
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
    /// The recording that was masked for an injection has been unmasked, or could not be.
    Unmasked {
        /// The number the caller gave to the injection.
        id: u64,
        /// Names the injection in the audit log.
        injection_id: Uuid,
        /// The call.
        call: Arc<str>,
        /// Why it is still masked, if it is.
        failure: Option<Error>,
    },
    /// A followed session tells something.
    Session {
        /// The number the caller gave to the following.
        follower: u64,
        /// The session, by the id that it was followed by.
        session: Arc<str>,
        /// When it came, by the wall clock.
        received: SystemTime,
        /// Its type, the contact that it is about and the status that it tells, in the platform's words.
        names: SessionEventNames,
        /// The event as it may be shown, without digits and secrets.
        shown: Value,
        /// The event as it came, where the program asked for that.
        clear: Option<Value>,
    },
    /// A followed session has ended; injections that waited for it were rejected.
    SessionEnded {
        /// The number the caller gave to the following.
        follower: u64,
        /// The session.
        session: Arc<str>,
    },
    /// A followed session cannot be polled for events. Emitted once until it can be again.
    SessionNotPolled {
        /// The number the caller gave to the following.
        follower: u64,
        /// The session.
        session: Arc<str>,
        /// Why.
        error: Error,
    },
    /// Redis is away, and the settings say to go on without it: the order of this process holds, that of the fleet does
    /// not. Emitted once until a lease is granted again.
    WithoutLease {
        /// For how long Redis has been away.
        away: Duration,
    },
    /// Leases are granted again: the order of the fleet holds.
    LeasesAgain {
        /// For how long calls went on without them.
        after: Duration,
    },
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

/// What an event of a session is called by, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionEventNames {
    /// Its type; empty where it has none.
    pub kind: String,
    /// The contact that it is about.
    pub contact: Option<String>,
    /// The status that it tells.
    pub status: Option<String>,
}

/// Takes events, in order and without blocking.
pub trait EventSink: Send + Sync + 'static {
    /// Takes one event.
    fn emit(&self, event: Event);

    /// Whether somebody is told what the platform answered to accepted digits. Else it is not redacted.
    fn shows_answers(&self) -> bool {
        true
    }

    /// Waits while more events than may be kept are not taken. Nothing is sent meanwhile.
    fn ready(&self) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}
