//! A ticket in the queue of a call, and the wait for its turn: in this process first, then in the fleet.

use std::sync::Arc;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::capacity::Waiting;
use super::engine::Engine;
use super::messages;
use crate::error::{Code, Error};
use crate::fleet::{Fleet, MARGIN};
use crate::lock::{LockKey, LockTicket, Rejection};

/// A ticket, and the waiter that it counts as while others are ahead.
pub(super) struct InQueue {
    pub(super) ticket: LockTicket,
    pub(super) waiting: Option<Waiting>,
}

/// Takes a ticket in a queue, within the bounds of the queue and of the injector.
pub(super) fn enqueue(engine: &Engine, call: &str, key: LockKey) -> Result<InQueue, Error> {
    let max = engine.config.max_waiting_per_call;
    let ticket = engine.parts.registry.enqueue(key, max);
    let ticket = ticket.map_err(|_| messages::queue_full(call, max))?;
    let waiting = if ticket.is_waiting() {
        Some(engine.capacity.wait()?)
    } else {
        None
    };
    Ok(InQueue { ticket, waiting })
}

/// How long a caller waits for its turn.
#[derive(Clone, Copy)]
pub(super) struct WaitLimits {
    /// For others to finish.
    pub(super) turn: Instant,
    /// For the fleet to say whether there are others.
    pub(super) answer: Instant,
}

/// Waits for the turn in the queue of a call. The outer error is that the time ran out.
pub(super) async fn take_turn(
    engine: &Engine,
    call: &Arc<str>,
    in_queue: &mut InQueue,
    limits: WaitLimits,
) -> Result<Result<(), Error>, Elapsed> {
    let turn = timeout_at(limits.turn, in_queue.ticket.turn()).await?;
    if let Err(why) = turn {
        return Ok(Err(messages::rejected(why)));
    }
    match &engine.parts.fleet {
        None => Ok(Ok(())),
        // Boxed, so that the thousands that may wait in this process do not each keep room for it.
        Some(fleet) => Box::pin(take_fleet_turn(engine, fleet, call, in_queue, limits)).await,
    }
}

async fn take_fleet_turn(
    engine: &Engine,
    fleet: &Fleet,
    call: &Arc<str>,
    in_queue: &mut InQueue,
    limits: WaitLimits,
) -> Result<Result<(), Error>, Elapsed> {
    let need = engine.config.timeout + MARGIN;
    let new_lock = || fleet.request_lock(&engine.scope, call);
    let lock = in_queue.ticket.take_fleet_lock(need, new_lock);
    let turn = match timeout_at(limits.answer, lock.answered()).await? {
        Ok(true) => lock.granted(limits.turn).await,
        Ok(false) => match count_waiting(engine, in_queue) {
            Ok(()) => timeout_at(limits.turn, lock.granted(limits.turn)).await?,
            full => full,
        },
        Err(error) => Err(error),
    };
    match &turn {
        Ok(()) => engine.observe_lease(lock.fence().is_some()),
        Err(error) if error.code == Code::AfterUnknown => {
            // What waits behind in this process came no earlier than what waits in the fleet.
            engine.reject_queued(&engine.lock_key(call), Rejection::AfterUnknown);
        }
        Err(_) => {}
    }
    Ok(turn)
}

fn count_waiting(engine: &Engine, in_queue: &mut InQueue) -> Result<(), Error> {
    if in_queue.waiting.is_none() {
        in_queue.waiting = Some(engine.capacity.wait()?);
    }
    Ok(())
}
