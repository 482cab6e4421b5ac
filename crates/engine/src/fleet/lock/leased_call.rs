//! The claim of this process to a call, as its line has it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, timeout};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::lease::{Lease, lasts_for};
use super::lease_state::{Ended, LeaseState, closed};
use crate::BoxFuture;
use crate::error::Error;
use crate::fleet::store::{Store, Waker};
use crate::lock::FleetLock;
use crate::sleep::Clocks;

/// While other processes wait, so many turns of the own line go before it queues again behind them.
const TURNS: u32 = 8;

/// And turns begin for so long.
const SHARE: Duration = Duration::from_secs(2);

/// What a claim and its keeper share.
#[derive(Debug)]
pub(super) struct Shared {
    pub lease_state: watch::Sender<LeaseState>,
    /// The lease is to be renewed now.
    pub renew: Notify,
    /// How often who waits in other processes was to be sent away, and the call to do so.
    pub dismissals: AtomicU32,
    pub dismiss: Notify,
    pub waker: Arc<Waker>,
}

/// See [`FleetLock`]. Dropping it gives the lease, or the place in line, back.
pub(super) struct LeasedCall {
    store: Arc<Store>,
    shared: Arc<Shared>,
    turns: AtomicU32,
    first_turn: Mutex<Option<Instant>>,
    /// Tells the keeper; who closes waits for what goes along.
    end: Option<(oneshot::Sender<TaskTrackerToken>, TaskTrackerToken)>,
}

impl LeasedCall {
    pub fn new(
        store: Arc<Store>,
        shared: Arc<Shared>,
        end: (oneshot::Sender<TaskTrackerToken>, TaskTrackerToken),
    ) -> Self {
        Self {
            store,
            shared,
            turns: AtomicU32::new(0),
            first_turn: Mutex::default(),
            end: Some(end),
        }
    }

    /// Counts a turn of the own line.
    fn take_turn(&self) {
        self.turns.fetch_add(1, Ordering::AcqRel);
        let mut first = self
            .first_turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(Instant::now);
    }

    /// Whether the own line has had what it may have while others wait.
    fn had_its_share(&self) -> bool {
        let first = *self
            .first_turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.turns.load(Ordering::Acquire) >= TURNS
            || first.is_some_and(|first| first.elapsed() >= SHARE)
    }

    fn lost(&self) -> Error {
        self.store.counters().lease_lost();
        Error::from(&Ended::Lost)
    }

    fn lease(&self) -> Option<Lease> {
        match &*self.shared.lease_state.borrow() {
            LeaseState::Held(lease) => Some(*lease),
            _ => None,
        }
    }
}

impl FleetLock for LeasedCall {
    fn answered(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async {
            let mut lease_state = self.shared.lease_state.subscribe();
            loop {
                match &*lease_state.borrow_and_update() {
                    LeaseState::Asked => {}
                    LeaseState::Queued { .. } => return Ok(false),
                    LeaseState::Held(_) | LeaseState::Alone => return Ok(true),
                    LeaseState::Over(ended) => return Err(ended.into()),
                }
                // The sender is ours: it cannot be gone.
                let _ = lease_state.changed().await;
            }
        })
    }

    fn granted(&self, until: Instant) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let mut lease_state = self.shared.lease_state.subscribe();
            loop {
                match &*lease_state.borrow_and_update() {
                    LeaseState::Held(_) => {
                        self.take_turn();
                        return Ok(());
                    }
                    LeaseState::Alone => {
                        self.store.counters().went_without_lease();
                        return Ok(());
                    }
                    LeaseState::Queued {
                        closed_until: Some(opens),
                    } if *opens >= until => return Err(closed(*opens)),
                    LeaseState::Over(ended) => return Err(ended.into()),
                    LeaseState::Asked | LeaseState::Queued { .. } => {}
                }
                let _ = lease_state.changed().await;
            }
        })
    }

    fn assured(&self, need: Duration) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let mut lease_state = self.shared.lease_state.subscribe();
            let mut asked = false;
            loop {
                match &*lease_state.borrow_and_update() {
                    LeaseState::Held(lease) if lease.covers(Clocks::now(), need) => {
                        return Ok(Some(lease.fence()));
                    }
                    LeaseState::Alone => return Ok(None),
                    LeaseState::Held(_) if !asked => {}
                    _ => return Err(self.lost()),
                }
                asked = true;
                self.shared.renew.notify_one();
                // A renewal that was under way may come first, so there is time for two.
                let patience = self.store.options().timeout * 2;
                if timeout(patience, lease_state.changed()).await.is_err() {
                    return Err(self.lost());
                }
            }
        })
    }

    fn fence(&self) -> Option<u64> {
        self.lease().map(|lease| lease.fence())
    }

    fn reject_queued(&self) {
        self.shared.dismissals.fetch_add(1, Ordering::AcqRel);
        self.shared.dismiss.notify_one();
    }

    fn serves(&self, need: Duration) -> bool {
        if !lasts_for(self.store.options().lease, need) {
            return false;
        }
        match &*self.shared.lease_state.borrow() {
            LeaseState::Asked | LeaseState::Queued { .. } => true,
            LeaseState::Held(lease) => {
                lease.covers(Clocks::now(), Duration::ZERO)
                    && !(self.shared.waker.is_wanted() && self.had_its_share())
            }
            LeaseState::Alone | LeaseState::Over(_) => false,
        }
    }
}

impl Drop for LeasedCall {
    fn drop(&mut self) {
        if let Some((end, waited_for)) = self.end.take() {
            // A keeper that has ended has nothing to give back.
            let _ = end.send(waited_for);
        }
    }
}
