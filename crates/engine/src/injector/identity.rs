//! What every injection has from the moment it was asked for to its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderValue;
use tokio::time::Instant;
use uuid::Uuid;

use super::engine::Engine;
use super::in_flight::InFlightEntry;
use super::messages;
use crate::api::{Params, WireProfile};
use crate::error::Error;
use crate::in_doubt::Recipient;
use crate::outcome::Asked;

/// Names an injection, and says by what it is ended and since when it is under way.
pub(super) struct Identity {
    pub(super) engine: Arc<Engine>,
    /// The caller's number.
    pub(super) id: u64,
    /// Its place in the order in which the injector was asked.
    pub(super) place: u64,
    /// The name in the audit log and in events.
    pub(super) injection_id: Uuid,
    pub(super) timestamp: SystemTime,
    pub(super) started: Instant,
    /// Keeps it among what is under way.
    pub(super) entry: InFlightEntry,
    /// The call, where its id is valid.
    pub(super) call: Option<Arc<str>>,
    /// The caller's own name for it, where that is valid.
    pub(super) correlation_id: Option<HeaderValue>,
    /// `None` while the input is not known to be valid.
    pub(super) asked: Option<Asked>,
}

/// What the caller names an injection by. Each is told wherever it is valid, whatever else is wrong.
pub(super) struct Names {
    pub(super) call: Result<Arc<str>, Error>,
    pub(super) correlation_id: Result<Option<HeaderValue>, Error>,
}

impl Names {
    pub(super) fn of(profile: &dyn WireProfile, params: &Params) -> Self {
        Self {
            call: params.call(profile.params()),
            correlation_id: params.correlation_id(),
        }
    }

    /// The same, but for a panic: it ends the injection, which needs names before it can end.
    pub(super) fn or_none(profile: &dyn WireProfile, params: &Params) -> Self {
        catch_unwind(AssertUnwindSafe(|| Self::of(profile, params))).unwrap_or_else(|_| Self {
            call: Err(messages::dropped()),
            correlation_id: Err(messages::dropped()),
        })
    }
}

impl Identity {
    pub(super) fn new(engine: Arc<Engine>, id: u64, started: Instant, names: &Names) -> Self {
        let timestamp = engine.parts.clock.now();
        Self {
            id,
            place: engine.next_place(),
            entry: engine.in_flight.add(id),
            injection_id: engine.retries.injection_id(timestamp),
            timestamp,
            started,
            call: names.call.as_ref().ok().cloned(),
            correlation_id: names.correlation_id.as_ref().ok().cloned().flatten(),
            asked: None,
            engine,
        }
    }

    /// The input keeps all rules.
    pub(super) fn set_asked(&mut self, call: &Arc<str>, asked: &Asked) {
        self.entry.set_call(call);
        self.asked = Some(asked.clone());
    }

    /// Whom the digits are meant for, where that is valid.
    pub(super) fn recipient(&self) -> Option<Recipient> {
        let contact = self.asked.as_ref().and_then(|asked| asked.contact.as_ref());
        let call = self.call.as_ref()?;
        self.engine.recipient(call, contact)
    }
}
