//! Where a claim stands, and what that means to whoever needs it.

use tokio::time::Instant;

use super::lease::Lease;
use super::wire::MOST_TICKETS;
use crate::error::{Code, Error};
use crate::fleet::store::StoreError;

/// Where a claim stands.
#[derive(Clone, Debug)]
pub(super) enum LeaseState {
    /// The store has not answered yet.
    Asked,
    /// Others come first.
    Queued {
        /// Until then none is given, where the server may have forgotten some.
        closed_until: Option<Instant>,
    },
    /// The call is ours.
    Held(Lease),
    /// The store is away, and the settings say to go on with the order of this process.
    Alone,
    /// Nothing will come of it.
    Over(Ended),
}

/// Why nothing will come of a claim.
#[derive(Clone, Debug)]
pub(super) enum Ended {
    /// The store did not answer.
    Unavailable(StoreError),
    /// As many wait as may.
    Full,
    /// An outcome ahead is unknown.
    Dismissed,
    /// Somebody else has the lease, or may have.
    Lost,
}

impl From<&Ended> for Error {
    fn from(ended: &Ended) -> Self {
        match ended {
            Ended::Unavailable(why) => Self::not_sent(
                Code::Store,
                format!(
                    "nothing was sent: whether another process presses digits into this call cannot be asked of Redis ({why})"
                ),
            )
            .retryable(None),
            Ended::Full => Self::not_sent(
                Code::QueueFull,
                format!("{MOST_TICKETS} processes are waiting for this call already"),
            )
            .retryable(None),
            Ended::Dismissed => Self::not_sent(
                Code::AfterUnknown,
                "an injection ahead on this call, in another process, has an unknown outcome: nothing behind it was sent",
            ),
            Ended::Lost => Self::not_sent(
                Code::LockLost,
                "the lease on the call was lost before the digits were sent: this process stood still, or Redis was away, for longer than it lasts (fleet.leaseMs), and another process may press digits now",
            )
            .retryable(None),
        }
    }
}

/// No lease is given for a while, and that is longer than the caller waits.
pub(super) fn closed(until: Instant) -> Error {
    Error::not_sent(
        Code::Store,
        "nothing was sent: Redis was restarted, replaced or emptied, and may have forgotten who presses digits into this call; that ends with the leases of before (fleet.leaseMs)",
    )
    .retryable(Some(until.saturating_duration_since(Instant::now())))
}
