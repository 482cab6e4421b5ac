//! What is under way, so that it can be ended from outside.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::cancel::{Cancel, Reason};

/// Everything under way in one injector, by the caller's numbers.
///
/// Sorted, so that what ends at once ends in the order of the numbers and a simulation can repeat it.
#[derive(Default)]
pub(super) struct Live {
    all: Mutex<BTreeMap<u64, Arc<Cancel>>>,
    emptied: Notify,
}

impl Live {
    /// Something begins.
    pub fn begin(&self, id: u64) -> Arc<Cancel> {
        let cancel = Arc::new(Cancel::new());
        self.all().insert(id, Arc::clone(&cancel));
        cancel
    }

    /// Something has ended.
    pub fn finished(&self, id: u64) {
        let mut all = self.all();
        all.remove(&id);
        if all.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Ends one, also in flight.
    pub fn end_one(&self, id: u64, reason: Reason) {
        let found = self.all().get(&id).cloned();
        if let Some(cancel) = found {
            cancel.end_everything(reason);
        }
    }

    /// Ends all that wait.
    pub fn end_waiting(&self, reason: Reason) {
        for cancel in self.each() {
            cancel.end_waiting(reason);
        }
    }

    /// Ends all.
    pub fn end_everything(&self, reason: Reason) {
        for cancel in self.each() {
            cancel.end_everything(reason);
        }
    }

    /// Resolves when nothing is under way.
    pub async fn none_left(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.all().is_empty() {
                return;
            }
            emptied.await;
        }
    }

    fn each(&self) -> Vec<Arc<Cancel>> {
        self.all().values().cloned().collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Cancel>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
