//! The way of one injection.

use std::iter;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use uuid::Uuid;

use super::manual_locks::ManualLockRef;
use super::recording::Masking;
use super::turn::{Waiting, enqueue};
use super::{Engine, messages};
use crate::api::{DeliveryPolicy, Params, Prepared, Trace};
use crate::cancel::{Cancel, closed};
use crate::config::{AfterUnknown, InjectionOptions};
use crate::delivery::Delivery;
use crate::error::{Code, Error, Response};
use crate::event::Event;
use crate::http::Witness;
use crate::lock::{FleetLock, LockKey, LockTicket, Rejection};
use crate::outcome::{Accepted, Outcome};
use crate::redact::Mask;
use crate::retry::Policy;

mod attempt;
mod cleanup;
mod playout;
mod press;
mod retry_loop;

use cleanup::Cleanup;
use playout::Playout;

/// One injection, in line from the moment it was begun. [`run`](Self::run) does the work.
///
/// Dropping it ends it: what was handed over then counts as unknown, and it still ends in one event.
pub struct Injection {
    engine: Arc<Engine>,
    id: u64,
    injection_id: Uuid,
    timestamp: SystemTime,
    started: Instant,
    granted: Option<Instant>,
    /// The number of the lease that it last had, where there is a fleet.
    fence: Option<u64>,
    cancel: Arc<Cancel>,
    /// What was asked for, or why it never began. Taken by `run`.
    active: Option<Result<ActiveInjection, Error>>,
    call: Option<Arc<str>>,
    carrier_compatible: Option<bool>,
    ticket: Option<LockTicket>,
    /// A share in the manual lock it is under.
    share: Option<ManualLockRef>,
    lines: Vec<LockKey>,
    delivery: Delivery,
    attempts: u32,
    attempt_time: Option<Duration>,
    witness: Option<Witness>,
    last_response: Option<Box<Response>>,
    /// What the platform took and plays.
    playout: Playout,
    /// The masking of the recording, where the caller asked for it.
    masking: Option<Masking>,
    intended: bool,
    /// How it ended, while the record is being told.
    ended: Option<Arc<Outcome>>,
    settled: bool,
}

/// What the work needs, once the input was found valid.
struct ActiveInjection {
    prepared: Prepared,
    waiting: Option<Waiting>,
    deadline: Instant,
    lock_until: Instant,
    under_lock: bool,
    delivery_policy: DeliveryPolicy,
    trace: Trace,
    policy: Policy,
    hide_digits: bool,
}

impl ActiveInjection {
    /// What hides the digits, as a whole and as they are sent; empty when they are to be shown.
    fn masks(&self) -> Vec<Mask> {
        if !self.hide_digits {
            return Vec::new();
        }
        let all = iter::once(&self.prepared.sequence);
        all.chain(&self.prepared.parts).map(Mask::new).collect()
    }
}

impl Injection {
    pub(super) fn begin(
        engine: Arc<Engine>,
        asked: Instant,
        id: u64,
        params: Params,
        options: &InjectionOptions,
    ) -> Self {
        let mut injection = Self::new(engine, asked, id);
        injection.active = Some(injection.enter_line(params, options));
        injection
    }

    pub(super) fn refused(engine: Arc<Engine>, id: u64, error: Error) -> Self {
        let mut injection = Self::new(engine, Instant::now(), id);
        injection.active = Some(Err(error));
        injection
    }

    fn new(engine: Arc<Engine>, started: Instant, id: u64) -> Self {
        let cancel = engine.in_flight.begin(id);
        let timestamp = engine.parts.clock.now();
        Self {
            id,
            injection_id: engine.new_injection_id(timestamp),
            timestamp,
            started,
            granted: None,
            fence: None,
            cancel,
            active: None,
            call: None,
            carrier_compatible: None,
            ticket: None,
            share: None,
            lines: Vec::new(),
            delivery: Delivery::NotSent,
            attempts: 0,
            attempt_time: None,
            witness: None,
            last_response: None,
            playout: Playout::default(),
            masking: None,
            intended: false,
            ended: None,
            settled: false,
            engine,
        }
    }

    /// Validates and takes the place in line, all before the caller goes on.
    fn enter_line(
        &mut self,
        params: Params,
        options: &InjectionOptions,
    ) -> Result<ActiveInjection, Error> {
        let engine = &self.engine;
        let prepared = engine.parts.profile.prepare(params)?;
        let allowed = options.deadline.unwrap_or(engine.config.deadline);
        playout::check_time(&prepared, allowed)?;
        self.call = Some(Arc::clone(&prepared.call));
        self.carrier_compatible = Some(prepared.sequence.carrier_compatible());
        engine.in_flight.belongs_to(self.id, &prepared.call);
        if engine.is_closed() {
            return Err(closed());
        }
        let config = &engine.config;
        let call_line = engine.lock_key(&prepared.call);
        let mut share = None;
        let (ticket, waiting) = enqueue(engine, &prepared.call, |engine| {
            let registry = &engine.parts.registry;
            let max = config.max_waiting_per_call;
            match options.lock {
                Some(lock) => {
                    let joined = engine.locks.join(registry, lock, &prepared.call, max)?;
                    Ok(joined.map(|(ticket, in_lock)| {
                        share = Some(in_lock);
                        ticket
                    }))
                }
                None => Ok(registry.enqueue(call_line.clone(), max)),
            }
        })?;
        // The call's line first: who is woken under the lock may hand the call on at once.
        self.lines = iter::once(call_line)
            .chain(options.lock.map(LockKey::Under))
            .collect();
        self.ticket = Some(ticket);
        self.share = share;
        self.playout = Playout::of(&prepared, config.playout);
        self.masking = (prepared.recording.clone())
            .map(|recording| Masking::new(recording, engine.maskings.token()));
        let lock_timeout = options.lock_timeout.unwrap_or(config.lock_timeout);
        Ok(ActiveInjection {
            hide_digits: config.mask_digits,
            prepared,
            waiting,
            deadline: self.started + allowed,
            lock_until: self.started + lock_timeout,
            under_lock: options.lock.is_some(),
            delivery_policy: DeliveryPolicy {
                atomic_server_errors: config.atomic_server_errors,
                resend_when_unknown: options
                    .resend_when_unknown
                    .clone()
                    .unwrap_or_else(|| config.resend_when_unknown.clone()),
            },
            trace: options.trace.clone(),
            policy: Policy {
                base: config.retry.base,
                cap: config.retry.cap,
                max_attempts: options.max_attempts.unwrap_or(1),
            },
        })
    }

    /// Ends the injection here and now, if it never got a place in line: nothing of it needs to wait.
    /// `None` when it has ended; then the event was emitted.
    #[must_use]
    pub fn end_if_refused(mut self) -> Option<Self> {
        match self.active.take() {
            Some(Err(error)) => {
                let outcome = self.outcome(Err(error));
                self.settle(&outcome);
                None
            }
            active => {
                self.active = active;
                Some(self)
            }
        }
    }

    /// Does the work and returns how it ended. The event was emitted before.
    pub async fn run(mut self) -> Arc<Outcome> {
        let result = match self.active.take() {
            Some(Ok(active)) => self.press(active).await,
            Some(Err(error)) => Err(error),
            None => Err(messages::dropped()),
        };
        let mut outcome = self.outcome(result);
        if self.intended
            && let Some(audit) = &self.engine.parts.audit
        {
            // Who drops it now must not hear of another end than the record.
            self.ended = Some(Arc::clone(&outcome));
            let logged = audit.outcome(Arc::clone(&outcome)).await;
            self.ended = None;
            Arc::make_mut(&mut outcome).logged = Some(logged);
        }
        self.settle(&outcome);
        outcome
    }

    /// The claim to the call, where there is a fleet: that of its own place, or of the lock it is under.
    fn claim(&self) -> Option<&Arc<dyn FleetLock>> {
        match &self.share {
            Some(share) => share.ticket.fleet_lock(),
            None => self.ticket.as_ref()?.fleet_lock(),
        }
    }

    /// The outcome of the whole injection: one unknown attempt makes it unknown, a refused one refused.
    fn outcome(&mut self, result: Result<Accepted, Error>) -> Arc<Outcome> {
        let result = result.map_err(|mut error| {
            error.delivery = error.delivery.max(self.delivery);
            error.digits_accepted = self.playout.accepted_in_parts();
            if error.delivery == Delivery::Unknown {
                error.retryable = false;
                if let Some(accepted) = error.digits_accepted.filter(|accepted| *accepted > 0) {
                    error.message =
                        messages::midway(accepted, self.playout.digits(), &error.message).into();
                } else if !matches!(error.code, Code::OutcomeUnknown | Code::Aborted) {
                    error.message = messages::OUTCOME_UNKNOWN.into();
                }
                if error.code != Code::Aborted {
                    error.code = Code::OutcomeUnknown;
                }
            }
            if error.response.is_none() {
                error.response = self.last_response.take();
            }
            error
        });
        let now = Instant::now();
        let granted = self.granted.unwrap_or(now);
        Arc::new(Outcome {
            id: self.id,
            injection_id: self.injection_id,
            call: self.call.clone(),
            carrier_compatible: self.carrier_compatible,
            digits: self.playout.digits(),
            timestamp: self.timestamp,
            queued: granted.duration_since(self.started),
            latency: now.duration_since(granted),
            attempt: self.attempt_time,
            attempts: self.attempts,
            fence: self.fence,
            playout: result.is_ok().then(|| self.playout.playout()).flatten(),
            unmasking: self.masking.as_ref().is_some_and(Masking::is_due),
            logged: self.intended.then_some(false),
            result,
        })
    }

    /// Tells the end. The place in line is given up last, so that events keep the order of the call, and not before
    /// the tones have been played and the recording is unmasked.
    fn settle(&mut self, outcome: &Arc<Outcome>) {
        self.settled = true;
        let engine = &self.engine;
        if outcome.delivery() == Delivery::Unknown
            && engine.config.after_unknown == AfterUnknown::RejectQueued
        {
            for line in &self.lines {
                engine
                    .parts
                    .registry
                    .reject_queued(line, Rejection::AfterUnknown);
            }
            if let Some(claim) = self.claim() {
                claim.reject_queued();
            }
        }
        tracing::debug!(
            injectionId = %self.injection_id,
            delivery = outcome.delivery().as_str(),
            code = outcome.result.as_ref().err().map(|error| error.code.as_str()),
            "settled"
        );
        engine.metrics.finished(outcome, self.granted.is_some());
        engine
            .parts
            .events
            .emit(Event::Finished(Arc::clone(outcome)));
        let (lock, active) = self.share.take().map_or((None, None), |share| {
            (Some(share.ticket), Some(share.active))
        });
        Cleanup {
            engine: Arc::clone(engine),
            id: self.id,
            injection_id: self.injection_id,
            call: self.call.clone(),
            tickets: (self.ticket.take(), lock),
            quiet_from: self.playout.quiet_from(),
            masking: self.masking.take().filter(Masking::is_due),
        }
        .begin();
        // Who releases the lock waits for this, not for the tones.
        drop(active);
        engine.in_flight.finished(self.id);
    }
}

impl Drop for Injection {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        if let Some(outcome) = self.ended.take() {
            return self.settle(&outcome);
        }
        let mut error = messages::dropped();
        if self
            .witness
            .as_ref()
            .is_some_and(|witness| !witness.revoke())
        {
            self.attempts += 1;
            self.playout.taken();
            error.delivery = Delivery::Unknown;
        }
        let outcome = self.outcome(Err(error));
        if self.intended
            && let Some(audit) = &self.engine.parts.audit
        {
            // Nobody is left to wait for it; it is on its way.
            drop(audit.outcome(Arc::clone(&outcome)));
        }
        self.settle(&outcome);
    }
}
