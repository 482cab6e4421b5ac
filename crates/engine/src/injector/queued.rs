//! An injection in the queue of its call, until its turn.

use tokio::time::{Instant, timeout_at};

use super::active::Active;
use super::ended::{AttemptLog, Ended};
use super::engine::Engine;
use super::hold::Hold;
use super::identity::Identity;
use super::manual_locks::ManualLockRef;
use super::messages;
use super::playout::Playout;
use super::pressing::Pressing;
use super::recording::Masking;
use super::turn::{InQueue, WaitLimits, enqueue, take_turn};
use super::validated::Validated;
use crate::cancel::{Scope, closed};
use crate::error::Error;
use crate::lock::LockKey;

pub(super) struct Queued {
    identity: Identity,
    request: Validated,
    in_queue: InQueue,
    /// What it holds of the manual lock it is under.
    lock: Option<ManualLockRef>,
}

impl Queued {
    /// Takes the ticket, before the caller goes on: the order of the calls is the order of the digits.
    pub(super) fn new(identity: Identity, request: Validated) -> Result<Self, Box<Ended>> {
        match Self::enqueue(&identity.engine, &request) {
            Ok((in_queue, lock)) => Ok(Self {
                identity,
                request,
                in_queue,
                lock,
            }),
            Err(error) => Err(Box::new(Ended::refused(identity, error))),
        }
    }

    fn enqueue(
        engine: &Engine,
        request: &Validated,
    ) -> Result<(InQueue, Option<ManualLockRef>), Error> {
        if engine.in_flight.is_closed() {
            return Err(closed());
        }
        let call = &request.prepared.call;
        let lock = match request.lock {
            Some(lock) => Some(engine.locks.enter(lock, call)?),
            None => None,
        };
        let key = request
            .lock
            .map_or_else(|| engine.lock_key(call), LockKey::Under);
        Ok((enqueue(engine, call, key)?, lock))
    }

    /// Waits for the turn. Short of an error the call is held afterwards.
    pub(super) async fn turn(&mut self) -> Result<(), Error> {
        let Self {
            identity,
            request,
            in_queue,
            ..
        } = self;
        let engine = &identity.engine;
        let in_fleet = engine.parts.fleet.is_some() && request.lock.is_none();
        if !in_queue.ticket.is_waiting() && !in_fleet {
            identity.cancel.check(Scope::Waiting)?;
            return in_queue.ticket.turn().await.map_err(messages::rejected);
        }
        let limits = WaitLimits {
            turn: request.lock_until.min(request.deadline),
            answer: request.deadline,
        };
        let turn = async {
            if in_fleet {
                take_turn(engine, &request.prepared.call, in_queue, limits).await
            } else {
                let turn = timeout_at(limits.turn, in_queue.ticket.turn()).await?;
                Ok(turn.map_err(messages::rejected))
            }
        };
        match identity.cancel.guard(Scope::Waiting, turn).await? {
            Ok(turn) => turn,
            Err(_) => Err(self.out_of_time()),
        }
    }

    fn out_of_time(&self) -> Error {
        let request = &self.request;
        let call = &request.prepared.call;
        if request.deadline <= request.lock_until.max(Instant::now()) {
            messages::deadline()
        } else if request.lock.is_some() {
            messages::lock_timeout_under_lock(call)
        } else {
            let engine = &self.identity.engine;
            let key = engine.lock_key(call);
            messages::lock_timeout(call, engine.parts.registry.is_held_by_manual_lock(&key))
        }
    }

    /// The turn has come.
    pub(super) fn activate(self) -> Active {
        let engine = &self.identity.engine;
        let prepared = &self.request.prepared;
        let masking = (prepared.recording.clone())
            .map(|recording| Masking::new(recording, engine.maskings.token()));
        let hold = Hold {
            ticket: self.in_queue.ticket,
            lock: self.lock,
        };
        let playout = Playout::of(prepared, engine.config.playout);
        Active {
            pressing: Pressing::new(self.identity, hold, playout, masking),
            request: self.request,
        }
    }

    /// The turn never came.
    pub(super) fn fail(self, error: Error) -> Ended {
        let playout = Playout::of(&self.request.prepared, self.identity.engine.config.playout);
        let hold = Hold {
            ticket: self.in_queue.ticket,
            lock: self.lock,
        };
        Ended::new(
            self.identity,
            Some(hold),
            AttemptLog::default(),
            &playout,
            None,
            Err(error),
        )
    }

    /// Its future was dropped.
    pub(super) fn abandon(self) -> Ended {
        self.fail(messages::dropped())
    }
}
