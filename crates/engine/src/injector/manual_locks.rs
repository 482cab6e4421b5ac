//! The table of the locks that a program holds by hand, to press several sequences as one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::error::{Code, Error};
use crate::lock::{LockId, LockTicket};

/// The manual locks of one injector. Sorted, so that a simulation can repeat what is done to all.
#[derive(Default)]
pub(super) struct ManualLocks(Mutex<BTreeMap<LockId, ManualLock>>);

pub(super) struct ManualLock {
    pub(super) call: Arc<str>,
    /// Holds the queue of the call. Everything under way under the lock shares it: however the lock ends, the queue
    /// does not move on before that has ended.
    ticket: Arc<LockTicket>,
    /// What was begun under the lock and has not ended.
    under: TaskTracker,
    /// Nothing new may begin under it.
    closing: bool,
    /// The task that ends the lock when its time has run out.
    _expiry: AbortOnDropHandle<()>,
}

/// What an injection holds of the manual lock it is under.
pub(super) struct ManualLockRef {
    pub(super) id: LockId,
    /// Keeps the queue of the call.
    pub(super) ticket: Arc<LockTicket>,
    /// Keeps the lock from being released.
    pub(super) active: TaskTrackerToken,
}

impl ManualLocks {
    /// Adds a lock. `expiry` begins the task that ends it, and cannot run before the lock is there.
    pub(super) fn add(
        &self,
        id: LockId,
        call: Arc<str>,
        ticket: LockTicket,
        expiry: impl FnOnce() -> JoinHandle<()>,
    ) {
        let mut locks = self.locks();
        let lock = ManualLock {
            call,
            ticket: Arc::new(ticket),
            under: TaskTracker::new(),
            closing: false,
            _expiry: AbortOnDropHandle::new(expiry()),
        };
        locks.insert(id, lock);
    }

    /// What an injection needs of the lock it is to run under. `is_same` tells whether a call is the one that it is for.
    pub(super) fn enter(
        &self,
        id: LockId,
        is_same: impl FnOnce(&Arc<str>) -> bool,
    ) -> Result<ManualLockRef, Error> {
        let locks = self.locks();
        let Some(lock) = locks.get(&id).filter(|lock| !lock.closing) else {
            return Err(Error::not_sent(
                Code::Lock,
                "the lock is released, has expired, or belongs to another injector: acquire a new one",
            ));
        };
        if !is_same(&lock.call) {
            return Err(Error::not_sent(
                Code::Lock,
                "the lock belongs to another call: acquire one for this call",
            ));
        }
        Ok(ManualLockRef {
            id,
            ticket: Arc::clone(&lock.ticket),
            active: lock.under.token(),
        })
    }

    /// How many are held.
    pub(super) fn len(&self) -> usize {
        self.locks().len()
    }

    /// Lets nothing new begin under the lock, and gives what is still under it. `None` when it is not held.
    pub(super) fn begin_closing(&self, id: LockId) -> Option<TaskTracker> {
        self.locks().get_mut(&id).map(|lock| {
            lock.closing = true;
            lock.under.close();
            lock.under.clone()
        })
    }

    /// Takes a lock out. It ends when it is dropped, and its queue moves on when what is under it has ended.
    pub(super) fn take(&self, id: LockId) -> Option<ManualLock> {
        self.locks().remove(&id)
    }

    /// Releases all without waiting.
    pub(super) fn release_all(&self) {
        let all = std::mem::take(&mut *self.locks());
        // Outside of the mutex.
        drop(all);
    }

    fn locks(&self) -> MutexGuard<'_, BTreeMap<LockId, ManualLock>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
