//! Listens to the events of a session: what is pressed into it goes by them, and the program hears of them.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::control::NotAnswered;
use super::engine::Engine;
use super::followed::FollowedSession;
use super::in_flight::InFlightEntry;
use super::retry_loop::{self, Attempts, Failed, Retry};
use super::shown_event::shown_event;
use crate::Secret;
use crate::api::{SessionAnswer, SessionStatus};
use crate::cancel::{Reason, Scope, closed, poll_once};
use crate::error::{Code, Error};
use crate::event::{Event, SessionEventNames};
use crate::lock::Rejection;
use crate::payload;
use crate::redact::Redactor;
use crate::retry::{Policy, Progress, Resend};
use crate::sessions::Tell;

/// How long the platform may keep a poll: the longest that it takes.
const POLL: Duration = Duration::from_secs(60);

/// How long it may keep the first one after trouble: until that is answered, nobody knows whether events can be heard, and
/// digits for a contact wait.
const POLL_AFTER_TROUBLE: Duration = Duration::from_secs(1);

/// What an answer may take beyond that.
const POLL_MARGIN: Duration = Duration::from_secs(15);

/// How much of an answer is read. One that begins tells all of the state, and what cannot be read may speak against a send.
const MOST_POLL_BYTES: usize = 4 << 20;

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
    /// The caller's number.
    id: u64,
    entry: InFlightEntry,
    /// Given up with the follower.
    followed: Arc<FollowedSession>,
}

impl Follower {
    pub(super) fn begin(
        engine: Arc<Engine>,
        id: u64,
        session: Option<&str>,
        reveals: bool,
    ) -> Result<Self, Error> {
        if engine.in_flight.is_closed() {
            return Err(closed());
        }
        let session = payload::required_id("sessionId", session.into())?;
        // An API that has no events says so.
        let _ = engine.parts.profile.next_event(session, POLL)?;
        // From this moment on what is asked for waits for its events.
        let sessions = engine.parts.registry.sessions();
        let session: Arc<str> = session.into();
        let tell = tell(&engine, id, &session, reveals);
        let followed = engine.scope.follow(sessions, session, tell);
        Ok(Self {
            entry: engine.in_flight.add_listener(id),
            id,
            engine,
            followed,
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
        loop {
            let poll = Poll {
                follower: self,
                was_heard,
                earliest: &mut earliest,
                failed: false,
                told: false,
            };
            // The policy has no end.
            let Ok(status) = retry_loop::run(poll).await else {
                continue;
            };
            if status == SessionStatus::Ended {
                return;
            }
            was_heard = true;
            let mut ready = pin!(self.engine.parts.events.ready());
            if poll_once(ready.as_mut()).await.is_pending() {
                // Nobody listens until the program takes what was told.
                self.not_heard();
                ready.await;
            }
        }
    }

    fn not_heard(&self) {
        if let Some(following) = self.followed.following() {
            following.not_heard();
        }
    }

    /// Takes over what an answer says.
    async fn heard(&self, answer: &SessionAnswer, secrets: &[Secret]) {
        let engine = &self.engine;
        let Some(following) = self.followed.following() else {
            return;
        };
        if let Some(id) = &answer.renewed {
            following.renewed(id);
        }
        following.heard(&answer.events);
        // Before anybody is told of the id, and may hand it to another process.
        if let Some((fleet, scope)) = engine.parts.fleet.as_ref().zip(engine.scope.get()) {
            let session = following.session();
            if let Some(id) = session.id_to_publish(answer.renewed.is_some(), Instant::now()) {
                fleet.publish_session(scope, &id, &session.first_id()).await;
            }
        }
        following.tell(&answer.events, secrets);
    }

    /// Rejects everything that waits for the session: in its queue, whichever injector it came by, and what of this
    /// injector has its turn and waits for something else.
    fn end_session(&self) {
        let (engine, session) = (&self.engine, &self.followed.id);
        if let Some(following) = self.followed.following() {
            following.ended();
        }
        engine.forget_doubts(session);
        if let Some(key) = engine.lock_key(session) {
            engine.reject_queued(&key, Rejection::CallEnded);
        }
        let ended = engine.call_key(session);
        let is_same = |call: &Arc<str>| engine.call_key(call) == ended;
        (engine.in_flight).end_waiting_of(is_same, Reason::CallEnded);
        engine.started.remove(&ended);
        engine.parts.events.emit(Event::SessionEnded {
            follower: self.id,
            session: Arc::clone(session),
        });
    }
}

/// Tells the program of one injector what a session tells.
fn tell(engine: &Arc<Engine>, follower: u64, session: &Arc<str>, reveals: bool) -> Tell {
    let engine = Arc::downgrade(engine);
    let session = Arc::clone(session);
    Arc::new(move |events, secrets| {
        let Some(engine) = engine.upgrade() else {
            return;
        };
        let redactor = Redactor {
            digits: &[],
            secrets,
        };
        let shown = |text: &Option<String>| text.as_ref().map(|text| redactor.text(text));
        for event in events {
            engine.parts.events.emit(Event::Session {
                follower,
                session: Arc::clone(&session),
                received: engine.parts.clock.now(),
                names: SessionEventNames {
                    kind: redactor.text(&event.kind),
                    contact: shown(&event.contact),
                    status: shown(&event.status),
                },
                shown: shown_event(&event.json, engine.config.mask_digits, redactor),
                clear: reveals.then(|| event.json.clone()),
            });
        }
    })
}

/// One poll, tried until it is answered.
struct Poll<'a> {
    follower: &'a Follower,
    was_heard: bool,
    earliest: &'a mut Instant,
    /// The last attempt has failed.
    failed: bool,
    /// The events cannot be heard, and that was told.
    told: bool,
}

impl Attempts for Poll<'_> {
    type Output = SessionStatus;

    async fn attempt(&mut self, _: bool) -> Result<SessionStatus, Failed> {
        let heard = self.ask().await;
        self.failed = heard.is_err();
        heard
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
                follower: self.follower.id,
                session: Arc::clone(&self.follower.followed.id),
                error: failed.error.clone(),
            });
        }
        engine.plan_control_retry(&POLICY, progress, failed, Duration::MAX)
    }
}

impl Poll<'_> {
    /// Asks once, and takes over what is answered.
    async fn ask(&mut self) -> Result<SessionStatus, Failed> {
        sleep_until(*self.earliest).await;
        let followed = &self.follower.followed;
        let session = (followed.following()).map(|following| Arc::clone(following.session()));
        let mut polling = match &session {
            Some(session) => Some(session.poll().await),
            None => None,
        };
        let asked = Instant::now();
        *self.earliest = asked + LEAST_INTERVAL;
        let engine = &self.follower.engine;
        let trouble = (session.as_ref()).is_some_and(|session| session.is_in_trouble());
        let wait = if self.failed || trouble {
            POLL_AFTER_TROUBLE
        } else {
            POLL
        };
        let until = asked + wait + POLL_MARGIN;
        let newest = session.as_ref().map(|session| session.newest_id());
        let asked_for = newest.as_ref().unwrap_or(&followed.id);
        let template = engine.parts.profile.next_event(asked_for, wait);
        let template = template.map_err(Failed::finally)?;
        let asking = engine.ask((&template, None), until, |poll| {
            poll.timeout = wait + POLL_MARGIN;
            poll.most_answer_bytes = MOST_POLL_BYTES;
        });
        let (answer, token) = asking.await.map_err(|NotAnswered { error, .. }| {
            let mut failed = Failed::not_sent(error);
            failed.failure.resend = Resend::Transient;
            failed.failure.retry_after = None;
            failed
        })?;
        let heard = engine.parts.profile.session_answer(&answer);
        let resend = match heard.status {
            SessionStatus::NotFound if self.was_heard => return Ok(SessionStatus::Ended),
            status @ (SessionStatus::Active | SessionStatus::Ended) => {
                let secrets = engine.secrets_of(&token);
                self.follower.heard(&heard, &secrets).await;
                if let Some(polling) = &mut polling {
                    polling.answered();
                }
                return Ok(status);
            }
            SessionStatus::TokenRefused => Resend::FreshToken,
            SessionStatus::NotFound | SessionStatus::Unavailable => Resend::Transient,
        };
        let mut failed = engine.declined(&answer, token, Code::Rejected);
        failed.failure.resend = resend;
        // The pause is ours, whatever the platform asks for.
        failed.failure.retry_after = None;
        Err(failed)
    }
}
