//! What is under way in one injector, so that it can be ended from outside.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::cancel::{Cancel, Reason};

/// Everything under way in one injector, by the caller's numbers.
///
/// Sorted, so that what ends at once ends in the order of the numbers and a simulation can repeat it.
#[derive(Default)]
pub(super) struct InFlight {
    entries: Mutex<BTreeMap<u64, Entry>>,
    emptied: Notify,
    closed: AtomicBool,
}

struct Entry {
    cancel: Arc<Cancel>,
    /// The call, once it is known.
    call: Option<Arc<str>>,
}

impl InFlight {
    /// Adds a piece of work.
    pub(super) fn add(&self, id: u64) -> Arc<Cancel> {
        let cancel = Arc::new(Cancel::new());
        let entry = Entry {
            cancel: Arc::clone(&cancel),
            call: None,
        };
        self.entries().insert(id, entry);
        cancel
    }

    /// Notes the call of a piece of work.
    pub(super) fn set_call(&self, id: u64, call: &Arc<str>) {
        if let Some(entry) = self.entries().get_mut(&id) {
            entry.call = Some(Arc::clone(call));
        }
    }

    /// Removes a piece of work that has ended.
    pub(super) fn remove(&self, id: u64) {
        let mut entries = self.entries();
        entries.remove(&id);
        if entries.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// From here on the injector takes no new work.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Ends one piece of work, also while its request is in flight.
    pub(super) fn end(&self, id: u64, reason: Reason) {
        let cancel = (self.entries().get(&id)).map(|entry| Arc::clone(&entry.cancel));
        if let Some(cancel) = cancel {
            cancel.end_everything(reason);
        }
    }

    /// Ends what waits for one call.
    pub(super) fn end_waiting_of(&self, call: &str, reason: Reason) {
        for cancel in self.select(|entry| entry.call.as_deref() == Some(call)) {
            cancel.end_waiting(reason);
        }
    }

    /// Ends all that waits.
    pub(super) fn end_waiting(&self, reason: Reason) {
        for cancel in self.select(|_| true) {
            cancel.end_waiting(reason);
        }
    }

    /// Ends all.
    pub(super) fn end_everything(&self, reason: Reason) {
        for cancel in self.select(|_| true) {
            cancel.end_everything(reason);
        }
    }

    /// Resolves when nothing is under way.
    pub(super) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.entries().is_empty() {
                return;
            }
            emptied.await;
        }
    }

    fn select(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<Arc<Cancel>> {
        let entries = self.entries();
        let wanted = entries.values().filter(|entry| wanted(entry));
        wanted.map(|entry| Arc::clone(&entry.cancel)).collect()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
