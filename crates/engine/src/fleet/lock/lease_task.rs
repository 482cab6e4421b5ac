//! The task that asks for a lease, renews it and releases it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::lease::Lease;
use super::lease_client::{AcquireReply, LeaseClient};
use super::lease_state::{EndReason, LeaseState};
use super::shared::Shared;
use super::terms::{LeaseTerms, POLL};
use crate::fleet::store::{Store, StoreError, WakerGuard};
use crate::sleep::Clocks;

/// How often a request is made that the store does not answer. The first may have met a dead connection.
const TRIES: u32 = 2;

/// Between a request that failed and the next.
const RETRY: Duration = Duration::from_millis(250);

/// The least pause between two requests of a waiter.
const LEAST_PAUSE: Duration = Duration::from_millis(10);

/// The task behind a lease handle.
pub(super) struct LeaseTask {
    store: Arc<Store>,
    client: LeaseClient,
    terms: LeaseTerms,
    shared: Arc<Shared>,
    /// Registered for as long as the server may name it.
    waker: WakerGuard,
    /// How many of the requested rejections are done.
    rejections_done: AtomicU32,
}

impl LeaseTask {
    pub(super) const fn new(
        store: Arc<Store>,
        client: LeaseClient,
        terms: LeaseTerms,
        shared: Arc<Shared>,
        waker: WakerGuard,
    ) -> Self {
        Self {
            store,
            client,
            terms,
            shared,
            waker,
            rejections_done: AtomicU32::new(0),
        }
    }

    /// Runs until the handle is dropped. The token it is given then lasts until the lease is released.
    pub(super) async fn run(self, handle_dropped: oneshot::Receiver<TaskTrackerToken>) {
        let releasing = tokio::select! {
            biased;
            token = handle_dropped => token.ok(),
            () = self.acquire_and_hold() => None,
        };
        self.release().await;
        drop(releasing);
    }

    async fn acquire_and_hold(&self) {
        match self.acquire().await {
            Ok(lease) => self.hold(lease).await,
            Err(reason) => self.end(reason),
        }
    }

    async fn acquire(&self) -> Result<Lease, EndReason> {
        let (mut ticket, mut failures) = (0, 0);
        loop {
            let asked = Clocks::now();
            match self.client.acquire(&self.store, self.terms, ticket).await {
                Ok(AcquireReply::Granted { fence, contended }) => {
                    self.store.counters().leases.count();
                    self.observe_contention(contended);
                    return Ok(Lease::granted(fence, self.terms.lease, asked));
                }
                Ok(AcquireReply::Queued {
                    ticket: own,
                    ahead,
                    held_for,
                    closed_for,
                    other_protocol,
                }) => {
                    self.store.observe_closed(closed_for);
                    if !closed_for.is_zero() && self.terms.allow_local() {
                        return Err(EndReason::Unavailable(StoreError::LeasesUncertain));
                    }
                    if ticket == 0 {
                        self.store.counters().waits.count();
                    }
                    (ticket, failures) = (own, 0);
                    self.set_state(LeaseState::Queued {
                        closed_until: (!closed_for.is_zero()).then(|| Instant::now() + closed_for),
                        other_protocol,
                    });
                    self.pause(ahead, held_for.max(closed_for)).await;
                }
                Ok(AcquireReply::QueueFull) => return Err(EndReason::QueueFull),
                Ok(AcquireReply::Rejected) => return Err(EndReason::Rejected),
                Ok(AcquireReply::GivenUp) => return Err(EndReason::Lost),
                Err(why) if why.settles() && !self.terms.allow_local() => {
                    self.set_state(LeaseState::Settling(why));
                    self.pause_for(RETRY).await;
                }
                Err(why) => {
                    failures += 1;
                    if failures >= TRIES {
                        return Err(EndReason::Unavailable(why));
                    }
                }
            }
        }
    }

    /// Waits until the waker is woken, or it is worth asking again.
    async fn pause(&self, ahead: u64, taken_for: Duration) {
        let jitter = 0.75 + fastrand::f64() / 2.0;
        let mut pause = POLL.mul_f64(jitter);
        if ahead == 0 {
            // The lease of a holder that died ends by the clock alone.
            pause = pause.min(taken_for.saturating_add(LEAST_PAUSE));
        }
        self.pause_for(pause.max(LEAST_PAUSE)).await;
    }

    async fn pause_for(&self, pause: Duration) {
        tokio::select! {
            () = self.shared.waker.woken() => {}
            () = sleep(pause) => {}
        }
    }

    /// Renews the lease until it is lost.
    async fn hold(&self, mut lease: Lease) {
        self.set_state(LeaseState::Held(lease));
        let mut renew_at = lease.renew_at();
        loop {
            let urgent = tokio::select! {
                () = sleep_until(renew_at) => false,
                () = self.shared.renew.notified() => true,
                () = self.shared.reject.notified() => {
                    self.reject_queued().await;
                    continue;
                }
            };
            let asked = Clocks::now();
            match self.client.renew(&self.store, self.terms.lease).await {
                Ok(Some(contended)) => {
                    lease = lease.renewed(asked);
                    renew_at = lease.renew_at();
                    self.observe_contention(contended);
                }
                Ok(None) => return self.end(EndReason::Lost),
                Err(why) => {
                    let has_ended = Instant::now() >= lease.ends();
                    if self.terms.allow_local() && (has_ended || urgent) {
                        return self.end(EndReason::Unavailable(why));
                    }
                    if has_ended {
                        return self.end(EndReason::Lost);
                    }
                    renew_at = Instant::now() + RETRY;
                    if why.settles() {
                        continue;
                    }
                }
            }
            // After a failure too: the handle that asked for the renewal waits for a change.
            self.set_state(LeaseState::Held(lease));
        }
    }

    /// Rejects the waiters of other processes, if that was requested. If the server is not reached they go on after
    /// this lease, as after a crash.
    async fn reject_queued(&self) {
        let requested = self.shared.rejections_requested();
        if self.rejections_done.load(Ordering::Acquire) != requested {
            let _ = self.client.reject_queued(&self.store, requested).await;
            // Set afterwards: what is cancelled midway is done again before the lease is released.
            self.rejections_done.store(requested, Ordering::Release);
        }
    }

    fn observe_contention(&self, contended: bool) {
        if contended {
            self.shared.waker.mark_contended();
        }
    }

    fn end(&self, reason: EndReason) {
        self.set_state(match reason {
            EndReason::Unavailable(_) if self.terms.allow_local() => LeaseState::WithoutLease,
            reason => LeaseState::Ended(reason),
        });
    }

    fn set_state(&self, state: LeaseState) {
        self.shared.state.send_replace(state);
    }

    /// Releases the lease or the position in the queue. If that fails they expire by themselves.
    async fn release(&self) {
        self.reject_queued().await;
        let expired = Instant::now() + self.terms.lease;
        let mut failures = 0;
        while failures < TRIES && Instant::now() < expired {
            match self.client.release(&self.store).await {
                Ok(()) => return,
                Err(why) if why.settles() => sleep(RETRY).await,
                Err(_) => failures += 1,
            }
        }
        tracing::debug!(
            waker = self.waker.number(),
            "a lease could not be given back"
        );
    }
}
