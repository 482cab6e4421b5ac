//! The rate limit of a fleet: all processes book their slots in common schedules, by the clock of the server.
//!
//! [`bucket`](self) is one schedule as the server keeps it. The formula is that of [`crate::rate_limit::gcra`]; the Lua
//! is checked against it. Who asks books the next free slot and waits for it here, so it costs one round trip for each
//! limit. While the store is away a process keeps to its share of the limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::store::{Store, StoreError};
use crate::rate_limit::gcra::Gcra;
use crate::rate_limit::limiter::{GiveBack, LONGEST_HOLD, Limiter, RateLimit, TooLong};

mod bucket;

pub use bucket::{Booked, Bucket, CORE};

/// Keeps the injectors of a fleet within a [`RateLimit`]. Those of one API share it, whichever process they are in.
///
/// The order of asking is the order of going, as far as questions of different processes have one.
pub struct FleetLimiter {
    store: Arc<Store>,
    scope: Arc<str>,
    all: Bucket,
    each: Option<Gcra>,
    share: Limiter,
}

impl FleetLimiter {
    /// The limit for what goes by this scope. All processes must have the same limit.
    #[must_use]
    pub fn new(store: Arc<Store>, scope: Arc<str>, limit: RateLimit) -> Self {
        let gcra = |per_minute| Gcra::new(per_minute, limit.burst);
        let all = limit.per_minute.map_or(Gcra::UNLIMITED, gcra);
        Self {
            // No call has an empty id.
            all: Bucket::new(store.keys(), &scope, "", all),
            each: limit.per_call_per_minute.map(gcra),
            share: Limiter::share(limit, store.options().processes),
            store,
            scope,
        }
    }

    /// Waits until a request of the call may leave; fails at once when that is not before `deadline`.
    ///
    /// The call's own slot comes first and the common one after it. Dropping the future gives back what was not used,
    /// if nobody booked after it.
    pub async fn wait(&self, call: &Arc<str>, deadline: Instant) -> Result<(), TooLong> {
        // What this process heard of the platform's patience counts at once, even before the others hear of it.
        self.share.held_back(deadline).await?;
        if let Ok(waited) = self.booked(call, deadline).await {
            return waited;
        }
        self.store.counters().own_slot();
        self.share.wait(call, deadline).await
    }

    /// The platform asked for patience: no request of any process leaves before `wait` is over, those excepted that
    /// have booked already. Within a tokio runtime only.
    pub fn hold_back(&self, wait: Duration) {
        self.share.hold_back(wait);
        let (store, all) = (Arc::clone(&self.store), self.all.clone());
        spawn(async move {
            // Who does not hear of it hears the platform itself.
            let _ = all.hold_back(&store, wait.min(LONGEST_HOLD)).await;
        });
    }

    /// The outer error is the store's.
    async fn booked(
        &self,
        call: &Arc<str>,
        deadline: Instant,
    ) -> Result<Result<(), TooLong>, StoreError> {
        if let Some(each) = self.each {
            let own = Bucket::new(self.store.keys(), &self.scope, call, each);
            if let Err(too_long) = self.slot(&own, deadline).await? {
                return Ok(Err(too_long));
            }
        }
        self.slot(&self.all, deadline).await
    }

    async fn slot(
        &self,
        bucket: &Bucket,
        deadline: Instant,
    ) -> Result<Result<(), TooLong>, StoreError> {
        let longest = deadline.saturating_duration_since(Instant::now());
        let (store, bucket) = (Arc::clone(&self.store), bucket.clone());
        let (tell, told) = oneshot::channel();
        // In a task of its own: who gives up while the answer is on its way has booked all the same.
        spawn(async move {
            let booked = bucket
                .book(&store, longest)
                .await
                .map(|booked| match booked {
                    Booked::Slot { wait, after } => Ok((wait, slot_of(store, bucket, after))),
                    Booked::TooFar { wait } => Err(TooLong(wait)),
                });
            // Where nobody hears it, the slot gives itself back.
            let _ = tell.send(booked);
        });
        match told.await.unwrap_or(Err(StoreError::Unreachable))? {
            Ok((wait, give_back)) => {
                sleep(wait).await;
                give_back.used();
                Ok(Ok(()))
            }
            Err(too_long) => Ok(Err(too_long)),
        }
    }
}

/// A booked slot, which gives itself back unless it was used.
fn slot_of(store: Arc<Store>, bucket: Bucket, after: u64) -> GiveBack<impl FnMut() + Send> {
    GiveBack::new(move || {
        let (store, bucket) = (Arc::clone(&store), bucket.clone());
        spawn(async move {
            // A slot that is not given back lapses.
            let _ = bucket.give_back(&store, after).await;
        });
    })
}

impl fmt::Debug for FleetLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetLimiter").finish_non_exhaustive()
    }
}

fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(work);
    }
}
