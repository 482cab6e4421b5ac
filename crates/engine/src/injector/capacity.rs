//! How much of an injector's work may wait, and how much may be in flight.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::messages;
use crate::error::Error;

/// The bounds of one injector, and what they are used for now.
pub(super) struct Capacity {
    max_waiting: usize,
    waiting: Arc<Semaphore>,
    max_in_flight: usize,
    in_flight: Semaphore,
}

impl Capacity {
    pub(super) fn new(max_waiting: usize, max_in_flight: usize) -> Self {
        let [max_waiting, max_in_flight] =
            [max_waiting, max_in_flight].map(|max| max.min(Semaphore::MAX_PERMITS));
        Self {
            max_waiting,
            waiting: Arc::new(Semaphore::new(max_waiting)),
            max_in_flight,
            in_flight: Semaphore::new(max_in_flight),
        }
    }

    /// Counts one more waiter, until what is returned is dropped. Fails when as many wait as may.
    pub(super) fn wait(&self) -> Result<OwnedSemaphorePermit, Error> {
        let permit = Arc::clone(&self.waiting).try_acquire_owned();
        permit.map_err(|_| messages::injector_full(self.max_waiting))
    }

    /// Waits until one more request may be in flight. `None` never comes: the semaphore is not closed.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.in_flight.acquire().await.ok()
    }

    pub(super) fn waiting(&self) -> usize {
        (self.max_waiting).saturating_sub(self.waiting.available_permits())
    }

    pub(super) fn in_flight(&self) -> usize {
        (self.max_in_flight).saturating_sub(self.in_flight.available_permits())
    }
}
