//! The engine's events on their way to JavaScript.

use std::sync::Arc;

use super::failure::Failure;
use super::lane::Outbox;
use super::outcome_fields::OutcomeRecord;
use super::record::Record;
use super::times::whole_millis_up;
use cxone_dtmf_engine::event::{Event, EventSink};

/// Sends the engine's events down the lane.
pub struct LaneEvents {
    pub injector: f64,
    pub outbox: Arc<Outbox>,
}

impl EventSink for LaneEvents {
    fn emit(&self, event: Event) {
        match event {
            Event::Retrying {
                id,
                injection_id,
                call,
                attempt,
                max_attempts,
                delay,
                reason,
            } => self.outbox.push(&Record::Retrying {
                id,
                injection_id: injection_id.to_string(),
                call_id: &call,
                attempt,
                max_attempts,
                delay_ms: whole_millis_up(delay),
                reason: reason.as_str(),
            }),
            Event::Finished(outcome) => self.outbox.push(&OutcomeRecord(&outcome)),
            Event::Unmasked {
                id,
                injection_id,
                call,
                failure,
            } => self.outbox.push(&Record::Unmasked {
                id,
                injection_id: injection_id.to_string(),
                call_id: &call,
                error: failure.as_ref().map(Failure::from),
            }),
            Event::SessionEnded { session } => self.outbox.push(&Record::SessionEnded {
                injector: self.injector,
                session_id: &session,
            }),
            Event::SessionNotPolled { session, error } => {
                self.outbox.push(&Record::SessionNotHeard {
                    injector: self.injector,
                    session_id: &session,
                    error: Failure::from(&error),
                });
            }
            Event::WithoutLease => self.outbox.push(&Record::WithoutLease {
                injector: self.injector,
            }),
            Event::LockExpired { lock, call, limit } => self.outbox.push(&Record::LockExpired {
                injector: self.injector,
                lock: lock.0,
                call_id: &call,
                limit_ms: whole_millis_up(limit),
            }),
        }
    }
}
