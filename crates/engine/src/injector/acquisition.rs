//! Acquiring, holding and releasing a manual lock.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::engine::Engine;
use super::in_flight::InFlightEntry;
use super::turn::{Queueing, WaitLimits, lock_timeout, take_turn};
use crate::cancel::{Scope, closed};
use crate::error::Error;
use crate::event::Event;
use crate::lock::{LockId, LockKey, LockTicket, Rejection};
use crate::payload;

/// How long a caller that does not wait for others waits for the fleet to say whether there are any: far longer than
/// the fleet's own bounds.
const FLEET_ANSWER: Duration = Duration::from_secs(5);

/// Waits for the lock of a call. Dropping it gives the ticket up.
pub struct Acquisition {
    engine: Arc<Engine>,
    entry: InFlightEntry,
    until: Instant,
    queued: Result<(Arc<str>, Queueing), Error>,
}

impl Acquisition {
    /// Takes the ticket, before the caller goes on.
    pub(super) fn begin(
        engine: Arc<Engine>,
        id: u64,
        call: Option<&str>,
        wait: Option<Duration>,
    ) -> Self {
        Self {
            entry: engine.in_flight.add(id),
            until: Instant::now() + wait.unwrap_or(engine.config.lock_timeout),
            queued: Self::enqueue(&engine, call),
            engine,
        }
    }

    fn enqueue(engine: &Engine, call: Option<&str>) -> Result<(Arc<str>, Queueing), Error> {
        if engine.in_flight.is_closed() {
            return Err(closed());
        }
        let call: Arc<str> = payload::required_id("callId", call.into())?.into();
        let queueing = engine.enqueue_for(&call)?;
        Ok((call, queueing))
    }

    /// Waits until the lock is ours.
    pub async fn run(self) -> Result<LockId, Error> {
        let Self {
            engine,
            entry,
            until,
            queued,
        } = self;
        let (call, (mut ticket, mut waiting)) = queued?;
        let limits = WaitLimits {
            turn: until,
            answer: until.max(Instant::now() + FLEET_ANSWER),
        };
        let fleet = engine.parts.fleet.as_ref();
        let turn = async {
            let discover = async || engine.base().await.map(drop);
            let queueing = (&mut ticket, &mut waiting);
            (engine.join_call(&call, queueing, limits.answer, discover)).await?;
            let queueing = (&mut ticket, &mut waiting);
            take_turn(&engine, fleet, &call, queueing, limits).await
        };
        let turn = entry.cancel.guard(Scope::Waiting, turn).await?;
        turn.map_err(|why| why.or(|waited_for| lock_timeout(&engine, &call, waited_for)))?;
        Ok(hold(&engine, call, ticket))
    }
}

fn hold(engine: &Arc<Engine>, call: Arc<str>, ticket: LockTicket) -> LockId {
    let id = engine.parts.registry.new_lock_id();
    ticket.mark_as_manual();
    let weak = Arc::downgrade(engine);
    let limit = engine.config.lock_hold;
    engine
        .locks
        .add(id, call, ticket, || tokio::spawn(expire(weak, id, limit)));
    if engine.in_flight.is_closed() {
        drop(engine.locks.take(id));
    }
    id
}

/// Ends a lock that is held too long, when what was begun under it has ended.
async fn expire(engine: Weak<Engine>, id: LockId, limit: Duration) {
    sleep(limit).await;
    let Some(engine) = engine.upgrade() else {
        return;
    };
    let Some(under) = engine.locks.begin_closing(id) else {
        return;
    };
    engine.reject_queued(&LockKey::Under(id), Rejection::LockExpired);
    under.wait().await;
    // No await follows: the lock ends this task.
    if let Some(lock) = engine.locks.take(id) {
        let call = Arc::clone(&lock.call);
        drop(lock);
        engine.parts.events.emit(Event::LockExpired {
            lock: id,
            call,
            limit,
        });
    }
}

/// Releases a lock when what was begun under it has ended.
pub(super) async fn release(engine: &Engine, id: LockId) {
    if let Some(under) = engine.locks.begin_closing(id) {
        under.wait().await;
        drop(engine.locks.take(id));
    }
}
