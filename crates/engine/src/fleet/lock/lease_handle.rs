//! The lease of this process on a call, as the queue of the call has it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::lease::{Lease, lasts_for};
use super::lease_state::{EndReason, LeaseState, closed, other_version, unavailable};
use super::shared::Shared;
use crate::BoxFuture;
use crate::error::Error;
use crate::fleet::store::Store;
use crate::lock::FleetLock;
use crate::sleep::Clocks;

/// While other processes wait, so many injections of this one go before it queues again behind them.
const MAX_TURNS: u32 = 8;

/// And they may start for so long.
const MAX_TURN_TIME: Duration = Duration::from_secs(2);

/// See [`FleetLock`]. Dropping it releases the lease, or gives up the position in the queue.
pub(super) struct LeaseHandle {
    store: Arc<Store>,
    shared: Arc<Shared>,
    turns: AtomicU32,
    first_turn: Mutex<Option<Instant>>,
    /// Ends the task. The token goes along, for `close` to wait for.
    release: Option<(oneshot::Sender<TaskTrackerToken>, TaskTrackerToken)>,
}

impl LeaseHandle {
    pub(super) fn new(
        store: Arc<Store>,
        shared: Arc<Shared>,
        release: (oneshot::Sender<TaskTrackerToken>, TaskTrackerToken),
    ) -> Self {
        Self {
            store,
            shared,
            turns: AtomicU32::new(0),
            first_turn: Mutex::default(),
            release: Some(release),
        }
    }

    /// Counts an injection of this process.
    fn count_turn(&self) {
        self.turns.fetch_add(1, Ordering::AcqRel);
        let mut first = self
            .first_turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(Instant::now);
    }

    /// Whether this process has had the turns that it may have while others wait.
    fn is_used_up(&self) -> bool {
        let first = *self
            .first_turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.turns.load(Ordering::Acquire) >= MAX_TURNS
            || first.is_some_and(|first| first.elapsed() >= MAX_TURN_TIME)
    }

    fn lost(&self) -> Error {
        self.store.counters().leases_lost.count();
        Error::from(&EndReason::Lost)
    }

    fn lease(&self) -> Option<Lease> {
        match &*self.shared.state.borrow() {
            LeaseState::Held(lease) => Some(*lease),
            _ => None,
        }
    }
}

impl FleetLock for LeaseHandle {
    fn answered(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async {
            let mut state = self.shared.state.subscribe();
            loop {
                match &*state.borrow_and_update() {
                    LeaseState::Requested => {}
                    LeaseState::Queued { .. } | LeaseState::Settling(_) => return Ok(false),
                    LeaseState::Held(_) | LeaseState::WithoutLease => return Ok(true),
                    LeaseState::Ended(reason) => return Err(reason.into()),
                }
                // The sender is ours: it cannot be gone.
                let _ = state.changed().await;
            }
        })
    }

    fn granted(&self, until: Instant) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let mut state = self.shared.state.subscribe();
            loop {
                let mut waiting_for = None;
                match &*state.borrow_and_update() {
                    LeaseState::Held(_) => {
                        self.count_turn();
                        return Ok(());
                    }
                    LeaseState::WithoutLease => {
                        self.store.counters().without_lease.count();
                        return Ok(());
                    }
                    LeaseState::Queued {
                        closed_until: Some(opens),
                        ..
                    } if *opens >= until => return Err(closed(*opens)),
                    LeaseState::Ended(reason) => return Err(reason.into()),
                    LeaseState::Settling(why) => waiting_for = Some(unavailable(why)),
                    LeaseState::Queued {
                        other_protocol: true,
                        ..
                    } => waiting_for = Some(other_version()),
                    LeaseState::Requested | LeaseState::Queued { .. } => {}
                }
                // The caller gives up at that time by itself; here is known what it waited for.
                match waiting_for {
                    Some(why) => {
                        if timeout_at(until, state.changed()).await.is_err() {
                            return Err(why);
                        }
                    }
                    None => drop(state.changed().await),
                }
            }
        })
    }

    fn ensure(&self, need: Duration) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let mut state = self.shared.state.subscribe();
            let mut renewed = false;
            loop {
                match &*state.borrow_and_update() {
                    LeaseState::Held(lease) if lease.covers(Clocks::now(), need) => {
                        return Ok(Some(lease.fence()));
                    }
                    LeaseState::WithoutLease => return Ok(None),
                    LeaseState::Held(_) if !renewed => {}
                    _ => return Err(self.lost()),
                }
                renewed = true;
                self.shared.renew.notify_one();
                // A renewal that is under way may come first, so there is time for two. Where the store is reached and
                // has to settle, there is time until the lease ends.
                let left = self.lease().map(|lease| lease.ends() - Instant::now());
                let longest = (self.store.options().timeout * 2).max(left.unwrap_or_default());
                if timeout(longest, state.changed()).await.is_err() {
                    return Err(self.lost());
                }
            }
        })
    }

    fn fence(&self) -> Option<u64> {
        self.lease().map(|lease| lease.fence())
    }

    fn reject_queued(&self) {
        self.shared.request_rejection();
    }

    fn is_reusable(&self, need: Duration) -> bool {
        if !lasts_for(self.store.options().lease, need) {
            return false;
        }
        match &*self.shared.state.borrow() {
            LeaseState::Requested | LeaseState::Queued { .. } | LeaseState::Settling(_) => true,
            LeaseState::Held(lease) => {
                lease.covers(Clocks::now(), Duration::ZERO)
                    && !(self.shared.waker.is_contended() && self.is_used_up())
            }
            LeaseState::WithoutLease | LeaseState::Ended(_) => false,
        }
    }
}

impl Drop for LeaseHandle {
    fn drop(&mut self) {
        if let Some((release, token)) = self.release.take() {
            // A task that has ended has nothing to release.
            let _ = release.send(token);
        }
    }
}
