//! The state of an injection that has its turn, and what may end it from outside.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::contact::ContactGuard;
use super::ended::{AttemptLog, Ended};
use super::identity::Identity;
use super::messages;
use super::recording::Masking;
use super::turn::Hold;
use super::validated::Validated;
use crate::cancel::{Scope, poll_once};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::http::Witness;
use crate::outcome::Accepted;

pub(super) struct Active {
    pub(super) identity: Identity,
    pub(super) request: Validated,
    pub(super) hold: Hold,
    pub(super) log: AttemptLog,
    /// The masking of the recording, where the caller asked for it.
    pub(super) masking: Option<Masking>,
    /// An event has confirmed that the recording is masked: nothing is sent when another one says that it is not any more.
    pub(super) is_masked: bool,
    /// Knows whether the digits of the request in flight have left.
    pub(super) witness: Option<Witness>,
}

impl Active {
    /// What ends the injection while nothing of it is in flight.
    pub(super) const fn scope(&self) -> Scope {
        if self.log.playout.is_midway() {
            Scope::Midway
        } else {
            Scope::Waiting
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        self.identity.entry.cancel.check(self.scope())
    }

    /// Does something while nothing of the injection is in flight, as long as its contact is there.
    pub(super) async fn guard<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        let contact = self.contact_guard()?;
        let work = ContactGuard::unless_ended(contact.as_ref(), work);
        (self.identity.entry.cancel.guard(self.scope(), work).await).flatten()
    }

    /// Does something that comes before a send: no longer than to the deadline, and not after an end.
    pub(super) async fn until_deadline<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let mut work = pin!(work);
        self.check()?;
        // Most of it is there at once, and then no timer has to be set up.
        if let Poll::Ready(done) = poll_once(work.as_mut()).await {
            return Ok(done);
        }
        let done = self.guard(timeout_at(self.request.deadline, work)).await?;
        done.map_err(|_| messages::deadline())
    }

    /// Waits within a sequence.
    pub(super) async fn pause(&self, pause: Duration) -> Result<(), Error> {
        let until = Instant::now() + pause;
        if until >= self.request.deadline {
            return Err(messages::deadline());
        }
        self.guard(sleep_until(until)).await
    }

    /// The injection has ended.
    pub(super) fn end(self, result: Result<Accepted, Error>) -> Ended {
        let digits = self.request.prepared.sequence;
        let ended = Ended::new(
            self.identity,
            Some(self.hold),
            self.log,
            self.masking,
            result,
        );
        ended.after_pressing(digits)
    }

    /// Its future was dropped. What left by then may be carried out.
    pub(super) fn abandon(mut self) -> Ended {
        let mut error = messages::dropped();
        let witness = self.witness.take();
        if witness.is_some_and(|witness| !witness.revoke()) {
            self.log.attempts += 1;
            self.log.playout.taken();
            error.delivery = Delivery::Unknown;
        }
        let ended = self.end(Err(error));
        ended.begin_record();
        ended
    }
}
