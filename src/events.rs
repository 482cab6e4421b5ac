//! The engine's events on their way to JavaScript.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::{Answered, Failure};
use super::outbox::Outbox;
use super::outcome_fields::Entry;
use super::record::{
    Finished, LeasesAgain, LockExpired, Retrying, SessionEnded, SessionEvent, SessionNotHeard,
    Unmasked, WithoutLease,
};
use super::times::whole_millis_up;
use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::event::{Event, EventSink};
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::timestamp::rfc3339_millis;

/// Sends the engine's events down the lane.
pub struct LaneEvents {
    injector: f64,
    outbox: Arc<Outbox>,
    /// Whether there is a fleet, whose fences entries show.
    fleet: bool,
    /// Whether monitors listen.
    shows_answers: AtomicBool,
}

impl LaneEvents {
    pub const fn new(injector: f64, outbox: Arc<Outbox>, fleet: bool) -> Self {
        Self {
            injector,
            outbox,
            fleet,
            shows_answers: AtomicBool::new(false),
        }
    }

    pub fn show_answers(&self, shown: bool) {
        self.shows_answers.store(shown, Ordering::Relaxed);
    }
}

impl LaneEvents {
    fn finished<'a>(&self, outcome: &'a Outcome) -> Finished<'a> {
        let fleet = self.fleet;
        Finished::of(Entry { outcome, fleet })
    }
}

impl LaneEvents {
    fn of_session(&self, event: Event) {
        let (outbox, injector) = (&self.outbox, self.injector);
        match event {
            Event::Session {
                follower,
                session,
                received,
                names,
                shown,
                clear,
            } => outbox.push(&SessionEvent {
                injector,
                id: follower,
                session_id: &session,
                kind: &names.kind,
                contact_id: names.contact.as_deref(),
                status: names.status.as_deref(),
                timestamp: rfc3339_millis(received),
                event: &shown,
                clear: clear.as_ref(),
            }),
            Event::SessionEnded { follower, session } => outbox.push(&SessionEnded {
                injector,
                id: follower,
                session_id: &session,
            }),
            Event::SessionNotPolled {
                follower,
                session,
                error,
            } => outbox.push(&SessionNotHeard {
                injector,
                id: follower,
                session_id: &session,
                error: Failure::from(&error),
                answer: Answered::of(&error),
            }),
            _ => {}
        }
    }
}

impl EventSink for LaneEvents {
    fn emit(&self, event: Event) {
        let (outbox, injector) = (&self.outbox, self.injector);
        match event {
            Event::Retrying {
                id,
                injection_id,
                call,
                attempt,
                max_attempts,
                delay,
                reason,
            } => outbox.push(&Retrying {
                id,
                injection_id,
                call_id: &call,
                attempt,
                max_attempts,
                delay_ms: whole_millis_up(delay),
                reason: reason.as_str(),
            }),
            Event::Finished(outcome) => outbox.push(&self.finished(&outcome)),
            Event::Unmasked {
                id,
                injection_id,
                call,
                failure,
            } => outbox.push(&Unmasked {
                id,
                injection_id,
                call_id: &call,
                error: failure.as_ref().map(Failure::from),
                answer: failure.as_ref().and_then(Answered::of),
            }),
            session @ (Event::Session { .. }
            | Event::SessionEnded { .. }
            | Event::SessionNotPolled { .. }) => self.of_session(session),
            Event::WithoutLease { away } => outbox.push(&WithoutLease {
                injector,
                away_ms: whole_millis_up(away),
            }),
            Event::LeasesAgain { after } => outbox.push(&LeasesAgain {
                injector,
                after_ms: whole_millis_up(after),
            }),
            Event::LockExpired { lock, call, limit } => outbox.push(&LockExpired {
                injector,
                lock: lock.0,
                call_id: &call,
                limit_ms: whole_millis_up(limit),
            }),
        }
    }

    fn shows_answers(&self) -> bool {
        self.shows_answers.load(Ordering::Relaxed)
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.outbox.room())
    }
}
