//! How much of an injector's work may wait, and how much may be in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::messages;
use crate::error::Error;

/// The bounds of one injector, and what they are used for now.
pub(super) struct Capacity {
    max_waiting: usize,
    waiting: AtomicUsize,
    max_in_flight: usize,
    in_flight: Semaphore,
}

impl Capacity {
    pub(super) fn new(max_waiting: usize, max_in_flight: usize) -> Self {
        Self {
            max_waiting,
            waiting: AtomicUsize::new(0),
            max_in_flight,
            in_flight: Semaphore::new(max_in_flight),
        }
    }

    /// Counts one more waiter. Fails when as many wait as may.
    pub(super) fn wait(self: &Arc<Self>) -> Result<Waiting, Error> {
        let counted = self
            .waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
                (waiting < self.max_waiting).then_some(waiting + 1)
            });
        match counted {
            Ok(_) => Ok(Waiting(Arc::clone(self))),
            Err(_) => Err(messages::injector_full(self.max_waiting)),
        }
    }

    /// Waits until one more request may be in flight. `None` never comes: the semaphore is not closed.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.in_flight.acquire().await.ok()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.max_in_flight
            .saturating_sub(self.in_flight.available_permits())
    }
}

/// One counted waiter, until dropped.
pub(super) struct Waiting(Arc<Capacity>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
