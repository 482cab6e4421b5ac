//! The queues of all calls, behind one mutex.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::fleet_lock::FleetLock;
use super::key::LockKey;
use super::queue::{Enqueued, Position, Queue};
use super::rejection::{QueueFull, Rejection};

/// The answer to a waiter.
pub(super) type Turn = Result<(), Rejection>;

struct CallQueue {
    /// Every queue counts its positions from 0, so a position of a queue that is gone needs to be told from those of the
    /// next.
    number: u64,
    queue: Queue<oneshot::Sender<Turn>>,
    held_by_manual_lock: bool,
    fleet_lock: Option<Arc<dyn FleetLock>>,
}

impl CallQueue {
    const fn new(number: u64) -> Self {
        Self {
            number,
            queue: Queue::new(),
            held_by_manual_lock: false,
            fleet_lock: None,
        }
    }
}

/// A position among the queues of all calls.
#[derive(Debug)]
pub(super) struct QueueEntry {
    pub key: LockKey,
    queue_number: u64,
    position: Position,
}

/// The queues of all calls. A queue exists exactly as long as a ticket holds it.
#[derive(Default)]
pub(super) struct CallQueues {
    queues: Mutex<HashMap<LockKey, CallQueue>>,
    created: AtomicU64,
}

impl CallQueues {
    /// Takes the next position of a queue, at once. The receiver is there when it has to wait.
    pub(super) fn enqueue(
        &self,
        key: LockKey,
        max_waiting: usize,
    ) -> Result<(QueueEntry, Option<oneshot::Receiver<Turn>>), QueueFull> {
        let mut queues = self.lock();
        let call_queue = queues
            .entry(key.clone())
            .or_insert_with(|| CallQueue::new(self.created.fetch_add(1, Ordering::Relaxed)));
        if !call_queue.queue.is_free() && call_queue.queue.waiting() >= max_waiting {
            return Err(QueueFull);
        }
        let mut turn = None;
        let enqueued = call_queue.queue.enqueue(|| {
            let (sender, receiver) = oneshot::channel();
            turn = Some(receiver);
            sender
        });
        let queue_number = call_queue.number;
        drop(queues);
        let (Enqueued::Holds(position) | Enqueued::Waits(position)) = enqueued;
        let entry = QueueEntry {
            key,
            queue_number,
            position,
        };
        Ok((entry, turn))
    }

    /// Gives up a position, and wakes the next waiter if it held the queue.
    pub(super) fn leave(&self, entry: &QueueEntry) {
        let mut queues = self.lock();
        // A rejected ticket may be dropped late, when there is a new queue already.
        let same = queues.get_mut(&entry.key);
        let Some(call_queue) = same.filter(|queue| queue.number == entry.queue_number) else {
            return;
        };
        let next = call_queue.queue.leave(entry.position);
        let mut ended = None;
        if call_queue.queue.is_free() {
            ended = queues.remove(&entry.key);
        } else if next.is_some() {
            call_queue.held_by_manual_lock = false;
        }
        drop(queues);
        // Its fleet lock is released outside of the mutex.
        drop(ended);
        if let Some(next) = next {
            // A waiter that gives up at this moment holds the queue; its ticket passes it on when dropped.
            let _ = next.send(Ok(()));
        }
    }

    /// Rejects all waiters of a queue.
    pub(super) fn reject_queued(&self, key: &LockKey, why: Rejection) {
        let rejected =
            (self.lock().get_mut(key)).map(|call_queue| call_queue.queue.reject_queued());
        for waiter in rejected.into_iter().flatten() {
            // A waiter that gives up at this moment needs no answer.
            let _ = waiter.send(Err(why));
        }
    }

    /// The fleet lock of a queue, whose holder asks for it. A new one is requested where there is none, or where it is
    /// not reusable for that long.
    pub(super) fn fleet_lock(
        &self,
        key: &LockKey,
        need: Duration,
        request: impl FnOnce() -> Arc<dyn FleetLock>,
    ) -> Arc<dyn FleetLock> {
        let mut queues = self.lock();
        let Some(call_queue) = queues.get_mut(key) else {
            return request();
        };
        let spent = (call_queue.fleet_lock).take_if(|fleet_lock| !fleet_lock.is_reusable(need));
        let fleet_lock = Arc::clone(call_queue.fleet_lock.get_or_insert_with(request));
        drop(queues);
        drop(spent);
        fleet_lock
    }

    pub(super) fn mark_as_manual(&self, key: &LockKey) {
        if let Some(call_queue) = self.lock().get_mut(key) {
            call_queue.held_by_manual_lock = true;
        }
    }

    pub(super) fn is_held(&self, key: &LockKey) -> bool {
        self.lock().contains_key(key)
    }

    pub(super) fn is_held_by_manual_lock(&self, key: &LockKey) -> bool {
        (self.lock().get(key)).is_some_and(|call_queue| call_queue.held_by_manual_lock)
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LockKey, CallQueue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
