//! The way of one injection.

use std::iter;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{Engine, Waiting, explanation};
use crate::api::{Params, Prepared, Terms};
use crate::cancel::{Cancel, closed};
use crate::channel::{Channel, Dismissal, LineFull, Place};
use crate::config::{AfterUnknown, InjectionOptions};
use crate::delivery::Delivery;
use crate::error::{Code, Error, Response};
use crate::event::Event;
use crate::mask::Mask;
use crate::outcome::{Accepted, Outcome};
use crate::retry::{Policy, Progress};
use crate::transport::Witness;

mod attempt;
mod resend;

/// One injection, in line from the moment it was begun. [`run`](Self::run) does the work.
///
/// Dropping it ends it: what was handed over then counts as unknown, and it still ends in one event.
pub struct Journey {
    engine: Arc<Engine>,
    id: u64,
    injection_id: Uuid,
    timestamp: SystemTime,
    started: Instant,
    granted: Option<Instant>,
    cancel: Arc<Cancel>,
    /// What was asked for, or why it never began. Taken by `run`.
    begun: Option<Result<Begun, Error>>,
    call: Option<Arc<str>>,
    carrier_compatible: Option<bool>,
    place: Option<Place>,
    /// A share in the place of the manual lock it is under.
    lock: Option<Arc<Place>>,
    lines: Vec<Channel>,
    delivery: Delivery,
    attempts: u32,
    attempt_time: Option<Duration>,
    witness: Option<Witness>,
    last_response: Option<Box<Response>>,
    intended: bool,
    /// How it ended, while the record is being told.
    ended: Option<Arc<Outcome>>,
    settled: bool,
}

/// What the work needs, once the input was found valid.
struct Begun {
    prepared: Prepared,
    waiting: Option<Waiting>,
    deadline: Instant,
    lock_until: Instant,
    under_lock: bool,
    terms: Terms,
    policy: Policy,
    mask: Option<Mask>,
}

/// Takes a place in a line and counts it, if somebody is ahead.
pub(super) fn join_line(
    engine: &Arc<Engine>,
    call: &str,
    join: impl FnOnce(&Engine) -> Result<Result<Place, LineFull>, Error>,
) -> Result<(Place, Option<Waiting>), Error> {
    let place = join(engine)?
        .map_err(|LineFull| explanation::line_full(call, engine.config.max_waiting_per_call))?;
    let waiting = if place.is_waiting() {
        let waiting = Waiting::enter(engine);
        Some(waiting.ok_or_else(|| explanation::injector_full(engine.config.max_waiting))?)
    } else {
        None
    };
    Ok((place, waiting))
}

impl Journey {
    pub(super) fn begin(
        engine: Arc<Engine>,
        id: u64,
        params: Params,
        options: &InjectionOptions,
    ) -> Self {
        let mut journey = Self::new(engine, id);
        journey.begun = Some(journey.enter_line(params, options));
        journey
    }

    pub(super) fn refused(engine: Arc<Engine>, id: u64, error: Error) -> Self {
        let mut journey = Self::new(engine, id);
        journey.begun = Some(Err(error));
        journey
    }

    fn new(engine: Arc<Engine>, id: u64) -> Self {
        let cancel = engine.live.begin(id);
        Self {
            id,
            injection_id: Uuid::now_v7(),
            timestamp: engine.parts.clock.now(),
            started: Instant::now(),
            granted: None,
            cancel,
            begun: None,
            call: None,
            carrier_compatible: None,
            place: None,
            lock: None,
            lines: Vec::new(),
            delivery: Delivery::NotSent,
            attempts: 0,
            attempt_time: None,
            witness: None,
            last_response: None,
            intended: false,
            ended: None,
            settled: false,
            engine,
        }
    }

    /// Validates and takes the place in line, all before the caller goes on.
    fn enter_line(&mut self, params: Params, options: &InjectionOptions) -> Result<Begun, Error> {
        let engine = &self.engine;
        let prepared = engine.parts.profile.prepare(params)?;
        self.call = Some(Arc::clone(&prepared.call));
        self.carrier_compatible = Some(prepared.sequence.carrier_compatible());
        if engine.is_closed() {
            return Err(closed());
        }
        let config = &engine.config;
        let call_line = engine.line_of(&prepared.call);
        let mut lock_held = None;
        let (place, waiting) = join_line(engine, &prepared.call, |engine| {
            let registry = &engine.parts.registry;
            let max = config.max_waiting_per_call;
            match options.lock {
                Some(lock) => {
                    let joined = engine.locks.join(registry, lock, &prepared.call, max)?;
                    Ok(joined.map(|(place, held)| {
                        lock_held = Some(held);
                        place
                    }))
                }
                None => Ok(registry.join(call_line.clone(), max)),
            }
        })?;
        // The call's line first: who is woken under the lock may hand the call on at once.
        self.lines = iter::once(call_line)
            .chain(options.lock.map(Channel::Under))
            .collect();
        self.place = Some(place);
        self.lock = lock_held;
        let deadline = self.started + options.deadline.unwrap_or(config.deadline);
        let lock_timeout = options.lock_timeout.unwrap_or(config.lock_timeout);
        Ok(Begun {
            mask: config.mask_digits.then(|| Mask::new(&prepared.sequence)),
            prepared,
            waiting,
            deadline,
            lock_until: self.started + lock_timeout,
            under_lock: options.lock.is_some(),
            terms: Terms {
                atomic_server_errors: config.atomic_server_errors,
                resend_when_unknown: options
                    .resend_when_unknown
                    .clone()
                    .unwrap_or_else(|| config.resend_when_unknown.clone()),
            },
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
        match self.begun.take() {
            Some(Err(error)) => {
                let outcome = self.outcome(Err(error));
                self.settle(&outcome);
                None
            }
            begun => {
                self.begun = begun;
                Some(self)
            }
        }
    }

    /// Does the work and returns how it ended. The event was emitted before.
    pub async fn run(mut self) -> Arc<Outcome> {
        let result = match self.begun.take() {
            Some(Ok(begun)) => self.press(begun).await,
            Some(Err(error)) => Err(error),
            None => Err(explanation::dropped()),
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

    async fn press(&mut self, mut begun: Begun) -> Result<Accepted, Error> {
        self.wait_for_turn(&begun).await?;
        begun.waiting = None;
        self.granted = Some(Instant::now());
        let mut progress = Progress::default();
        let mut new_connection = false;
        loop {
            let attempted = self.attempt(&begun, new_connection).await;
            // Until here a failure within the engine would have counted as unknown.
            self.witness = None;
            let failed = match attempted {
                Ok(accepted) => {
                    let uptime = self.engine.uptime();
                    self.engine.budget().give_back(uptime);
                    return Ok(accepted);
                }
                Err(failed) => failed,
            };
            self.delivery = self.delivery.max(failed.verdict.delivery);
            new_connection = self.wait_to_resend(&begun, &mut progress, failed).await?;
        }
    }

    async fn wait_for_turn(&mut self, begun: &Begun) -> Result<(), Error> {
        let Some(place) = self.place.as_mut() else {
            return Err(explanation::dropped());
        };
        let until = begun.lock_until.min(begun.deadline);
        tokio::select! {
            biased;
            ended = self.cancel.waiting_ended() => Err(ended),
            turn = timeout_at(until, place.turn()) => match turn {
                Ok(turn) => turn.map_err(explanation::dismissed),
                Err(_) if begun.deadline <= begun.lock_until => Err(explanation::deadline()),
                Err(_) if begun.under_lock => Err(explanation::lock_timeout_under_lock(&begun.prepared.call)),
                Err(_) => Err(explanation::lock_timeout(&self.engine, &begun.prepared.call)),
            },
        }
    }

    /// The outcome of the whole injection: one unknown attempt makes it unknown, a refused one refused.
    fn outcome(&mut self, result: Result<Accepted, Error>) -> Arc<Outcome> {
        let result = result.map_err(|mut error| {
            error.delivery = error.delivery.max(self.delivery);
            if error.delivery == Delivery::Unknown {
                error.retryable = false;
                if !matches!(error.code, Code::OutcomeUnknown | Code::Aborted) {
                    error.code = Code::OutcomeUnknown;
                    error.message = explanation::OUTCOME_UNKNOWN.into();
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
            timestamp: self.timestamp,
            queued: granted.duration_since(self.started),
            latency: now.duration_since(granted),
            attempt: self.attempt_time,
            attempts: self.attempts,
            logged: self.intended.then_some(false),
            result,
        })
    }

    /// Tells the end. The place in line is given up last, so that events keep the order of the call.
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
                    .dismiss_waiting(line, Dismissal::AfterUnknown);
            }
        }
        engine.metrics.finished(outcome);
        engine
            .parts
            .events
            .emit(Event::Finished(Arc::clone(outcome)));
        self.place = None;
        self.lock = None;
        engine.live.finished(self.id);
    }
}

impl Drop for Journey {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        if let Some(outcome) = self.ended.take() {
            return self.settle(&outcome);
        }
        let mut error = explanation::dropped();
        if self
            .witness
            .as_ref()
            .is_some_and(|witness| !witness.revoke())
        {
            self.attempts += 1;
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
