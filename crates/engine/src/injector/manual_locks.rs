//! Locks that a program holds by hand, to press several sequences as one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::turn::{WaitLimits, Waiting, enqueue, take_turn};
use super::{Engine, Injector};
use crate::cancel::{Cancel, closed};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::lock::{LockId, LockKey, LockTicket, QueueFull, Registry, Rejection};
use crate::payload;

/// How long who does not wait waits for an answer whether there are others: far longer than the fleet's own bounds.
const ANSWER: Duration = Duration::from_secs(5);

/// The manual locks of one injector, sorted for the same reason as [`super::in_flight::InFlight`].
#[derive(Default)]
pub(super) struct ManualLocks(Mutex<BTreeMap<LockId, Held>>);

struct Held {
    call: Arc<str>,
    /// Holds the call's line. Shared with everything under way under the lock: however the lock ends,
    /// nobody else's turn comes before they have ended.
    ticket: Arc<LockTicket>,
    /// What was begun under the lock and has not ended.
    under: TaskTracker,
    /// Nothing new may begin under it.
    closing: bool,
    expiry: AbortHandle,
}

/// The share of an injection in the manual lock it is under.
pub(super) struct ManualLockRef {
    /// Keeps the call's line.
    pub ticket: Arc<LockTicket>,
    /// Keeps the lock from being released.
    pub active: TaskTrackerToken,
}

impl ManualLocks {
    /// Takes a place among what is pressed under a lock, and a share in the lock.
    pub fn join(
        &self,
        registry: &Arc<Registry>,
        lock: LockId,
        call: &str,
        max_waiting: usize,
    ) -> Result<Result<(LockTicket, ManualLockRef), QueueFull>, Error> {
        let held = self.held();
        let Some(lock_held) = held.get(&lock).filter(|held| !held.closing) else {
            return Err(Error::not_sent(
                Code::Lock,
                "the lock is released, has expired, or belongs to another injector: acquire a new one",
            ));
        };
        if &*lock_held.call != call {
            return Err(Error::not_sent(
                Code::Lock,
                "the lock belongs to another call: acquire one for this call",
            ));
        }
        let ticket = registry.enqueue(LockKey::Under(lock), max_waiting);
        Ok(ticket.map(|ticket| {
            let share = ManualLockRef {
                ticket: Arc::clone(&lock_held.ticket),
                active: lock_held.under.token(),
            };
            (ticket, share)
        }))
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        self.held().len()
    }

    /// Releases all without waiting for anything; the lines of their calls pass on when what is under them has ended.
    pub fn release_all(&self) {
        let all = std::mem::take(&mut *self.held());
        for held in all.values() {
            held.expiry.abort();
        }
    }

    /// Lets nothing new begin under the lock, and gives what is left under it. `None` when it is not held.
    fn begin_closing(&self, lock: LockId) -> Option<TaskTracker> {
        self.held().get_mut(&lock).map(|held| {
            held.closing = true;
            held.under.close();
            held.under.clone()
        })
    }

    fn remove(&self, lock: LockId) -> Option<Arc<str>> {
        let held = self.held().remove(&lock)?;
        held.expiry.abort();
        Some(Arc::clone(&held.call))
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<LockId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Injector {
    /// Begins to acquire the lock of a call by hand. `wait` overrides [`crate::config::Config::lock_timeout`].
    #[must_use]
    pub fn acquire_lock(&self, id: u64, call: Option<&str>, wait: Option<Duration>) -> Acquisition {
        let engine = Arc::clone(&self.0);
        let cancel = engine.in_flight.begin(id);
        let until = Instant::now() + wait.unwrap_or(engine.config.lock_timeout);
        let ticket = enter_line(&engine, call);
        Acquisition {
            engine,
            id,
            cancel,
            until,
            ticket: Some(ticket),
        }
    }

    /// Releases a manual lock after what was begun under it has ended.
    /// A lock that is no longer held, because its time ran out or the injector closed, needs no release.
    pub async fn release_lock(&self, lock: LockId) {
        release(&self.0, lock).await;
    }
}

type InLine = (Arc<str>, LockTicket, Option<Waiting>);

fn enter_line(engine: &Arc<Engine>, call: Option<&str>) -> Result<InLine, Error> {
    if engine.is_closed() {
        return Err(closed());
    }
    let call: Arc<str> = payload::required_id("callId", call)?.into();
    let (ticket, waiting) = enqueue(engine, &call, |engine| {
        Ok(engine
            .parts
            .registry
            .enqueue(engine.lock_key(&call), engine.config.max_waiting_per_call))
    })?;
    Ok((call, ticket, waiting))
}

/// Waits for the lock of a call. Dropping it gives the place in line up.
pub struct Acquisition {
    engine: Arc<Engine>,
    id: u64,
    cancel: Arc<Cancel>,
    until: Instant,
    ticket: Option<Result<InLine, Error>>,
}

impl Acquisition {
    /// Waits until the lock is ours.
    pub async fn run(mut self) -> Result<LockId, Error> {
        let Some(in_line) = self.ticket.take() else {
            return Err(closed());
        };
        let (call, mut ticket, mut waiting) = in_line?;
        let limits = WaitLimits {
            until: self.until,
            end: self.until.max(Instant::now() + ANSWER),
        };
        let turn = take_turn(&self.engine, &call, &mut ticket, &mut waiting, limits);
        tokio::select! {
            biased;
            ended = self.cancel.waiting_ended() => return Err(ended),
            turn = turn => match turn {
                Ok(turn) => turn?,
                Err(_) => return Err(super::messages::lock_timeout(&self.engine, &call)),
            },
        }
        drop(waiting);
        Ok(hold(&self.engine, call, ticket))
    }
}

impl Drop for Acquisition {
    fn drop(&mut self) {
        self.engine.in_flight.finished(self.id);
    }
}

fn hold(engine: &Arc<Engine>, call: Arc<str>, ticket: LockTicket) -> LockId {
    let lock = engine.parts.registry.new_lock_id();
    ticket.mark_as_manual();
    // Held over both: an expiry that came before its lock would find nothing to end.
    let mut held = engine.locks.held();
    let expiry = tokio::spawn(expire(
        Arc::downgrade(engine),
        lock,
        engine.config.lock_hold,
    ))
    .abort_handle();
    held.insert(
        lock,
        Held {
            call,
            ticket: Arc::new(ticket),
            under: TaskTracker::new(),
            closing: false,
            expiry,
        },
    );
    drop(held);
    if engine.is_closed() {
        engine.locks.remove(lock);
    }
    lock
}

async fn expire(engine: Weak<Engine>, lock: LockId, limit: Duration) {
    sleep(limit).await;
    let Some(engine) = engine.upgrade() else {
        return;
    };
    let Some(under) = engine.locks.begin_closing(lock) else {
        return;
    };
    engine
        .parts
        .registry
        .reject_queued(&LockKey::Under(lock), Rejection::LockExpired);
    under.wait().await;
    // Not `remove`: it would abort this very task.
    let released = engine.locks.held().remove(&lock);
    if let Some(held) = released {
        let call = Arc::clone(&held.call);
        drop(held);
        engine
            .parts
            .events
            .emit(Event::LockExpired { lock, call, limit });
    }
}

async fn release(engine: &Arc<Engine>, lock: LockId) {
    if let Some(under) = engine.locks.begin_closing(lock) {
        under.wait().await;
        engine.locks.remove(lock);
    }
}
