//! A position in the queue of a call.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::call_queues::{CallQueues, QueueEntry, Turn};
use super::fleet_lock::FleetLock;
use super::key::LockKey;
use super::rejection::Rejection;

/// A position in a queue, held or waiting. Dropping it gives it up.
pub struct LockTicket {
    queues: Arc<CallQueues>,
    entry: QueueEntry,
    turn: Option<oneshot::Receiver<Turn>>,
    rejected: Option<Rejection>,
    fleet_lock: Option<Arc<dyn FleetLock>>,
}

impl LockTicket {
    pub(super) const fn new(
        queues: Arc<CallQueues>,
        entry: QueueEntry,
        turn: Option<oneshot::Receiver<Turn>>,
    ) -> Self {
        Self {
            queues,
            entry,
            turn,
            rejected: None,
            fleet_lock: None,
        }
    }

    /// Waits until the ticket holds the queue. Returns at once when it does already, or never will; safe to cancel.
    pub async fn turn(&mut self) -> Result<(), Rejection> {
        let Some(turn) = self.turn.as_mut() else {
            return self.rejected.map_or(Ok(()), Err);
        };
        // The sender stays in the queue until it has answered, so a closed channel cannot happen. If it did, what is
        // ahead would be in doubt, and in doubt nothing is sent.
        let answer = turn.await.unwrap_or(Err(Rejection::AfterUnknown));
        self.turn = None;
        self.rejected = answer.err();
        answer
    }

    /// Whether another ticket may still hold the queue.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.turn.is_some()
    }

    /// Names the queue.
    pub(crate) const fn key(&self) -> &LockKey {
        &self.entry.key
    }

    /// Whether it is one of the queue before the first discovery.
    pub(crate) const fn is_undiscovered(&self) -> bool {
        matches!(self.entry.key, LockKey::Undiscovered(_))
    }

    /// Takes the fleet lock of the queue, which this ticket must hold. Requests one where there is none, or where it is
    /// not reusable for that long.
    pub(crate) fn take_fleet_lock(
        &mut self,
        need: Duration,
        request: impl FnOnce() -> Arc<dyn FleetLock>,
    ) -> Arc<dyn FleetLock> {
        let fleet_lock = self.queues.fleet_lock(&self.entry.key, need, request);
        self.fleet_lock = Some(Arc::clone(&fleet_lock));
        fleet_lock
    }

    /// The fleet lock that was taken.
    #[must_use]
    pub(crate) const fn fleet_lock(&self) -> Option<&Arc<dyn FleetLock>> {
        self.fleet_lock.as_ref()
    }

    /// Marks the queue as held by a manual lock, for the error message of waiters that time out.
    pub(crate) fn mark_as_manual(&self) {
        self.queues.mark_as_manual(&self.entry.key);
    }
}

impl Drop for LockTicket {
    fn drop(&mut self) {
        self.queues.leave(&self.entry);
    }
}
