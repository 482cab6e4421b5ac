//! Sessions are started, joined and ended, and the agent's telephone is called.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::control::NotAnswered;
use super::engine::Engine;
use super::in_flight::InFlightEntry;
use super::messages;
use super::retry_loop::{self, Attempts, Failed, Retry};
use super::turn::Queueing;
use crate::api::agent_session::{EndOptions, SessionCommand};
use crate::api::{AttemptResult, Classification, DeliveryPolicy, RequestTemplate};
use crate::auth::refuses_token;
use crate::cancel::{Scope, closed};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::payload;
use crate::retry::{DEFAULT_MAX_ATTEMPTS, Progress, Resend, ResendWhenUnknown, retry_after_of};

/// How long `close` waits for the ends of the sessions that it started.
const ENDING: Duration = Duration::from_secs(5);

/// The sessions that this injector has started and not ended, by their first ids.
#[derive(Default)]
pub(super) struct StartedSessions(Mutex<BTreeSet<Arc<str>>>);

impl StartedSessions {
    fn add(&self, session: Arc<str>) {
        self.sessions().insert(session);
    }

    /// The session has ended.
    pub(super) fn remove(&self, session: &Arc<str>) {
        self.sessions().remove(session);
    }

    fn take_all(&self) -> BTreeSet<Arc<str>> {
        std::mem::take(&mut *self.sessions())
    }

    fn sessions(&self) -> MutexGuard<'_, BTreeSet<Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A command that was given and not yet carried out. [`run`](Self::run) does the work.
pub struct SessionOrder {
    engine: Arc<Engine>,
    entry: InFlightEntry,
    command: SessionCommand,
    session: Option<Arc<str>>,
    /// Behind what was asked for before, of a command that ends the session: digits are pressed and recordings unmasked first.
    queueing: Option<Queueing>,
}

impl SessionOrder {
    pub(super) fn begin(
        engine: Arc<Engine>,
        id: u64,
        command: SessionCommand,
        session: Option<&str>,
    ) -> Result<Self, Error> {
        if engine.in_flight.is_closed() {
            return Err(closed());
        }
        let session = if command.opens() {
            None
        } else {
            Some(payload::required_id("sessionId", session.into())?.into())
        };
        // An API that has no sessions is told before anything is asked for.
        let named = session.as_deref().unwrap_or_default();
        engine.parts.profile.session_command(&command, named)?;
        let ending = session.as_ref().filter(|_| command.ends());
        Ok(Self {
            queueing: ending
                .map(|session| engine.enqueue_for(session))
                .transpose()?,
            entry: engine.in_flight.add(id),
            engine,
            command,
            session,
        })
    }

    /// Does it, and gives the id of the session where one was opened. What has left is waited for as digits are: giving it up
    /// would leave a session behind that nobody knows of.
    pub async fn run(mut self) -> Result<Option<String>, Error> {
        let mut queueing = self.queueing.take();
        let cancel = &self.entry.cancel;
        if let Some((queueing, session)) = queueing.as_mut().zip(self.session.as_ref()) {
            cancel
                .guard(Scope::Waiting, self.wait(queueing, session))
                .await?;
        }
        cancel.check(Scope::Waiting)?;
        let has_left = AtomicBool::new(false);
        let carried_out = (self.engine).carry_out(&self.command, self.session.as_ref(), &has_left);
        let done = cancel.guard(Scope::InFlight, carried_out).await;
        done.unwrap_or_else(|ended| {
            Err(if has_left.load(Ordering::Relaxed) {
                Error {
                    message: messages::command_in_doubt(&ended).into(),
                    ..ended
                }
            } else {
                ended
            })
        })
    }

    /// Waits for the turn, at most as long as an injection does. Whatever holds the session up: it is to end.
    async fn wait(&self, (ticket, waiting): &mut Queueing, session: &Arc<str>) {
        let engine = &self.engine;
        let until = Instant::now() + engine.config.lock_timeout;
        let turn = timeout_at(until, async {
            let discover = async || engine.base().await.map(drop);
            let joined = engine.join_call(session, (&mut *ticket, waiting), until, discover);
            if joined.await.is_ok() {
                let _ = ticket.turn().await;
            }
        });
        let _ = turn.await;
    }
}

impl Engine {
    async fn carry_out(
        &self,
        command: &SessionCommand,
        session: Option<&Arc<str>>,
        has_left: &AtomicBool,
    ) -> Result<Option<String>, Error> {
        let named = session.map(|session| &**session).unwrap_or_default();
        let attempts = Carrying {
            engine: self,
            command,
            session: session.map(|session| &**session),
            template: self.parts.profile.session_command(command, named)?,
            until: Instant::now() + self.config.deadline,
            has_left,
        };
        let opened = retry_loop::run(attempts).await?;
        match (command, &opened, session) {
            (SessionCommand::Start(_), Some(opened), _) => self.started.add(opened.as_str().into()),
            (SessionCommand::End(_), _, Some(session)) => {
                self.started.remove(&self.call_key(session));
            }
            _ => {}
        }
        Ok(opened)
    }

    /// Ends the sessions that this injector has started. Nobody's call is hung up by it.
    pub(super) async fn end_started(&self) {
        let end = &SessionCommand::End(EndOptions::default());
        let all = self.started.take_all();
        // What is not answered in time ends by itself, when nobody polls it any more.
        let _ = timeout(ENDING, async {
            for session in &all {
                let _ = self
                    .carry_out(end, Some(session), &AtomicBool::default())
                    .await;
            }
        })
        .await;
    }
}

/// One command, tried as long as it was certainly not carried out.
struct Carrying<'a> {
    engine: &'a Engine,
    command: &'a SessionCommand,
    session: Option<&'a str>,
    template: RequestTemplate,
    until: Instant,
    /// A request of it may have been carried out.
    has_left: &'a AtomicBool,
}

impl Attempts for Carrying<'_> {
    type Output = Option<String>;

    async fn attempt(&mut self, _: bool) -> Result<Option<String>, Failed> {
        let (engine, profile) = (self.engine, &self.engine.parts.profile);
        let asking = engine.ask((&self.template, self.session), self.until, |_| {
            self.has_left.store(true, Ordering::Relaxed);
        });
        let (answer, token) = match asking.await {
            Ok(answered) => answered,
            Err(NotAnswered { left, error }) => {
                self.has_left.store(left == Some(true), Ordering::Relaxed);
                let mut failed = Failed::not_sent(error);
                if left == Some(true) {
                    failed.error.message = messages::command_in_doubt(&failed.error).into();
                }
                if left == Some(false) || left.is_some() && self.command.may_be_repeated() {
                    failed.failure.resend = Resend::Transient;
                }
                return Err(failed);
            }
        };
        let status = answer.status.as_u16();
        if self.command.is_done_by(status) {
            return Ok(None);
        }
        let result = AttemptResult::Answered {
            status,
            token_refused: refuses_token(&answer),
            retry_after: retry_after_of(&answer.headers, engine.parts.clock.now()),
        };
        let policy = DeliveryPolicy {
            atomic_server_errors: false,
            resend_when_unknown: ResendWhenUnknown::Never,
        };
        let Classification::Failed(mut failure) = profile.classify(&result, &policy) else {
            return if self.command.opens() {
                let opened = profile.opened_session(&answer);
                opened
                    .map(Some)
                    .ok_or_else(|| Failed::finally(messages::no_session_id()))
            } else {
                Ok(None)
            };
        };
        let in_doubt = failure.delivery == Delivery::Unknown;
        self.has_left.store(in_doubt, Ordering::Relaxed);
        let mut failed = engine.declined(&answer, token, messages::command_code(failure.code));
        if in_doubt {
            failed.error.message = messages::command_in_doubt(&failed.error).into();
            if self.command.may_be_repeated() {
                failure.resend = Resend::Transient;
            }
        }
        failed.failure.resend = failure.resend;
        if !failed.error.code.allows(failed.error.delivery) {
            // There are no digits, so nothing is known of them but what the code says.
            failed.error.delivery = Delivery::Refused;
        }
        Err(failed)
    }

    fn plan(&mut self, progress: &mut Progress, failed: Failed) -> Result<Retry, Error> {
        let policy = self.engine.config.retry.policy(DEFAULT_MAX_ATTEMPTS);
        let remaining = self.until.saturating_duration_since(Instant::now());
        (self.engine).plan_control_retry(&policy, progress, failed, remaining)
    }
}
