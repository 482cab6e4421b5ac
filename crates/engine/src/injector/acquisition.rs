//! Acquiring, holding and releasing a manual lock.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::engine::Engine;
use super::messages;
use super::turn::{InQueue, WaitLimits, enqueue, take_turn};
use crate::cancel::{Cancel, Scope, closed};
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
    id: u64,
    cancel: Arc<Cancel>,
    until: Instant,
    queued: Option<Result<(Arc<str>, InQueue), Error>>,
}

impl Acquisition {
    /// Takes the ticket, before the caller goes on.
    pub(super) fn begin(
        engine: Arc<Engine>,
        id: u64,
        call: Option<&str>,
        wait: Option<Duration>,
    ) -> Self {
        let cancel = engine.in_flight.add(id);
        let until = Instant::now() + wait.unwrap_or(engine.config.lock_timeout);
        let queued = Self::enqueue(&engine, call);
        Self {
            engine,
            id,
            cancel,
            until,
            queued: Some(queued),
        }
    }

    fn enqueue(engine: &Engine, call: Option<&str>) -> Result<(Arc<str>, InQueue), Error> {
        if engine.in_flight.is_closed() {
            return Err(closed());
        }
        let call: Arc<str> = payload::required_id("callId", call)?.into();
        let in_queue = enqueue(engine, &call, engine.lock_key(&call))?;
        Ok((call, in_queue))
    }

    /// Waits until the lock is ours.
    pub async fn run(mut self) -> Result<LockId, Error> {
        let Some(queued) = self.queued.take() else {
            return Err(closed());
        };
        let (call, mut in_queue) = queued?;
        let limits = WaitLimits {
            turn: self.until,
            answer: self.until.max(Instant::now() + FLEET_ANSWER),
        };
        let turn = take_turn(&self.engine, &call, &mut in_queue, limits);
        match self.cancel.guard(Scope::Waiting, turn).await? {
            Ok(turn) => turn?,
            Err(_) => return Err(messages::lock_timeout(&call, self.held_by_hand(&call))),
        }
        Ok(hold(&self.engine, call, in_queue.ticket))
    }

    fn held_by_hand(&self, call: &Arc<str>) -> bool {
        let key = self.engine.lock_key(call);
        self.engine.parts.registry.is_held_by_manual_lock(&key)
    }
}

impl Drop for Acquisition {
    fn drop(&mut self) {
        self.engine.in_flight.remove(self.id);
    }
}

fn hold(engine: &Arc<Engine>, call: Arc<str>, ticket: LockTicket) -> LockId {
    let id = engine.parts.registry.new_lock_id();
    ticket.mark_as_manual();
    let weak = Arc::downgrade(engine);
    let limit = engine.config.lock_hold;
    engine.locks.add(id, call, ticket, || {
        tokio::spawn(expire(weak, id, limit)).abort_handle()
    });
    if engine.in_flight.is_closed() {
        engine.locks.remove(id);
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
    if let Some(call) = engine.locks.expire(id) {
        let event = Event::LockExpired {
            lock: id,
            call,
            limit,
        };
        engine.parts.events.emit(event);
    }
}

/// Releases a lock when what was begun under it has ended.
pub(super) async fn release(engine: &Engine, id: LockId) {
    if let Some(under) = engine.locks.begin_closing(id) {
        under.wait().await;
        engine.locks.remove(id);
    }
}
