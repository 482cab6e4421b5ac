//! A ticket in the queue of a call, and the wait for its turn: in this process first, then in the fleet.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::engine::Engine;
use super::manual_locks::ManualLockRef;
use super::messages;
use crate::error::{Code, Error};
use crate::fleet::{Fleet, MARGIN};
use crate::lock::{FleetLock, LockKey, LockTicket, Rejection};

/// A ticket, and the waiter that it counts as while others are ahead.
pub(super) type Queueing = (LockTicket, Option<OwnedSemaphorePermit>);

impl Engine {
    /// Takes a ticket in a queue that takes `max` waiters, within the bound of the injector.
    pub(super) fn enqueue(&self, call: &str, key: LockKey, max: usize) -> Result<Queueing, Error> {
        let ticket = self.parts.registry.enqueue(key, max);
        let ticket = ticket.map_err(|_| messages::queue_full(call, max))?;
        let waiting = ticket.is_waiting().then(|| self.capacity.wait());
        Ok((ticket, waiting.transpose()?))
    }
}

/// What keeps a call for one injection.
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

/// How long a caller waits for its turn.
#[derive(Clone, Copy)]
pub(super) struct WaitLimits {
    /// For others to finish.
    pub(super) turn: Instant,
    /// For the fleet to say whether there are others.
    pub(super) answer: Instant,
}

/// What a caller waited for when its time ran out.
#[derive(Clone, Copy)]
pub(super) enum WaitedFor {
    ThisProcess,
    Fleet,
}

/// Why the turn did not come.
pub(super) enum NoTurn {
    OutOfTime(WaitedFor),
    Failed(Error),
}

impl NoTurn {
    /// The error, where `out_of_time` is that of a wait that was too long.
    pub(super) fn or(self, out_of_time: impl FnOnce(WaitedFor) -> Error) -> Error {
        match self {
            Self::OutOfTime(waited_for) => out_of_time(waited_for),
            Self::Failed(error) => error,
        }
    }
}

impl From<Error> for NoTurn {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Rejection> for NoTurn {
    fn from(why: Rejection) -> Self {
        Self::Failed(messages::rejected(why))
    }
}

/// Waits for the turn in the queue of a call, and in the fleet where one is given.
pub(super) async fn take_turn(
    engine: &Engine,
    fleet: Option<&Fleet>,
    call: &Arc<str>,
    (ticket, waiting): (&mut LockTicket, &mut Option<OwnedSemaphorePermit>),
    limits: WaitLimits,
) -> Result<(), NoTurn> {
    loop {
        let turn = timeout_at(limits.turn, ticket.turn()).await;
        turn.map_err(|_| NoTurn::OutOfTime(WaitedFor::ThisProcess))??;
        if let Some(fleet) = fleet {
            let learning = Box::pin(engine.learn_session(fleet, call));
            let learned = timeout_at(limits.answer, learning).await;
            learned.map_err(|_| NoTurn::OutOfTime(WaitedFor::Fleet))??;
        }
        if !engine.join_session(call, (ticket, waiting))? {
            break;
        }
    }
    let call = &engine.call_key(call);
    let Some((fleet, scope)) = fleet.zip(engine.scope.get()) else {
        return Ok(());
    };
    let need = engine.config.timeout + MARGIN;
    let lock = ticket.take_fleet_lock(need, || fleet.request_lock(scope, call));
    // Boxed, so that the thousands that may wait in this process do not each keep room for it.
    let turn = Box::pin(async {
        let too_late = |_| NoTurn::OutOfTime(WaitedFor::Fleet);
        let answered = timeout_at(limits.answer, lock.answered()).await;
        let is_first = answered.map_err(too_late)??;
        if is_first {
            return Ok(lock.granted(limits.turn).await?);
        }
        if waiting.is_none() {
            *waiting = Some(engine.capacity.wait()?);
        }
        let granted = timeout_at(limits.turn, lock.granted(limits.turn)).await;
        Ok(granted.map_err(too_late)??)
    });
    let turn = turn.await;
    match &turn {
        Ok(()) => engine.observe_lease(lock.fence().is_some()),
        Err(NoTurn::Failed(error)) if error.code == Code::AfterUnknown => {
            // What waits behind in this process came no earlier than what waits in the fleet.
            if let Some(key) = engine.lock_key(call) {
                engine.reject_queued(&key, Rejection::AfterUnknown);
            }
        }
        Err(_) => {}
    }
    turn
}

/// The wait for the turn was too long.
pub(super) fn lock_timeout(engine: &Engine, call: &Arc<str>, waited_for: WaitedFor) -> Error {
    let registry = &engine.parts.registry;
    let by_hand =
        || (engine.lock_key(call)).is_some_and(|key| registry.is_held_by_manual_lock(&key));
    let why = match waited_for {
        WaitedFor::Fleet => "another process of the fleet holds it",
        WaitedFor::ThisProcess if by_hand() => {
            "this process holds it by a manual lock: pass { lock } to inject under it, or release it first"
        }
        WaitedFor::ThisProcess => "this process has not ended what came before on this call",
    };
    messages::lock_timeout(call, why)
}
