//! The state of an injection that has its turn, and what may end it from outside.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::ended::AttemptLog;
use super::identity::Identity;
use super::messages;
use super::playout::Playout;
use super::recording::Masking;
use super::turn::Hold;
use crate::cancel::{Scope, poll_once};
use crate::error::Error;
use crate::http::Witness;

pub(super) struct Pressing {
    pub(super) identity: Identity,
    pub(super) hold: Hold,
    pub(super) log: AttemptLog,
    /// What the platform took, and how long it plays.
    pub(super) playout: Playout,
    /// The masking of the recording, where the caller asked for it.
    pub(super) masking: Option<Masking>,
    /// Knows whether the digits of the request in flight have left.
    pub(super) witness: Option<Witness>,
}

impl Pressing {
    pub(super) fn new(
        identity: Identity,
        hold: Hold,
        playout: Playout,
        masking: Option<Masking>,
    ) -> Self {
        let log = AttemptLog {
            granted: Some(Instant::now()),
            fence: hold.fleet_lock().and_then(|lock| lock.fence()),
            ..AttemptLog::default()
        };
        Self {
            identity,
            hold,
            log,
            playout,
            masking,
            witness: None,
        }
    }

    /// What ends the injection while nothing of it is in flight.
    pub(super) const fn scope(&self) -> Scope {
        if self.playout.is_midway() {
            Scope::Midway
        } else {
            Scope::Waiting
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        self.identity.cancel.check(self.scope())
    }

    /// Does something that comes before a send: no longer than to the deadline, and not after an end.
    pub(super) async fn until_deadline<T>(
        &self,
        deadline: Instant,
        work: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let mut work = pin!(work);
        self.check()?;
        // Most of it is there at once, and then no timer has to be set up.
        if let Poll::Ready(done) = poll_once(work.as_mut()).await {
            return Ok(done);
        }
        let cancel = &self.identity.cancel;
        let done = cancel
            .guard(self.scope(), timeout_at(deadline, work))
            .await?;
        done.map_err(|_| messages::deadline())
    }

    /// Waits within a sequence.
    pub(super) async fn pause(&self, pause: Duration, deadline: Instant) -> Result<(), Error> {
        let until = Instant::now() + pause;
        if until >= deadline {
            return Err(messages::deadline());
        }
        let cancel = &self.identity.cancel;
        cancel.guard(self.scope(), sleep_until(until)).await
    }
}
