//! Locks that a program holds by hand, to press several sequences as one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::line::{Patience, Waiting, join_line, take_turn};
use super::{Engine, Injector};
use crate::cancel::{Cancel, closed};
use crate::channel::{Channel, Dismissal, LineFull, LockId, Place, Registry};
use crate::dtmf;
use crate::error::{Code, Error};
use crate::event::Event;

/// How long who does not wait waits for an answer whether there are others: far longer than the fleet's own bounds.
const ANSWER: Duration = Duration::from_secs(5);

/// The manual locks of one injector, sorted for the same reason as [`super::live::Live`].
#[derive(Default)]
pub(super) struct ManualLocks(Mutex<BTreeMap<LockId, Held>>);

struct Held {
    call: Arc<str>,
    /// Holds the call's line. Shared with everything under way under the lock: however the lock ends,
    /// nobody else's turn comes before they have ended.
    place: Arc<Place>,
    /// What was begun under the lock and has not ended.
    under: TaskTracker,
    /// Nothing new may begin under it.
    closing: bool,
    expiry: AbortHandle,
}

/// The share of an injection in the manual lock it is under.
pub(super) struct Share {
    /// Keeps the call's line.
    pub place: Arc<Place>,
    /// Keeps the lock from being released.
    pub begun: TaskTrackerToken,
}

impl ManualLocks {
    /// Takes a place among what is pressed under a lock, and a share in the lock.
    pub fn join(
        &self,
        registry: &Arc<Registry>,
        lock: LockId,
        call: &str,
        max_waiting: usize,
    ) -> Result<Result<(Place, Share), LineFull>, Error> {
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
        let place = registry.join(Channel::Under(lock), max_waiting);
        Ok(place.map(|place| {
            let share = Share {
                place: Arc::clone(&lock_held.place),
                begun: lock_held.under.token(),
            };
            (place, share)
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
        let cancel = engine.live.begin(id);
        let until = Instant::now() + wait.unwrap_or(engine.config.lock_timeout);
        let place = enter_line(&engine, call);
        Acquisition {
            engine,
            id,
            cancel,
            until,
            place: Some(place),
        }
    }

    /// Releases a manual lock after what was begun under it has ended.
    /// A lock that is no longer held, because its time ran out or the injector closed, needs no release.
    pub async fn release_lock(&self, lock: LockId) {
        release(&self.0, lock).await;
    }
}

type InLine = (Arc<str>, Place, Option<Waiting>);

fn enter_line(engine: &Arc<Engine>, call: Option<&str>) -> Result<InLine, Error> {
    if engine.is_closed() {
        return Err(closed());
    }
    let call: Arc<str> = dtmf::required_id("callId", call)?.into();
    let (place, waiting) = join_line(engine, &call, |engine| {
        Ok(engine
            .parts
            .registry
            .join(engine.line_of(&call), engine.config.max_waiting_per_call))
    })?;
    Ok((call, place, waiting))
}

/// Waits for the lock of a call. Dropping it gives the place in line up.
pub struct Acquisition {
    engine: Arc<Engine>,
    id: u64,
    cancel: Arc<Cancel>,
    until: Instant,
    place: Option<Result<InLine, Error>>,
}

impl Acquisition {
    /// Waits until the lock is ours.
    pub async fn run(mut self) -> Result<LockId, Error> {
        let Some(in_line) = self.place.take() else {
            return Err(closed());
        };
        let (call, mut place, mut waiting) = in_line?;
        let patience = Patience {
            until: self.until,
            end: self.until.max(Instant::now() + ANSWER),
        };
        let turn = take_turn(&self.engine, &call, &mut place, &mut waiting, patience);
        tokio::select! {
            biased;
            ended = self.cancel.waiting_ended() => return Err(ended),
            turn = turn => match turn {
                Ok(turn) => turn?,
                Err(_) => return Err(super::explanation::lock_timeout(&self.engine, &call)),
            },
        }
        drop(waiting);
        Ok(hold(&self.engine, call, place))
    }
}

impl Drop for Acquisition {
    fn drop(&mut self) {
        self.engine.live.finished(self.id);
    }
}

fn hold(engine: &Arc<Engine>, call: Arc<str>, place: Place) -> LockId {
    let lock = engine.parts.registry.new_lock_id();
    place.mark_as_manual();
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
            place: Arc::new(place),
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
        .dismiss_waiting(&Channel::Under(lock), Dismissal::LockExpired);
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
