//! What keeps a call for one injection.

use std::sync::Arc;

use super::manual_locks::ManualLockRef;
use crate::lock::{FleetLock, LockTicket};

pub(super) struct Hold {
    /// In the queue of the call, or of the manual lock that the injection is under.
    pub(super) ticket: LockTicket,
    /// The manual lock.
    pub(super) lock: Option<ManualLockRef>,
}

impl Hold {
    /// The fleet's lock on the call, where there is a fleet: the ticket's own, or that of the manual lock.
    pub(super) fn fleet_lock(&self) -> Option<&Arc<dyn FleetLock>> {
        match &self.lock {
            Some(lock) => lock.ticket.fleet_lock(),
            None => self.ticket.fleet_lock(),
        }
    }
}
