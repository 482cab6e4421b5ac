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
    CancelOnDrop, Gcra, Granted, LONGEST_HOLD, Line, LocalRateLimiter, RateLimit, RateLimiter,
    Reserved, Slots, WaitTooLong,
};

/// Keeps the injectors of a fleet within a [`RateLimit`]. Those of one API share it, whichever process they are in.
///
/// Within one limiter the request with the lowest place gets the next slot, as without a fleet. Limiters, also those of different
/// processes, get slots in the order in which the server takes their reservations; each reserves one common slot at a time, so
/// that those who wait in several processes are served in turns, whichever was submitted first.
pub struct FleetRateLimiter {
    store: Arc<Store>,
    scope: Arc<str>,
    all: SharedSchedule,
    each: Option<Gcra>,
    line: Line,
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
            line: Line::default(),
            local: LocalRateLimiter::divided_among(limit, store.options().processes),
            store,
            scope,
        }
    }

    async fn wait(
        &self,
        place: u64,
        call: &Arc<str>,
        deadline: Instant,
    ) -> Result<(), WaitTooLong> {
        // A pause that this process was asked for counts at once, even before the other processes know of it.
        self.local.held_back(deadline).await?;
        if let Ok(waited) = self.wait_shared(place, call, deadline).await {
            return waited;
        }
        self.store.counters().own_slots.count();
        self.local.acquire(place, call, deadline).await
    }

    /// The slot of the call comes first and the common one with it or after it. The outer error is the store's.
    async fn wait_shared(
        &self,
        place: u64,
        call: &Arc<str>,
        deadline: Instant,
    ) -> Result<Result<(), WaitTooLong>, StoreError> {
        if let Some(rate) = self.each {
            let mut schedules = vec![SharedSchedule::new(
                self.store.keys(),
                &self.scope,
                call,
                rate,
            )];
            // A common slot that is free now, where nobody is before it. In a cluster they mostly lie on different nodes.
            if schedules.iter().all(|it| it.tag() == self.all.tag()) && self.line.is_empty() {
                schedules.push(self.all.clone());
            }
            match self.wait_for(schedules, deadline).await? {
                Ok(1) => {}
                waited => return Ok(waited.map(drop)),
            }
        }
        if self.all.rate() == Gcra::UNLIMITED {
            let waited = self.wait_for(vec![self.all.clone()], deadline).await?;
            return Ok(waited.map(drop));
        }
        let passed = self.line.pass(&Common(self), place, deadline).await;
        passed.ok_or(StoreError::Unreachable)
    }

    /// Waits for a slot, and tells in how many of the schedules it was.
    async fn wait_for(
        &self,
        schedules: Vec<SharedSchedule>,
        deadline: Instant,
    ) -> Result<Result<usize, WaitTooLong>, StoreError> {
        let longest = deadline.saturating_duration_since(Instant::now());
        match self.reserve(schedules, longest, 1).await? {
            Ok(reserved) => {
                sleep(reserved.wait).await;
                let schedules = reserved.slot.schedules;
                reserved.slot.reservation.used();
                Ok(Ok(schedules))
            }
            Err(too_long) => Ok(Err(too_long)),
        }
    }

    async fn reserve(
        &self,
        schedules: Vec<SharedSchedule>,
        longest: Duration,
        most: usize,
    ) -> Result<Reserved<Slot>, StoreError> {
        let store = Arc::clone(&self.store);
        let (sender, receiver) = oneshot::channel();
        // In a task of its own: a caller that is dropped before the answer arrives has a reservation all the same.
        spawn(async move {
            let reserved = SharedSlot::reserve(&store, &schedules, longest, most).await;
            let reserved = reserved.map(|reserved| match reserved {
                SharedReservation::Slot { wait, slots, slot } => Ok(Granted {
                    wait,
                    count: slots,
                    slot: Slot::of(store, slot),
                }),
                SharedReservation::TooFar { wait } => Err(WaitTooLong(wait)),
            });
            // Without a receiver the reservation is dropped here, and so cancelled.
            let _ = sender.send(reserved);
        });
        receiver.await.unwrap_or(Err(StoreError::Unreachable))
    }
}

/// A slot of this process.
struct Slot {
    /// In how many schedules it is.
    schedules: usize,
    reservation: CancelOnDrop<Box<dyn FnMut() + Send>>,
}

/// The slots of all calls together.
struct Common<'a>(&'a FleetRateLimiter);

impl Slots for Common<'_> {
    type Slot = Slot;

    async fn reserve(&self, longest: Duration, most: usize) -> Option<Reserved<Slot>> {
        let schedules = vec![self.0.all.clone()];
        self.0.reserve(schedules, longest, most).await.ok()
    }

    fn used(slot: Slot) {
        slot.reservation.used();
    }

    /// What the other processes have reserved is known to the server alone.
    fn at_least(&self, _: usize) -> Duration {
        Duration::ZERO
    }
}

impl RateLimiter for FleetRateLimiter {
    fn acquire<'a>(
        &'a self,
        place: u64,
        call: &'a Arc<str>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<(), WaitTooLong>> {
        Box::pin(self.wait(place, call, deadline))
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

impl Slot {
    fn of(store: Arc<Store>, slot: SharedSlot) -> Self {
        let schedules = slot.count();
        let cancel = move || {
            let (store, slot) = (Arc::clone(&store), slot.clone());
            spawn(async move {
                // A slot that is not given back lapses.
                let _ = slot.cancel(&store).await;
            });
        };
        Self {
            schedules,
            reservation: CancelOnDrop::new(Box::new(cancel)),
        }
    }
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
