//! Listens to the events of a session, so that nothing waits for one that has ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::control::NotAnswered;
use super::engine::Engine;
use super::in_flight::InFlightEntry;
use super::retry_loop::{self, Attempts, Failed, Retry};
use crate::api::{RequestTemplate, SessionStatus};
use crate::cancel::{Reason, Scope, closed};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::http::Answer;
use crate::lock::Rejection;
use crate::payload;
use crate::retry::{Policy, Progress, Resend};

/// How long the platform may keep a poll: the longest that it takes.
const POLL: Duration = Duration::from_secs(60);

/// What an answer may take beyond that.
const POLL_MARGIN: Duration = Duration::from_secs(15);

/// The least time between two polls, whatever is answered: a platform that answers at once must not be flooded.
const LEAST_INTERVAL: Duration = Duration::from_millis(100);

/// The pause after a poll that failed. A session is followed until it ends.
const POLICY: Policy = Policy {
    base: Duration::from_secs(1),
    cap: Duration::from_secs(30),
    max_attempts: u32::MAX,
    last_try: None,
};

/// Follows one session. [`run`](Self::run) does the work.
pub struct Follower {
    engine: Arc<Engine>,
    entry: InFlightEntry,
    session: Arc<str>,
    template: RequestTemplate,
}

impl Follower {
    pub(super) fn begin(
        engine: Arc<Engine>,
        id: u64,
        session: Option<&str>,
    ) -> Result<Self, Error> {
        if engine.in_flight.is_closed() {
            return Err(closed());
        }
        let session = payload::required_id("sessionId", session.into())?;
        let template = engine.parts.profile.next_event(session, POLL)?;
        Ok(Self {
            entry: engine.in_flight.add(id),
            engine,
            session: session.into(),
            template,
        })
    }

    /// Listens until the session ends, or the listening is ended from outside.
    pub async fn run(self) {
        if (self.entry.cancel.guard(Scope::Waiting, self.listen()).await).is_ok() {
            self.end_session();
        }
    }

    /// Returns when the session has ended.
    async fn listen(&self) {
        let mut was_heard = false;
        let mut earliest = Instant::now();
        let mut template = self.template.clone();
        loop {
            let poll = Poll {
                follower: self,
                template: &template,
                was_heard,
                earliest: &mut earliest,
                told: false,
            };
            match retry_loop::run(poll).await {
                Ok(Session::GoesOn { renewed }) => {
                    was_heard = true;
                    template = renewed.map_or(template, |next| *next);
                }
                Ok(Session::Ended) => return,
                // The policy has no end.
                Err(_) => {}
            }
        }
    }

    /// Rejects everything that waits for the session: in its queue, whichever injector it came by, and what of this
    /// injector has its turn and waits for something else.
    fn end_session(&self) {
        let engine = &self.engine;
        engine.forget_doubts(&self.session);
        if let Some(key) = engine.lock_key(&self.session) {
            engine.reject_queued(&key, Rejection::CallEnded);
        }
        (engine.in_flight).end_waiting_of(&self.session, Reason::CallEnded);
        engine.parts.events.emit(Event::SessionEnded {
            session: Arc::clone(&self.session),
        });
    }
}

/// What a poll learns.
enum Session {
    /// With the next poll, where the session has another id from now on.
    GoesOn {
        renewed: Option<Box<RequestTemplate>>,
    },
    Ended,
}

/// One poll, tried until it is answered.
struct Poll<'a> {
    follower: &'a Follower,
    template: &'a RequestTemplate,
    was_heard: bool,
    earliest: &'a mut Instant,
    /// The events cannot be heard, and that was told.
    told: bool,
}

impl Poll<'_> {
    fn goes_on(&self, answer: &Answer) -> Session {
        let profile = &self.follower.engine.parts.profile;
        let renewed = profile.renewed_session(answer);
        let template = renewed.and_then(|session| profile.next_event(&session, POLL).ok());
        Session::GoesOn {
            renewed: template.map(Box::new),
        }
    }
}

impl Attempts for Poll<'_> {
    type Output = Session;

    async fn attempt(&mut self, _: bool) -> Result<Session, Failed> {
        sleep_until(*self.earliest).await;
        let asked = Instant::now();
        *self.earliest = asked + LEAST_INTERVAL;
        let engine = &self.follower.engine;
        let until = asked + POLL + POLL_MARGIN;
        let asking = engine.ask(self.template, until, |poll| {
            poll.timeout = POLL + POLL_MARGIN;
        });
        let (answer, token) = asking.await.map_err(|NotAnswered { error, .. }| {
            let mut failed = Failed::not_sent(error);
            failed.failure.resend = Resend::Transient;
            failed.failure.retry_after = None;
            failed
        })?;
        let resend = match engine.parts.profile.session_status(&answer) {
            SessionStatus::Active => return Ok(self.goes_on(&answer)),
            SessionStatus::Ended => return Ok(Session::Ended),
            SessionStatus::NotFound if self.was_heard => return Ok(Session::Ended),
            SessionStatus::TokenRefused => Resend::FreshToken,
            SessionStatus::NotFound | SessionStatus::Unavailable => Resend::Transient,
        };
        let mut failed = engine.declined(&answer, token, Code::Rejected);
        failed.failure.resend = resend;
        // The pause is ours, whatever the platform asks for.
        failed.failure.retry_after = None;
        Err(failed)
    }

    fn plan(&mut self, progress: &mut Progress, mut failed: Failed) -> Result<Retry, Error> {
        let engine = &self.follower.engine;
        if failed.failure.resend == Resend::FreshToken && progress.had_fresh_token() {
            // A token that is refused again may be good later.
            if let Some(token) = &failed.token {
                engine.parts.tokens.invalidate(token);
            }
            failed.failure.resend = Resend::Transient;
        }
        if failed.failure.resend == Resend::Transient && !self.told {
            self.told = true;
            engine.parts.events.emit(Event::SessionNotPolled {
                session: Arc::clone(&self.follower.session),
                error: failed.error.clone(),
            });
        }
        engine.plan_control_retry(&POLICY, progress, failed, Duration::MAX)
    }
}
