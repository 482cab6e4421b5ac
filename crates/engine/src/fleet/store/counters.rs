//! What the fleet mode of this process did. All counters only grow.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what happened at the store.
#[derive(Debug, Default)]
pub struct Counters {
    round_trips: AtomicU64,
    failures: AtomicU64,
    waits: AtomicU64,
    leases: AtomicU64,
    leases_lost: AtomicU64,
    without_lease: AtomicU64,
    shared_tokens: AtomicU64,
    own_slots: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Commands sent.
    pub round_trips: u64,
    /// Scripts that had no result.
    pub failures: u64,
    /// Leases that another process had to release first.
    pub waits: u64,
    /// Leases granted.
    pub leases: u64,
    /// Leases that were lost while they were needed.
    pub leases_lost: u64,
    /// Injections that went on without a lease, since the store was away and `onUnavailable` is `local`.
    pub without_lease: u64,
    /// Tokens that another process had fetched.
    pub shared_tokens: u64,
    /// Requests that kept to this process's part of the rate limit, since the store was away.
    pub own_slots: u64,
}

impl Counters {
    pub(super) fn round_trip(&self) {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a lease that has to be waited for.
    pub(in crate::fleet) fn wait(&self) {
        self.waits.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a lease that was granted.
    pub(in crate::fleet) fn lease(&self) {
        self.leases.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a lease that was lost while it was needed.
    pub(in crate::fleet) fn lease_lost(&self) {
        self.leases_lost.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an injection that goes on without a lease.
    pub(in crate::fleet) fn went_without_lease(&self) {
        self.without_lease.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a token that another process had fetched.
    pub(in crate::fleet) fn shared_token(&self) {
        self.shared_tokens.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that keeps to this process's part of the rate limit.
    pub(in crate::fleet) fn own_slot(&self) {
        self.own_slots.fetch_add(1, Ordering::Relaxed);
    }

    /// Reads all counters.
    #[must_use]
    pub fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            round_trips: read(&self.round_trips),
            failures: read(&self.failures),
            waits: read(&self.waits),
            leases: read(&self.leases),
            leases_lost: read(&self.leases_lost),
            without_lease: read(&self.without_lease),
            shared_tokens: read(&self.shared_tokens),
            own_slots: read(&self.own_slots),
        }
    }
}
