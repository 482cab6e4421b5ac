//! The state of a request for a lease, and the errors that follow from it.

use tokio::time::Instant;

use super::lease::Lease;
use super::terms::MAX_WAITING;
use crate::error::{Code, Error};
use crate::fleet::store::StoreError;

/// The state of a request for a lease.
#[derive(Clone, Debug)]
pub(super) enum LeaseState {
    /// The store has not answered yet.
    Requested,
    /// Other processes come first.
    Queued {
        /// Until then no lease is granted, where the server may have lost some.
        closed_until: Option<Instant>,
        /// The lease is that of a process which speaks another protocol.
        other_protocol: bool,
    },
    /// The store is reached, but is on its way to a state in which it answers.
    Settling(StoreError),
    /// This process has the lease.
    Held(Lease),
    /// The store is away, and the settings say to go on with the order of this process.
    WithoutLease,
    /// No lease will be granted or kept.
    Ended(EndReason),
}

/// Why a request has ended.
#[derive(Clone, Debug)]
pub(super) enum EndReason {
    /// The store did not answer.
    Unavailable(StoreError),
    /// As many wait as may.
    QueueFull,
    /// An outcome ahead is unknown.
    Rejected,
    /// Another process has the lease, or may have.
    Lost,
}

/// Whether another process presses digits is not known.
pub(in crate::fleet) fn unavailable(why: &StoreError) -> Error {
    Error::not_sent(
        Code::Store,
        format!(
            "nothing was sent: whether another process presses digits into this call cannot be asked of Redis ({why})"
        ),
    )
    .retryable(None)
}

impl From<&EndReason> for Error {
    fn from(reason: &EndReason) -> Self {
        match reason {
            EndReason::Unavailable(why) => unavailable(why),
            EndReason::QueueFull => Self::not_sent(
                Code::QueueFull,
                format!("{MAX_WAITING} processes are waiting for this call already"),
            )
            .retryable(None),
            EndReason::Rejected => Self::not_sent(
                Code::AfterUnknown,
                "an injection ahead on this call, in another process, has an unknown outcome: nothing behind it was sent",
            ),
            EndReason::Lost => Self::not_sent(
                Code::LockLost,
                "the lease on the call was lost before the digits were sent: this process stood still, or Redis was away, for longer than it lasts (fleet.leaseMs), and another process may press digits now",
            )
            .retryable(None),
        }
    }
}

/// No lease is granted before `until`, which is longer than the caller waits.
pub(super) fn closed(until: Instant) -> Error {
    Error::not_sent(
        Code::Store,
        "nothing was sent: Redis was restarted, replaced or emptied, and may have forgotten who presses digits into this call; that ends with the leases of before (fleet.leaseMs)",
    )
    .retryable(Some(until.saturating_duration_since(Instant::now())))
}

/// A process of another version has the call for longer than the caller waits.
pub(super) fn other_version() -> Error {
    Error::not_sent(
        Code::LockTimeout,
        "nothing was sent: a process with another version of this package, which speaks another protocol in Redis, had the call all the time; its waiters and those of this version have no common order",
    )
    .retryable(None)
}
