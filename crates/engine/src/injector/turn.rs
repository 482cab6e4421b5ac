//! Taking a place in a line, within the bounds of the line and of the injector, and waiting for one's turn.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::{Engine, messages};
use crate::error::{Code, Error};
use crate::fleet::{Fleet, MARGIN};
use crate::lock::{LockTicket, QueueFull, Rejection};

/// Takes a place in a line and counts it, if somebody is ahead.
pub(super) fn enqueue(
    engine: &Arc<Engine>,
    call: &str,
    join: impl FnOnce(&Engine) -> Result<Result<LockTicket, QueueFull>, Error>,
) -> Result<(LockTicket, Option<Waiting>), Error> {
    let ticket = join(engine)?
        .map_err(|QueueFull| messages::queue_full(call, engine.config.max_waiting_per_call))?;
    let waiting = if ticket.is_waiting() {
        let waiting = Waiting::enter(engine);
        Some(waiting.ok_or_else(|| messages::injector_full(engine.config.max_waiting))?)
    } else {
        None
    };
    Ok((ticket, waiting))
}

/// How long the caller waits.
#[derive(Clone, Copy)]
pub(super) struct WaitLimits {
    /// For others.
    pub until: Instant,
    /// For an answer whether there are others.
    pub end: Instant,
}

/// Waits for the turn in the line of a call: in this process first, then in the fleet.
pub(super) async fn take_turn(
    engine: &Arc<Engine>,
    call: &Arc<str>,
    ticket: &mut LockTicket,
    waiting: &mut Option<Waiting>,
    limits: WaitLimits,
) -> Result<Result<(), Error>, Elapsed> {
    let turn = timeout_at(limits.until, ticket.turn()).await?;
    if let Err(why) = turn {
        return Ok(Err(messages::rejected(why)));
    }
    match &engine.parts.fleet {
        None => Ok(Ok(())),
        // Boxed, so that the thousands who may wait in this process do not each keep room for it.
        Some(fleet) => Box::pin(claim(engine, fleet, call, ticket, waiting, limits)).await,
    }
}

async fn claim(
    engine: &Arc<Engine>,
    fleet: &Fleet,
    call: &Arc<str>,
    ticket: &mut LockTicket,
    waiting: &mut Option<Waiting>,
    WaitLimits { until, end }: WaitLimits,
) -> Result<Result<(), Error>, Elapsed> {
    let need = engine.config.timeout + MARGIN;
    let claim = ticket.take_fleet_lock(need, || fleet.request_lock(&engine.scope, call));
    let turn = match timeout_at(end, claim.answered()).await? {
        Ok(true) => claim.granted(until).await,
        Ok(false) => match count_waiting(engine, waiting) {
            Ok(()) => timeout_at(until, claim.granted(until)).await?,
            full => full,
        },
        Err(error) => Err(error),
    };
    match &turn {
        Ok(()) => engine.observe_lease(claim.fence().is_some()),
        Err(error) if error.code == Code::AfterUnknown => {
            // Who waits behind in this process came no earlier than who waits in the fleet.
            let line = engine.lock_key(call);
            engine
                .parts
                .registry
                .reject_queued(&line, Rejection::AfterUnknown);
        }
        Err(_) => {}
    }
    Ok(turn)
}

fn count_waiting(engine: &Arc<Engine>, waiting: &mut Option<Waiting>) -> Result<(), Error> {
    if waiting.is_none() {
        let counted = Waiting::enter(engine);
        let full = || messages::injector_full(engine.config.max_waiting);
        *waiting = Some(counted.ok_or_else(full)?);
    }
    Ok(())
}

/// Counts one that waits, until dropped.
pub(super) struct Waiting(Arc<Engine>);

impl Waiting {
    /// `None` when the injector's bound is reached.
    fn enter(engine: &Arc<Engine>) -> Option<Self> {
        let max = engine.config.max_waiting;
        engine
            .waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
                (waiting < max).then_some(waiting + 1)
            })
            .ok()
            .map(|_| Self(Arc::clone(engine)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
