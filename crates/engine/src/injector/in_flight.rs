//! What is under way, so that it can be ended from outside.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::cancel::{Cancel, Reason};

/// Everything under way in one injector, by the caller's numbers.
///
/// Sorted, so that what ends at once ends in the order of the numbers and a simulation can repeat it.
#[derive(Default)]
pub(super) struct InFlight {
    all: Mutex<BTreeMap<u64, Entry>>,
    emptied: Notify,
}

struct Entry {
    cancel: Arc<Cancel>,
    /// The call, once it is known.
    call: Option<Arc<str>>,
}

impl InFlight {
    /// Something begins.
    pub fn begin(&self, id: u64) -> Arc<Cancel> {
        let cancel = Arc::new(Cancel::new());
        let entry = Entry {
            cancel: Arc::clone(&cancel),
            call: None,
        };
        self.all().insert(id, entry);
        cancel
    }

    /// What goes by `id` turned out to be of this call.
    pub fn belongs_to(&self, id: u64, call: &Arc<str>) {
        if let Some(entry) = self.all().get_mut(&id) {
            entry.call = Some(Arc::clone(call));
        }
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
        let found = self.all().get(&id).map(|entry| Arc::clone(&entry.cancel));
        if let Some(cancel) = found {
            cancel.end_everything(reason);
        }
    }

    /// Ends those of one call that wait.
    pub fn end_waiting_of(&self, call: &str, reason: Reason) {
        let of_call: Vec<_> = (self.all().values())
            .filter(|entry| entry.call.as_deref() == Some(call))
            .map(|entry| Arc::clone(&entry.cancel))
            .collect();
        for cancel in of_call {
            cancel.end_waiting(reason);
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
        let all = self.all();
        all.values()
            .map(|entry| Arc::clone(&entry.cancel))
            .collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
