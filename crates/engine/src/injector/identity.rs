//! What every injection has from the moment it was asked for to its end.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;
use uuid::Uuid;

use super::engine::Engine;
use super::in_flight::InFlightEntry;
use crate::api::Prepared;

/// Names an injection, and says by what it is ended and since when it is under way.
pub(super) struct Identity {
    pub(super) engine: Arc<Engine>,
    /// The caller's number.
    pub(super) id: u64,
    /// The name in the audit log and in events.
    pub(super) injection_id: Uuid,
    pub(super) timestamp: SystemTime,
    pub(super) started: Instant,
    /// Keeps it among what is under way.
    pub(super) entry: InFlightEntry,
    /// `None` while the input is not known to be valid.
    pub(super) subject: Option<Subject>,
}

/// What the digits are and where they go, as far as it is told.
pub(super) struct Subject {
    pub(super) call: Arc<str>,
    pub(super) contact: Option<Arc<str>>,
    pub(super) carrier_compatible: bool,
    pub(super) digits: u32,
}

impl Identity {
    pub(super) fn new(engine: Arc<Engine>, id: u64, started: Instant) -> Self {
        let timestamp = engine.parts.clock.now();
        Self {
            id,
            entry: engine.in_flight.add(id),
            injection_id: engine.retries.injection_id(timestamp),
            timestamp,
            started,
            subject: None,
            engine,
        }
    }

    pub(super) fn set_subject(&mut self, prepared: &Prepared) {
        self.entry.set_call(&prepared.call);
        self.subject = Some(Subject {
            call: Arc::clone(&prepared.call),
            contact: prepared.contact.clone(),
            carrier_compatible: prepared.sequence.carrier_compatible(),
            digits: prepared.sequence.count(),
        });
    }
}
