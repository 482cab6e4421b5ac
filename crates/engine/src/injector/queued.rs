//! An injection in the queue of its call, until its turn.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::active::Active;
use super::contact::ContactGuard;
use super::ended::{AttemptLog, Ended};
use super::engine::Engine;
use super::identity::Identity;
use super::messages;
use super::playout::Playout;
use super::recording::Masking;
use super::retry_loop::{self, Attempts, Failed, Retry};
use super::turn::{Hold, NoTurn, WaitLimits, WaitedFor, lock_timeout, take_turn};
use super::validated::Validated;
use crate::cancel::{Scope, closed};
use crate::error::Error;
use crate::lock::LockKey;
use crate::retry::{Decision, Progress};

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
        engine.check_contact(&request.prepared)?;
        let call = &request.prepared.call;
        let is_same = |other: &Arc<str>| engine.call_key(other) == engine.call_key(call);
        let lock = (request.lock).map(|lock| engine.locks.enter(lock, is_same));
        let lock = lock.transpose()?;
        let (ticket, waiting) = match request.lock {
            Some(lock) => {
                let max = engine.config.max_waiting_per_call;
                engine.enqueue(call, LockKey::Under(lock), max)?
            }
            None => engine.enqueue_for(call)?,
        };
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
        let call = &request.prepared.call;
        let turn = async {
            let first = FirstDiscovery { identity, request };
            let discover = async || retry_loop::run(first).await;
            let queueing = (&mut hold.ticket, &mut *waiting);
            let was_unknown = queueing.0.is_undiscovered();
            (engine.join_call(call, queueing, request.deadline, discover)).await?;
            if was_unknown {
                engine.check_doubt(&request.prepared)?;
                engine.check_contact(&request.prepared)?;
            }
            let guard = engine.contact_guard(request)?;
            let known_as = engine.call_key(call);
            let turn = async {
                take_turn(engine, fleet, call, (&mut hold.ticket, waiting), limits).await?;
                if engine.call_key(call) != known_as {
                    // Only now it is known which session it is, and what is in doubt there.
                    engine.check_doubt(&request.prepared)?;
                    engine.check_contact(&request.prepared)?;
                }
                if engine.blocks_elsewhere() {
                    Box::pin(engine.check_blocks(&request.prepared, request.deadline)).await?;
                }
                Ok::<_, NoTurn>(())
            };
            ContactGuard::unless_ended(guard.as_ref(), turn).await?
        };
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
        let prepared = &self.request.prepared;
        let masking = (prepared.recording.clone()).map(|recording| {
            Masking::new(
                Arc::clone(&prepared.call),
                recording,
                engine.maskings.token(),
            )
        });
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
            is_masked: false,
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

/// The first discovery, tried as often as the injection may be.
struct FirstDiscovery<'a> {
    identity: &'a Identity,
    request: &'a Validated,
}

impl Attempts for FirstDiscovery<'_> {
    type Output = ();

    async fn attempt(&mut self, _: bool) -> Result<(), Failed> {
        let discovered = self.identity.engine.base().await;
        discovered.map(drop).map_err(Failed::not_sent)
    }

    fn plan(&mut self, progress: &mut Progress, failed: Failed) -> Result<Retry, Error> {
        let Self { identity, request } = self;
        let remaining = (request.deadline).saturating_duration_since(Instant::now());
        let policy = &request.retry_policy;
        let attempt = progress.counted() + 1;
        match (identity.engine.retries).decide(policy, progress, &failed.failure, remaining, true) {
            Decision::Stop(_) => Err(failed.error),
            Decision::Again { delay, .. } => {
                request.tell_retry(identity, attempt, delay, failed.failure.code);
                Ok(Retry {
                    delay,
                    new_connection: false,
                })
            }
        }
    }
}
