//! The lock registry of the process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use super::call_queues::CallQueues;
use super::key::{LockId, LockKey};
use super::rejection::{QueueFull, Rejection};
use super::ticket::LockTicket;
use crate::in_doubt::InDoubt;
use crate::sessions::Sessions;

#[cfg(test)]
mod tests;

/// Hands out tickets for the queues of all calls.
///
/// A process has one registry, shared by all injectors and threads: an order per object would be none for a program
/// that makes an injector per request.
#[derive(Default)]
pub struct Registry {
    queues: Arc<CallQueues>,
    lock_ids: AtomicU64,
    in_doubt: Arc<InDoubt>,
    sessions: Arc<Sessions>,
}

static PROCESS_WIDE: LazyLock<Arc<Registry>> = LazyLock::new(Arc::default);

impl Registry {
    /// The registry of this process.
    #[must_use]
    pub fn process_wide() -> Arc<Self> {
        Arc::clone(&PROCESS_WIDE)
    }

    /// Takes the next position of a queue, at once and in the order of the calls.
    pub fn enqueue(&self, key: LockKey, max_waiting: usize) -> Result<LockTicket, QueueFull> {
        let (entry, turn) = self.queues.enqueue(key, max_waiting)?;
        Ok(LockTicket::new(Arc::clone(&self.queues), entry, turn))
    }

    /// Rejects all waiters of a queue; the holder stays.
    pub fn reject_queued(&self, key: &LockKey, why: Rejection) {
        self.queues.reject_queued(key, why);
    }

    /// Whether a ticket holds the queue.
    #[must_use]
    pub fn is_held(&self, key: &LockKey) -> bool {
        self.queues.is_held(key)
    }

    /// Whether a manual lock holds the queue.
    #[must_use]
    pub fn is_held_by_manual_lock(&self, key: &LockKey) -> bool {
        self.queues.is_held_by_manual_lock(key)
    }

    /// What is not known of the calls.
    #[must_use]
    pub const fn in_doubt(&self) -> &Arc<InDoubt> {
        &self.in_doubt
    }

    /// The agent sessions that are followed.
    #[must_use]
    pub const fn sessions(&self) -> &Arc<Sessions> {
        &self.sessions
    }

    /// A name for a new manual lock, or for an injector that discovers.
    #[must_use]
    pub fn new_lock_id(&self) -> LockId {
        LockId(self.lock_ids.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// How many queues are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queues.len()
    }

    /// Whether no queue is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
