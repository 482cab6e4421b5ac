//! The end of an injection: how it is told, and what is left to do afterwards.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::instrument::WithSubscriber as _;

use super::engine::Engine;
use super::identity::Identity;
use super::messages;
use super::playout::Playout;
use super::recording::{Masking, UNMASK_LIMIT};
use super::turn::Hold;
use crate::BoxFuture;
use crate::config::{AfterUnknown, PlayoutMode};
use crate::delivery::Delivery;
use crate::error::{Code, Error, Response};
use crate::event::Event;
use crate::fleet::MARGIN;
use crate::in_doubt::Recipient;
use crate::lock::{FleetLock, LockKey, Rejection};
use crate::outcome::{Accepted, Outcome};
use crate::payload::Sequence;

/// What became of the attempts so far.
#[derive(Default)]
pub(super) struct AttemptLog {
    /// When the turn came.
    pub(super) granted: Option<Instant>,
    /// The number of the lease that it had last, where there is a fleet.
    pub(super) fence: Option<u64>,
    /// The most that any attempt leaves open: one unknown attempt makes the injection unknown.
    pub(super) delivery: Delivery,
    pub(super) attempts: u32,
    pub(super) attempt_time: Option<Duration>,
    pub(super) last_response: Option<Box<Response>>,
    /// What the platform took, and how long it plays.
    pub(super) playout: Playout,
    /// The audit log may have an intent of it.
    pub(super) intended: bool,
}

/// An injection that has ended and was not told yet.
pub(super) struct Ended {
    identity: Identity,
    /// Given up last, so that events keep the order of the call.
    hold: Option<Hold>,
    outcome: Arc<Outcome>,
    was_granted: bool,
    /// The digits, where they had their turn.
    digits: Option<Sequence>,
    /// When the tones that may have been taken have been played.
    quiet_from: Option<Instant>,
    /// The recording that is masked, or may be.
    masking: Option<Masking>,
}

impl Ended {
    pub(super) fn new(
        identity: Identity,
        hold: Option<Hold>,
        log: AttemptLog,
        masking: Option<Masking>,
        result: Result<Accepted, Error>,
    ) -> Self {
        let masking = masking.filter(Masking::is_due);
        let was_granted = log.granted.is_some();
        let unmasking = masking.is_some();
        let quiet_from = log.playout.quiet_from();
        let outcome = outcome(&identity, log, unmasking, result);
        Self {
            identity,
            hold,
            outcome: Arc::new(outcome),
            was_granted,
            digits: None,
            quiet_from,
            masking,
        }
    }

    /// The same, of digits that had their turn.
    pub(super) fn after_pressing(mut self, digits: Sequence) -> Self {
        self.digits = Some(digits);
        self
    }

    /// The input broke a rule, or there was no room in the queue.
    pub(super) fn refused(identity: Identity, error: Error) -> Self {
        Self::new(identity, None, AttemptLog::default(), None, Err(error))
    }

    /// Writes the outcome into the audit log, where that has an intent of it.
    pub(super) async fn record(&mut self) {
        let logged = match self.recording() {
            Some(written) => written.await,
            None => return,
        };
        Arc::make_mut(&mut self.outcome).logged = Some(logged);
    }

    /// The same without waiting until it is written.
    pub(super) fn begin_record(&self) {
        drop(self.recording());
    }

    fn recording(&self) -> Option<BoxFuture<'_, bool>> {
        let audit = self.identity.engine.parts.audit.as_ref()?;
        (self.outcome.logged.is_some()).then(|| audit.outcome(Arc::clone(&self.outcome)))
    }

    /// Tells the end, gives the call up and returns the outcome. Where the recording is masked or tones play, the call
    /// is kept until that is over.
    pub(super) fn settle(self) -> Arc<Outcome> {
        self.remember();
        let Self {
            identity,
            hold,
            outcome,
            was_granted,
            digits: _,
            quiet_from,
            masking,
        } = self;
        let engine = &identity.engine;
        tracing::debug!(
            id = outcome.id,
            injectionId = %outcome.injection_id,
            delivery = outcome.delivery().as_str(),
            code = outcome.result.as_ref().err().map(|error| error.code.as_str()),
            "settled"
        );
        engine.metrics.finished(&outcome, was_granted);
        (engine.parts.events).emit(Event::Finished(Arc::clone(&outcome)));
        let holds = engine.config.playout == PlayoutMode::Hold;
        let blocks = outcome.delivery() == Delivery::Unknown && engine.blocks_elsewhere();
        let in_doubt = blocks.then(|| identity.recipient()).flatten();
        let waits = masking.is_some() || in_doubt.is_some() || (holds && quiet_from.is_some());
        let fleet_lock = hold.as_ref().and_then(Hold::fleet_lock).cloned();
        let cleanup = waits.then(|| Cleanup {
            fleet_lock,
            engine: Arc::clone(engine),
            outcome: Arc::clone(&outcome),
            quiet_from: quiet_from.filter(|_| holds || masking.is_some()),
            masking,
            in_doubt,
        });
        give_up(hold, cleanup);
        // After all of that, and not before the event: closing waits for it.
        drop(identity.entry);
        outcome
    }

    /// What the outcome means for the digits that follow. Digits without a turn leave nothing in doubt.
    fn remember(&self) {
        let (Some(recipient), Some(digits)) = (self.identity.recipient(), &self.digits) else {
            return;
        };
        let engine = &self.identity.engine;
        match self.outcome.delivery() {
            Delivery::Unknown => {
                let call = Arc::clone(&recipient.call);
                engine.leave_in_doubt(self.outcome.injection_id, recipient, digits);
                self.reject_queued(&call);
            }
            Delivery::Accepted => engine.not_in_doubt(&recipient, digits),
            Delivery::NotSent | Delivery::Refused => {}
        }
    }

    /// What waits behind an unknown outcome is not sent, unless the settings say so.
    fn reject_queued(&self, call: &Arc<str>) {
        let engine = &self.identity.engine;
        if engine.config.after_unknown == AfterUnknown::Continue {
            return;
        }
        // The call's queue first: a waiter woken under the lock may hand the call on at once.
        if let Some(key) = engine.lock_key(call) {
            engine.reject_queued(&key, Rejection::AfterUnknown);
        }
        let Some(hold) = &self.hold else {
            return;
        };
        if let Some(lock) = &hold.lock {
            engine.reject_queued(&LockKey::Under(lock.id), Rejection::AfterUnknown);
        }
        if let Some(lock) = hold.fleet_lock() {
            lock.reject_queued();
        }
    }
}

/// Gives the call up, after the cleanup where there is one.
fn give_up(mut hold: Option<Hold>, cleanup: Option<Cleanup>) {
    let under = (hold.as_mut()).and_then(|hold| hold.lock.take());
    let (lock_ticket, active) = under.map(|lock| (lock.ticket, lock.active)).unzip();
    let tickets = (hold, lock_ticket);
    // Without a runtime the process is ending, and with it everything that could be waited for.
    match cleanup.and_then(|cleanup| Some((cleanup, Handle::try_current().ok()?))) {
        Some((mut cleanup, runtime)) => {
            let given_up = async move {
                cleanup.run().await;
                // Last: what comes next must not be unmasked by this one.
                drop(tickets);
            };
            drop(runtime.spawn(given_up.with_current_subscriber()));
        }
        None => drop(tickets),
    }
    // Releasing the manual lock waits for the end of the injection, not for its tones.
    drop(active);
}

/// What the call is kept for when its injection has ended.
struct Cleanup {
    /// The fleet's lock on the call.
    fleet_lock: Option<Arc<dyn FleetLock>>,
    engine: Arc<Engine>,
    outcome: Arc<Outcome>,
    quiet_from: Option<Instant>,
    masking: Option<Masking>,
    /// What is to be told to the fleet, where the outcome is unknown.
    in_doubt: Option<Recipient>,
}

impl Cleanup {
    /// Where the lease on the call was lost, another process may press under a mask of its own. So a new one is waited
    /// for before the recording is unmasked; where it is not granted in time, nothing is sent.
    async fn regain_lock(&mut self) {
        let (Some(_), Some(lock)) = (&self.masking, &self.fleet_lock) else {
            return;
        };
        let engine = &self.engine;
        if lock.ensure(engine.config.timeout + MARGIN).await.is_ok() {
            return;
        }
        let fleet = engine.parts.fleet.as_ref().zip(engine.scope.get());
        if let (Some((fleet, scope)), Some(call)) = (fleet, &self.outcome.call) {
            let again = fleet.request_lock(scope, &engine.call_key(call));
            let until = Instant::now() + UNMASK_LIMIT;
            if matches!(timeout_at(until, again.granted(until)).await, Ok(Ok(()))) {
                self.fleet_lock = Some(again);
            }
        }
    }

    /// Waits until the tones have been played, and unmasks the recording.
    async fn run(&mut self) {
        if let Some(recipient) = self.in_doubt.take() {
            let injection = self.outcome.injection_id;
            (self.engine.block_elsewhere(injection, &recipient)).await;
        }
        if let Some(quiet_from) = self.quiet_from {
            sleep_until(quiet_from).await;
        }
        self.regain_lock().await;
        let Self {
            engine, outcome, ..
        } = self;
        let (Some(masking), Some(call)) = (&mut self.masking, &outcome.call) else {
            return;
        };
        let unmasked = masking.unmask(engine, self.fleet_lock.as_deref()).await;
        tracing::debug!(
            id = outcome.id,
            injectionId = %outcome.injection_id,
            done = unmasked.is_ok(),
            "unmasked the recording"
        );
        if unmasked.is_err() {
            engine.metrics.totals.unmask_failures.count();
        }
        engine.parts.events.emit(Event::Unmasked {
            id: outcome.id,
            injection_id: outcome.injection_id,
            call: Arc::clone(call),
            failure: unmasked.err(),
        });
    }
}

fn outcome(
    identity: &Identity,
    log: AttemptLog,
    unmasking: bool,
    result: Result<Accepted, Error>,
) -> Outcome {
    let now = Instant::now();
    let granted = log.granted.unwrap_or(now);
    Outcome {
        id: identity.id,
        injection_id: identity.injection_id,
        call: identity.call.clone(),
        correlation_id: identity.correlation_id.clone(),
        asked: identity.asked.clone(),
        timestamp: identity.timestamp,
        queued: granted.duration_since(identity.started),
        latency: now.duration_since(granted),
        attempt: log.attempt_time,
        attempts: log.attempts,
        fence: log.fence,
        playout: result.is_ok().then(|| log.playout.playout()).flatten(),
        unmasking,
        logged: log.intended.then_some(false),
        result: result.map_err(|error| last_error(error, log)),
    }
}

/// The error of the whole injection, where the last attempt failed with this one.
fn last_error(mut error: Error, log: AttemptLog) -> Error {
    let playout = &log.playout;
    error.delivery = error.delivery.max(log.delivery);
    error.digits_accepted = playout.accepted_in_parts();
    if error.delivery == Delivery::Unknown {
        error.retryable = false;
        let may_be_unknown = error.code.allows(Delivery::Unknown);
        if let Some(accepted) = error.digits_accepted.filter(|accepted| *accepted > 0) {
            error.message = messages::midway(accepted, playout.digits(), &error.message).into();
        } else if !may_be_unknown {
            error.message = messages::OUTCOME_UNKNOWN.into();
        }
        if !may_be_unknown {
            error.code = Code::OutcomeUnknown;
        }
    }
    if error.response.is_none() {
        error.response = log.last_response;
    }
    error
}
