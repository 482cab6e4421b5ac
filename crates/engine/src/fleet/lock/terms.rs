//! On which terms leases are asked for.

use std::time::Duration;

use crate::fleet::options::{FleetOptions, OnUnavailable};

/// How long a waiter that asks no more stays in the queue. It asks again after [`POLL`] at the latest.
const WAITER_TTL: Duration = Duration::from_secs(8);

/// How often a waiter asks again, give or take a quarter, in case a message was missed.
pub(super) const POLL: Duration = Duration::from_secs(2);

/// How many processes may wait for one call.
pub(super) const MAX_WAITING: u64 = 1_000;

/// On which terms leases are asked for. Those of all processes of a fleet must be the same.
#[derive(Clone, Copy, Debug)]
pub struct LeaseTerms {
    /// How long a lease lasts.
    pub lease: Duration,
    /// How long a waiter that asks no more stays in the queue.
    pub waiter_ttl: Duration,
    /// How many may wait for one call.
    pub max_waiting: u64,
    /// What happens while the store is away.
    pub on_unavailable: OnUnavailable,
}

impl LeaseTerms {
    pub(super) const fn of(options: &FleetOptions) -> Self {
        Self {
            lease: options.lease,
            waiter_ttl: WAITER_TTL,
            max_waiting: MAX_WAITING,
            on_unavailable: options.on_unavailable,
        }
    }

    /// Whether calls go on without leases while the store is away.
    pub(super) fn allow_local(&self) -> bool {
        self.on_unavailable == OnUnavailable::Local
    }
}
