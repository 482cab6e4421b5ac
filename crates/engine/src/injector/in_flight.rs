//! What is under way in one injector, so that it can be ended from outside.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::cancel::{Cancel, Reason};

/// Everything under way in one injector, by the caller's numbers.
///
/// Sorted, so that what ends at once ends in the order of the numbers and a simulation can repeat it.
#[derive(Default)]
pub(super) struct InFlight {
    entries: Mutex<BTreeMap<u64, Work>>,
    tracker: TaskTracker,
}

struct Work {
    cancel: Arc<Cancel>,
    /// The call, once it is known.
    call: Option<Arc<str>>,
    /// It only listens: what is pressed goes by it, so it ends last.
    listens: bool,
}

/// A piece of work under way, until dropped.
pub(super) struct InFlightEntry {
    in_flight: Arc<InFlight>,
    id: u64,
    pub(super) cancel: Arc<Cancel>,
    /// Closing waits for all but those who listen.
    _tracked: Option<TaskTrackerToken>,
}

impl InFlightEntry {
    /// Says which call it waits for.
    pub(super) fn set_call(&self, call: &Arc<str>) {
        if let Some(work) = self.in_flight.entries().get_mut(&self.id) {
            work.call = Some(Arc::clone(call));
        }
    }
}

impl Drop for InFlightEntry {
    fn drop(&mut self) {
        self.in_flight.entries().remove(&self.id);
    }
}

impl InFlight {
    /// Adds a piece of work.
    pub(super) fn add(self: &Arc<Self>, id: u64) -> InFlightEntry {
        self.add_entry(id, false)
    }

    /// Adds one that listens until the rest has ended.
    pub(super) fn add_listener(self: &Arc<Self>, id: u64) -> InFlightEntry {
        self.add_entry(id, true)
    }

    fn add_entry(self: &Arc<Self>, id: u64, listens: bool) -> InFlightEntry {
        let cancel = Arc::new(Cancel::new());
        let work = Work {
            cancel: Arc::clone(&cancel),
            call: None,
            listens,
        };
        self.entries().insert(id, work);
        InFlightEntry {
            in_flight: Arc::clone(self),
            id,
            cancel,
            _tracked: (!listens).then(|| self.tracker.token()),
        }
    }

    /// From here on the injector takes no new work.
    pub(super) fn close(&self) {
        self.tracker.close();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.tracker.is_closed()
    }

    /// Ends one piece of work, also while its request is in flight.
    pub(super) fn end(&self, id: u64, reason: Reason) {
        let cancel = (self.entries().get(&id)).map(|work| Arc::clone(&work.cancel));
        if let Some(cancel) = cancel {
            cancel.end_everything(reason);
        }
    }

    /// Ends what waits for these calls.
    pub(super) fn end_waiting_of(&self, calls: impl Fn(&Arc<str>) -> bool, reason: Reason) {
        for cancel in self.select(|work| work.call.as_ref().is_some_and(&calls)) {
            cancel.end_waiting(reason);
        }
    }

    /// Ends all that waits, but for those who listen.
    pub(super) fn end_waiting(&self, reason: Reason) {
        for cancel in self.select(|work| !work.listens) {
            cancel.end_waiting(reason);
        }
    }

    /// Ends all.
    pub(super) fn end_everything(&self, reason: Reason) {
        for cancel in self.select(|_| true) {
            cancel.end_everything(reason);
        }
    }

    /// Resolves when it is closed and nothing is under way.
    pub(super) async fn emptied(&self) {
        self.tracker.wait().await;
    }

    fn select(&self, wanted: impl Fn(&Work) -> bool) -> Vec<Arc<Cancel>> {
        let entries = self.entries();
        let wanted = entries.values().filter(|work| wanted(work));
        wanted.map(|work| Arc::clone(&work.cancel)).collect()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<u64, Work>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
