//! The fleet, as one injector takes part in it.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::blocks;
use super::lock::{FleetLocks, unavailable};
use super::options::OnUnavailable;
use super::rate::FleetRateLimiter;
use super::session_ids;
use super::store::{Counts, Store, StoreError};
use crate::error::{Code, Error};
use crate::in_doubt::Recipient;
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

    /// Tells the other processes which session an id means. In vain where Redis is away: they ask again with the next id.
    pub(crate) async fn publish_session(&self, scope: &str, id: &str, first: &str) {
        let _ = session_ids::publish(&self.store, scope, id, first).await;
    }

    /// The id that the session with this one began with, where another process has told it.
    pub(crate) async fn first_session_id(
        &self,
        scope: &str,
        id: &str,
    ) -> Result<Option<String>, Error> {
        self.told(session_ids::find(&self.store, scope, id).await)
    }

    /// Nothing more goes to a recipient for so long, from any process. In vain where Redis is away.
    pub(crate) async fn block(&self, recipient: &Recipient, injection: Uuid, lasts: Duration) {
        let _ = blocks::add(&self.store, recipient, injection, lasts).await;
    }

    /// The injection for which nothing goes to a recipient.
    pub(crate) async fn blocked(&self, recipient: &Recipient) -> Result<Option<Uuid>, Error> {
        self.told(blocks::find(&self.store, recipient).await)
    }

    /// It was found out what became of the call, session or contact with this id. Tells whether it was blocked.
    pub(crate) async fn lift_blocks(&self, scope: &str, id: &str) -> Result<bool, Error> {
        lifted(blocks::lift(&self.store, scope, id).await)
    }

    /// It was found out what became of an injection into a call. Tells whether that was blocked by it.
    pub(crate) async fn lift_block_of(
        &self,
        scope: &str,
        call: &str,
        injection: Uuid,
    ) -> Result<bool, Error> {
        lifted(blocks::lift_of(&self.store, scope, call, injection).await)
    }

    /// Where nothing was told because Redis is away, the settings say whether to go on.
    fn told<T>(&self, told: Result<Option<T>, StoreError>) -> Result<Option<T>, Error> {
        match told {
            Err(_) if self.store.options().on_unavailable == OnUnavailable::Local => Ok(None),
            told => told.map_err(|why| unavailable(&why)),
        }
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

fn lifted(lifted: Result<bool, StoreError>) -> Result<bool, Error> {
    lifted.map_err(|why| {
        let message = format!(
            "what is in doubt was resolved in this process, and other processes cannot be told by Redis ({why}): call resolve again"
        );
        Error::not_sent(Code::Store, message).retryable(None)
    })
}
