//! The fleet, as one injector takes part in it.

use std::sync::Arc;
use std::time::Duration;

use super::lock::FleetLocks;
use super::rate::FleetRateLimiter;
use super::store::{Counts, Store};
use crate::error::{Code, Error};
use crate::lock::FleetLock;
use crate::rate_limit::{RateLimit, RateLimiter};

/// The fleet, as one injector takes part in it.
#[derive(Debug)]
pub struct Fleet {
    store: Arc<Store>,
    locks: FleetLocks,
}

impl Fleet {
    /// The fleet that shares this store.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self {
            locks: FleetLocks::new(Arc::clone(&store)),
            store,
        }
    }

    /// Checks the settings for attempts with this time-out.
    pub(crate) fn check(&self, attempt: Duration) -> Result<(), Error> {
        self.store.options().check(attempt)
    }

    /// Requests the lock of a call, without waiting for it. Within a tokio runtime only.
    pub(crate) fn request_lock(&self, scope: &str, call: &str) -> Arc<dyn FleetLock> {
        self.locks.request(scope, call)
    }

    /// Resolves when all locks that were requested here have been released.
    pub(crate) async fn locks_released(&self) {
        self.locks.all_released().await;
    }

    /// The rate limiter that all processes share for one scope.
    pub(crate) fn rate_limiter(&self, scope: Arc<str>, limit: RateLimit) -> Arc<dyn RateLimiter> {
        Arc::new(FleetRateLimiter::new(Arc::clone(&self.store), scope, limit))
    }

    /// For how long Redis has not answered, or granted no leases.
    pub(crate) fn unavailable_for(&self) -> Option<Duration> {
        self.store.unavailable_for()
    }

    /// The rights that the user of Redis lacks, as `ACL SETUSER` takes them.
    pub(crate) async fn missing_rights(&self) -> Result<Vec<String>, Error> {
        let missing = self.store.missing_rights().await;
        missing.map_err(|why| Error::not_sent(Code::Store, format!("Redis cannot be asked: {why}")))
    }

    /// What happened so far.
    pub(crate) fn counts(&self) -> Counts {
        self.store.counters().read()
    }
}
