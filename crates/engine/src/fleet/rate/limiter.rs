//! The rate limiter of an injector in a fleet.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::shared_schedule::SharedSchedule;
use super::slot::{SharedReservation, SharedSlot};
use crate::BoxFuture;
use crate::fleet::store::{Store, StoreError};
use crate::rate_limit::{
    CancelOnDrop, Gcra, LONGEST_HOLD, LocalRateLimiter, RateLimit, RateLimiter, WaitTooLong,
};

/// Keeps the injectors of a fleet within a [`RateLimit`]. Those of one API share it, whichever process they are in.
///
/// Requests leave in the order in which the server takes their reservations.
pub struct FleetRateLimiter {
    store: Arc<Store>,
    scope: Arc<str>,
    all: SharedSchedule,
    each: Option<Gcra>,
    /// For the time when the store is away.
    local: LocalRateLimiter,
}

impl FleetRateLimiter {
    /// The limiter for one scope. All processes must have the same limit.
    #[must_use]
    pub fn new(store: Arc<Store>, scope: Arc<str>, limit: RateLimit) -> Self {
        let gcra = |per_minute| Gcra::new(per_minute, limit.burst);
        let all = limit.per_minute.map_or(Gcra::UNLIMITED, gcra);
        Self {
            // No call has an empty id.
            all: SharedSchedule::new(store.keys(), &scope, "", all),
            each: limit.per_call_per_minute.map(gcra),
            local: LocalRateLimiter::divided_among(limit, store.options().processes),
            store,
            scope,
        }
    }

    async fn wait(&self, call: &Arc<str>, deadline: Instant) -> Result<(), WaitTooLong> {
        // A pause that this process was asked for counts at once, even before the other processes know of it.
        self.local.held_back(deadline).await?;
        if let Ok(waited) = self.wait_shared(call, deadline).await {
            return waited;
        }
        self.store.counters().own_slots.count();
        self.local.acquire(call, deadline).await
    }

    /// The slot of the call comes first and the common one with it or after it. The outer error is the store's.
    async fn wait_shared(
        &self,
        call: &Arc<str>,
        deadline: Instant,
    ) -> Result<Result<(), WaitTooLong>, StoreError> {
        let of_call = |rate| SharedSchedule::new(self.store.keys(), &self.scope, call, rate);
        let mut left: Vec<_> = self.each.map(of_call).into_iter().collect();
        left.push(self.all.clone());
        while let Some(first) = left.first() {
            // In a cluster they mostly lie on different nodes.
            let together = left.iter().filter(|it| it.tag() == first.tag()).count();
            let now = left.get(..together).unwrap_or_default().to_vec();
            match self.wait_for_slot(now, deadline).await? {
                Ok(reserved) => drop(left.drain(..reserved.clamp(1, left.len()))),
                Err(too_long) => return Ok(Err(too_long)),
            }
        }
        Ok(Ok(()))
    }

    /// Waits for a slot, and tells in how many of the schedules it was.
    async fn wait_for_slot(
        &self,
        schedules: Vec<SharedSchedule>,
        deadline: Instant,
    ) -> Result<Result<usize, WaitTooLong>, StoreError> {
        let longest = deadline.saturating_duration_since(Instant::now());
        let store = Arc::clone(&self.store);
        let (sender, receiver) = oneshot::channel();
        // In a task of its own: a caller that is dropped before the answer arrives has a reservation all the same.
        spawn(async move {
            let reserved = SharedSlot::reserve(&store, &schedules, longest).await;
            let reserved = reserved.map(|reserved| match reserved {
                SharedReservation::Slot { wait, slot } => {
                    Ok((wait, slot.count(), cancel_on_drop(store, slot)))
                }
                SharedReservation::TooFar { wait } => Err(WaitTooLong(wait)),
            });
            // Without a receiver the reservation is dropped here, and so cancelled.
            let _ = sender.send(reserved);
        });
        match receiver.await.unwrap_or(Err(StoreError::Unreachable))? {
            Ok((wait, count, reservation)) => {
                sleep(wait).await;
                reservation.used();
                Ok(Ok(count))
            }
            Err(too_long) => Ok(Err(too_long)),
        }
    }
}

impl RateLimiter for FleetRateLimiter {
    fn acquire<'a>(
        &'a self,
        call: &'a Arc<str>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<(), WaitTooLong>> {
        Box::pin(self.wait(call, deadline))
    }

    /// Within a tokio runtime only.
    fn hold_back(&self, wait: Duration) {
        self.local.hold_back(wait);
        let (store, all) = (Arc::clone(&self.store), self.all.clone());
        spawn(async move {
            // A process that is not reached gets the same answer from the platform itself.
            let _ = all.hold_back(&store, wait.min(LONGEST_HOLD)).await;
        });
    }
}

fn cancel_on_drop(store: Arc<Store>, slot: SharedSlot) -> CancelOnDrop<impl FnMut() + Send> {
    CancelOnDrop::new(move || {
        let (store, slot) = (Arc::clone(&store), slot.clone());
        spawn(async move {
            // A slot that is not given back lapses.
            let _ = slot.cancel(&store).await;
        });
    })
}

impl fmt::Debug for FleetRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetRateLimiter").finish_non_exhaustive()
    }
}

fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(work);
    }
}
