//! An injection in the queue of its call, until its turn.

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::active::Active;
use super::ended::{AttemptLog, Ended};
use super::engine::Engine;
use super::identity::Identity;
use super::messages;
use super::playout::Playout;
use super::recording::Masking;
use super::turn::{Hold, WaitLimits, WaitedFor, enqueue, lock_timeout, take_turn};
use super::validated::Validated;
use crate::cancel::{Scope, closed};
use crate::error::Error;
use crate::lock::LockKey;

pub(super) struct Queued {
    identity: Identity,
    request: Validated,
    hold: Hold,
    /// Counted while others are ahead.
    waiting: Option<OwnedSemaphorePermit>,
}

impl Queued {
    /// Takes the ticket, before the caller goes on: the order of the calls is the order of the digits.
    pub(super) fn new(identity: Identity, request: Validated) -> Result<Self, Box<Ended>> {
        match Self::enqueue(&identity.engine, &request) {
            Ok((hold, waiting)) => Ok(Self {
                identity,
                request,
                hold,
                waiting,
            }),
            Err(error) => Err(Box::new(Ended::refused(identity, error))),
        }
    }

    fn enqueue(
        engine: &Engine,
        request: &Validated,
    ) -> Result<(Hold, Option<OwnedSemaphorePermit>), Error> {
        if engine.in_flight.is_closed() {
            return Err(closed());
        }
        engine.check_doubt(&request.prepared)?;
        let call = &request.prepared.call;
        let lock = (request.lock).map(|lock| engine.locks.enter(lock, call));
        let lock = lock.transpose()?;
        let key = request
            .lock
            .map_or_else(|| engine.lock_key(call), LockKey::Under);
        let (ticket, waiting) = enqueue(engine, call, key)?;
        Ok((Hold { ticket, lock }, waiting))
    }

    /// Waits for the turn. Short of an error the call is held afterwards.
    pub(super) async fn turn(&mut self) -> Result<(), Error> {
        let Self {
            identity,
            request,
            hold,
            waiting,
        } = self;
        let engine = &identity.engine;
        // A manual lock has the fleet's already.
        let fleet = engine.parts.fleet.as_ref();
        let fleet = fleet.filter(|_| hold.lock.is_none());
        let limits = WaitLimits {
            turn: request.lock_until.min(request.deadline),
            answer: request.deadline,
        };
        let queueing = (&mut hold.ticket, waiting);
        let turn = take_turn(engine, fleet, &request.prepared.call, queueing, limits);
        let turn = identity.entry.cancel.guard(Scope::Waiting, turn).await?;
        turn.map_err(|why| why.or(|waited_for| self.out_of_time(waited_for)))
    }

    fn out_of_time(&self, waited_for: WaitedFor) -> Error {
        let request = &self.request;
        let call = &request.prepared.call;
        if request.deadline <= request.lock_until.max(Instant::now()) {
            messages::deadline()
        } else if request.lock.is_some() {
            let why = "injections ahead under the same lock have not ended";
            messages::lock_timeout(call, why)
        } else {
            lock_timeout(&self.identity.engine, call, waited_for)
        }
    }

    /// The turn has come.
    pub(super) fn activate(self) -> Active {
        let engine = &self.identity.engine;
        let masking = (self.request.prepared.recording.clone())
            .map(|recording| Masking::new(recording, engine.maskings.token()));
        Active {
            log: AttemptLog {
                granted: Some(Instant::now()),
                fence: self.hold.fleet_lock().and_then(|lock| lock.fence()),
                ..self.log()
            },
            identity: self.identity,
            request: self.request,
            hold: self.hold,
            masking,
            witness: None,
        }
    }

    /// The turn never came.
    pub(super) fn fail(self, error: Error) -> Ended {
        let log = self.log();
        Ended::new(self.identity, Some(self.hold), log, None, Err(error))
    }

    /// Its future was dropped.
    pub(super) fn abandon(self) -> Ended {
        self.fail(messages::dropped())
    }

    fn log(&self) -> AttemptLog {
        let config = &self.identity.engine.config;
        AttemptLog {
            playout: Playout::of(&self.request.prepared, config.playout),
            ..AttemptLog::default()
        }
    }
}
