//! The task that asks for a lease, renews it and gives it back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::Terms;
use super::lease::Lease;
use super::lease_state::{Ended, LeaseState};
use super::leased_call::Shared;
use super::wire::{Asked, Owner, POLL};
use crate::fleet::options::OnUnavailable;
use crate::fleet::store::{Store, StoreError, WakerGuard};
use crate::sleep::Clocks;

/// How often a question is asked that the store does not answer. The first may have met a connection that was dead.
const TRIES: u32 = 2;

/// Between a renewal that failed and the next.
const RETRY: Duration = Duration::from_millis(250);

/// The least pause between two questions of one who waits.
const LEAST_PAUSE: Duration = Duration::from_millis(10);

/// Keeps one claim.
pub(super) struct LeaseTask {
    pub store: Arc<Store>,
    pub owner: Owner,
    pub terms: Terms,
    pub shared: Arc<Shared>,
    /// Hangs for as long as others may ring it.
    pub hanging: WakerGuard,
    /// How many of the dismissals that were asked for are done.
    pub dismissals: AtomicU32,
}

impl LeaseTask {
    /// Does it all, until the claim is dropped.
    pub async fn run(self, given_up: oneshot::Receiver<TaskTrackerToken>) {
        let waited_for = tokio::select! {
            biased;
            waited_for = given_up => waited_for.ok(),
            () = self.keep() => None,
        };
        self.give_back().await;
        drop(waited_for);
    }

    async fn keep(&self) {
        match self.ask().await {
            Ok(lease) => self.hold(lease).await,
            Err(ended) => self.end(ended),
        }
    }

    async fn ask(&self) -> Result<Lease, Ended> {
        let (mut ticket, mut failures) = (0, 0);
        loop {
            let asked = Clocks::now();
            let answer = self.owner.acquire(&self.store, self.terms, ticket).await;
            match answer {
                Ok(Asked::Granted { fence, wanted }) => {
                    self.store.counters().lease();
                    self.note_others(wanted);
                    return Ok(Lease::granted(fence, self.terms.lease, asked));
                }
                Ok(Asked::Waits {
                    ticket: own,
                    ahead,
                    taken,
                    closed,
                }) => {
                    if !closed.is_zero() && self.goes_alone() {
                        return Err(Ended::Unavailable(StoreError::Forgetful));
                    }
                    if ticket == 0 {
                        self.store.counters().wait();
                    }
                    (ticket, failures) = (own, 0);
                    self.shared.lease_state.send_replace(LeaseState::Queued {
                        closed_until: (!closed.is_zero()).then(|| Instant::now() + closed),
                    });
                    self.pause(ahead, taken.max(closed)).await;
                }
                Ok(Asked::Full) => return Err(Ended::Full),
                Ok(Asked::Dismissed) => return Err(Ended::Dismissed),
                Err(why) => {
                    failures += 1;
                    if failures >= TRIES {
                        return Err(Ended::Unavailable(why));
                    }
                }
            }
        }
    }

    /// Waits for the bell, or until it is worth asking again.
    async fn pause(&self, ahead: u64, taken: Duration) {
        let jitter = 0.75 + fastrand::f64() / 2.0;
        let mut pause = POLL.mul_f64(jitter);
        if ahead == 0 {
            // A holder that died frees the call by the clock alone.
            pause = pause.min(taken.saturating_add(LEAST_PAUSE));
        }
        tokio::select! {
            () = self.shared.waker.woken() => {}
            () = sleep(pause.max(LEAST_PAUSE)) => {}
        }
    }

    /// Renews the lease until it is lost.
    async fn hold(&self, mut lease: Lease) {
        self.shared
            .lease_state
            .send_replace(LeaseState::Held(lease));
        let mut next = lease.renew_at();
        loop {
            let urgent = tokio::select! {
                () = sleep_until(next) => false,
                () = self.shared.renew.notified() => true,
                () = self.shared.dismiss.notified() => {
                    self.reject_queued().await;
                    continue;
                }
            };
            let asked = Clocks::now();
            match self.owner.renew(&self.store, self.terms.lease).await {
                Ok(Some(wanted)) => {
                    lease = lease.renewed(asked);
                    next = lease.renew_at();
                    self.note_others(wanted);
                    self.shared
                        .lease_state
                        .send_replace(LeaseState::Held(lease));
                }
                Ok(None) => return self.end(Ended::Lost),
                Err(why) => {
                    let ended = Instant::now() >= lease.ends();
                    if self.goes_alone() && (ended || urgent) {
                        return self.end(Ended::Unavailable(why));
                    }
                    if ended {
                        return self.end(Ended::Lost);
                    }
                    next = Instant::now() + RETRY;
                    // Whoever asked for it must hear that it failed.
                    self.shared
                        .lease_state
                        .send_replace(LeaseState::Held(lease));
                }
            }
        }
    }

    /// Who does not hear of it goes on after this lease, as after a crash.
    async fn reject_queued(&self) {
        let wanted = self.shared.dismissals.load(Ordering::Acquire);
        // Noted as done afterwards: what is given up midway is done again before the lease is given back.
        if self.dismissals.load(Ordering::Acquire) != wanted {
            let _ = self.owner.reject_queued(&self.store).await;
            self.dismissals.store(wanted, Ordering::Release);
        }
    }

    fn note_others(&self, wanted: bool) {
        if wanted {
            self.shared.waker.want();
        }
    }

    fn goes_alone(&self) -> bool {
        self.terms.on_unavailable == OnUnavailable::Local
    }

    fn end(&self, ended: Ended) {
        let lease_state = match ended {
            Ended::Unavailable(_) if self.goes_alone() => LeaseState::Alone,
            ended => LeaseState::Over(ended),
        };
        self.shared.lease_state.send_replace(lease_state);
    }

    /// Gives back whatever there is. What cannot be given back ends by itself, with its lease or its patience.
    async fn give_back(&self) {
        self.reject_queued().await;
        for _ in 0..TRIES {
            if self.owner.leave(&self.store).await.is_ok() {
                return;
            }
        }
        tracing::debug!(
            waker = self.hanging.number(),
            "a lease could not be given back"
        );
    }
}
