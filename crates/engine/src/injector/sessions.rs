//! Listens to the events of a session, so that nothing waits for one that has ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::exchange::{Connection, Exchange};
use super::{Engine, Injector};
use crate::api::answer::Redactions;
use crate::api::{Heard, RequestTemplate};
use crate::cancel::{Cancel, Reason, closed};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::lock::Rejection;
use crate::payload;
use crate::retry::backoff;

/// How long the platform may keep a poll: the longest that it takes.
const POLL: Duration = Duration::from_secs(60);

/// What an answer may take beyond that.
const POLL_MARGIN: Duration = Duration::from_secs(15);

/// The first ceiling of the pause after a poll that failed.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The last ceiling of that pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The least time between two polls, whatever is answered: a platform that answers at once must not be flooded.
const LEAST_INTERVAL: Duration = Duration::from_millis(100);

impl Injector {
    /// Begins to follow a session. [`abort`](Self::abort) with this `id` ends it, and so does `close`.
    pub fn follow(&self, id: u64, session: Option<&str>) -> Result<Follower, Error> {
        let engine = Arc::clone(&self.0);
        if engine.is_closed() {
            return Err(closed());
        }
        let session = payload::required_id("sessionId", session)?;
        let template = engine.parts.profile.next_event(session, POLL)?;
        Ok(Follower {
            cancel: engine.in_flight.begin(id),
            engine,
            id,
            session: session.into(),
            template,
        })
    }
}

/// Follows one session. [`run`](Self::run) does the work.
pub struct Follower {
    engine: Arc<Engine>,
    id: u64,
    cancel: Arc<Cancel>,
    session: Arc<str>,
    template: RequestTemplate,
}

impl Follower {
    /// Listens until the session ends, or somebody ends the listening.
    pub async fn run(self) {
        tokio::select! {
            biased;
            _ = self.cancel.waiting_ended() => {}
            () = self.listen() => self.end_session(),
        }
    }

    /// Returns when the session has ended.
    async fn listen(&self) {
        let mut failures = 0;
        let mut had_fresh_token = false;
        let mut was_heard = false;
        loop {
            let asked = Instant::now();
            let until = asked + POLL + POLL_MARGIN;
            let times = (until, POLL + POLL_MARGIN);
            let exchange = self
                .engine
                .exchange(&self.template, Connection::Kept, times, || ())
                .await;
            let (heard, failed) = self.read(exchange);
            match heard {
                Heard::Ended => return,
                Heard::NotKnown if was_heard => return,
                Heard::GoesOn => (failures, had_fresh_token, was_heard) = (0, false, true),
                Heard::TokenRefused if !had_fresh_token => had_fresh_token = true,
                Heard::TokenRefused | Heard::NotKnown | Heard::Trouble => {
                    if failures == 0 {
                        self.tell(failed);
                    }
                    self.pause(failures).await;
                    failures = failures.saturating_add(1);
                }
            }
            tokio::time::sleep_until(asked + LEAST_INTERVAL).await;
        }
    }

    fn read(&self, exchange: Exchange) -> (Heard, Option<Error>) {
        let profile = &self.engine.parts.profile;
        match exchange {
            Exchange::Answered { answer, token } => {
                let heard = profile.heard(&answer);
                if heard == Heard::TokenRefused {
                    self.engine.parts.tokens.invalidate(&token);
                }
                let hidden = Redactions {
                    digits: &[],
                    secrets: &self.engine.secrets_of(&token),
                };
                let status = answer.status;
                let mut error =
                    Error::not_sent(Code::Rejected, format!("the platform answered {status}"));
                error.response = Some(self.engine.response(&answer, hidden));
                (heard, Some(error))
            }
            Exchange::Unanswered { error, .. } | Exchange::NotBegun(error) => {
                (Heard::Trouble, Some(error))
            }
        }
    }

    async fn pause(&self, failures: u32) {
        // Drawn before the wait: the dice are shared.
        let drawn =
            backoff::full_jitter(FIRST_PAUSE, LONGEST_PAUSE, failures, &mut self.engine.rng());
        sleep(drawn).await;
    }

    fn tell(&self, failed: Option<Error>) {
        if let Some(error) = failed {
            let session = Arc::clone(&self.session);
            let event = Event::SessionNotHeard { session, error };
            self.engine.parts.events.emit(event);
        }
    }

    /// Sends everybody away who waits for the session: in its line, whichever injector they came by, and those of
    /// this injector who have their turn and wait for something else.
    fn end_session(&self) {
        let engine = &self.engine;
        let line = engine.lock_key(&self.session);
        engine
            .parts
            .registry
            .reject_queued(&line, Rejection::CallEnded);
        engine
            .in_flight
            .end_waiting_of(&self.session, Reason::CallEnded);
        engine.parts.events.emit(Event::SessionEnded {
            session: Arc::clone(&self.session),
        });
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.engine.in_flight.finished(self.id);
    }
}
