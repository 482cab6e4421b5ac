//! Masks the recording of a conversation before digits are sent, and unmasks it when they have been played.
//!
//! Both requests say how the recording shall be, so doubt is a reason to ask again, as long as no other injection masks
//! meanwhile: the queue of the call is kept until what was sent is answered or has had time to settle. A recording that
//! may be masked is unmasked, whatever became of the digits.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::contact::ContactGuard;
use super::control::NotAnswered;
use super::engine::Engine;
use super::messages;
use super::retry_loop::{self, Attempts, Failed, Retry};
use crate::api::{Recording, RequestTemplate};
use crate::auth::refuses_token;
use crate::error::{Code, Error};
use crate::fleet::MARGIN;
use crate::lock::FleetLock;
use crate::retry::{
    Policy, Progress, Resend, is_too_early, is_transient, may_have_run, may_still_run,
};

/// How often masking is tried. The caller waits for it.
const MASK_ATTEMPTS: u32 = 3;

/// The bound on all tries to unmask. No caller waits for them, and giving up leaves a hole in the recording.
pub(super) const UNMASK_LIMIT: Duration = Duration::from_secs(30);

/// What is kept of that for a last try, however long the platform asks to wait.
const LAST_TRY: Duration = Duration::from_secs(1);

/// How long a request that was never answered may still be carried out. A guess: nothing is published.
const SETTLING: Duration = Duration::from_secs(5);

/// The masking of one injection.
pub(super) struct Masking {
    call: Arc<str>,
    recording: Recording,
    state: MaskState,
    /// Closing the injector waits for it.
    _open: TaskTrackerToken,
}

#[derive(Clone, Copy, Default)]
struct MaskState {
    /// The recording is masked, or may be.
    perhaps_masked: bool,
    /// A request has left and was not answered, so it may be carried out after those behind it.
    unsettled: bool,
}

impl Masking {
    pub(super) fn new(call: Arc<str>, recording: Recording, open: TaskTrackerToken) -> Self {
        Self {
            call,
            recording,
            state: MaskState::default(),
            _open: open,
        }
    }

    /// Whether the recording is masked, or may be.
    pub(super) const fn is_due(&self) -> bool {
        self.state.perhaps_masked
    }

    /// Masks the recording, and waits until an event has said that it is, where the session is followed. An error keeps the
    /// digits from being sent.
    pub(super) async fn mask(
        &mut self,
        engine: &Engine,
        contact: Option<&ContactGuard>,
        until: Instant,
    ) -> Result<(), Error> {
        let asked = match contact {
            Some(contact) => Some(timeout_at(until, contact.ask_mask()).await),
            None => None,
        };
        let asked = asked
            .transpose()
            .map_err(|_| messages::mask_not_confirmed())?;
        self.request_mask(engine, until).await?;
        let Some((contact, asked)) = contact.zip(asked) else {
            return Ok(());
        };
        let until = until.min(Instant::now() + engine.config.mask_timeout);
        let confirmed = timeout_at(until, contact.masked(asked)).await;
        confirmed.map_err(|_| messages::mask_not_confirmed())?
    }

    async fn request_mask(&mut self, engine: &Engine, until: Instant) -> Result<(), Error> {
        let retry = &engine.config.retry;
        let change = Change {
            engine,
            call: &self.call,
            template: &self.recording.mask,
            state: &mut self.state,
            until,
            policy: retry.policy(MASK_ATTEMPTS),
            transient: Resend::Transient,
            // The attempt behind it makes sure of the lock.
            fleet_lock: None,
        };
        retry_loop::run(change).await.map_err(|failed| Error {
            code: Code::Mask,
            message: format!(
                "the recording could not be masked, so nothing was sent: {}",
                failed.message
            )
            .into(),
            ..failed
        })
    }

    /// Ends the masking. Where a request may still be on its way, it is waited for and the recording unmasked once
    /// more: a late mask would stay, and a late unmask would bare the digits of the next injection.
    ///
    /// Where a fleet is given that has lost its lock on the call, nothing is sent: another process may have masked the
    /// recording by now, and digits under its mask would be heard.
    pub(super) async fn unmask(
        &mut self,
        engine: &Engine,
        fleet_lock: Option<&dyn FleetLock>,
    ) -> Result<(), Error> {
        self.unmask_once(engine, fleet_lock).await?;
        if std::mem::take(&mut self.state.unsettled) {
            sleep(SETTLING).await;
            self.unmask_once(engine, fleet_lock).await?;
        }
        Ok(())
    }

    async fn unmask_once(
        &mut self,
        engine: &Engine,
        fleet_lock: Option<&dyn FleetLock>,
    ) -> Result<(), Error> {
        engine.clear_mask(&self.call, &self.recording.contact);
        let change = Change {
            engine,
            call: &self.call,
            template: &self.recording.unmask,
            state: &mut self.state,
            until: Instant::now() + UNMASK_LIMIT,
            // The program's settings are for callers that wait: none of them makes this give up sooner.
            policy: Policy {
                max_attempts: u32::MAX,
                last_try: Some(LAST_TRY),
                ..Policy::default()
            },
            transient: Resend::Throttled,
            fleet_lock,
        };
        match retry_loop::run(change).await {
            // The conversation is over, and its recording with it.
            Err(failed) if failed.response.as_ref().is_some_and(|it| it.status == 404) => {
                self.state.unsettled = false;
                Ok(())
            }
            done => done,
        }
    }
}

/// One change of a recording, tried until it is answered with a success.
struct Change<'a> {
    engine: &'a Engine,
    /// The session, by the id that it was asked for with.
    call: &'a str,
    template: &'a RequestTemplate,
    /// Stays as it was set where the injection is dropped midway.
    state: &'a mut MaskState,
    until: Instant,
    policy: Policy,
    /// How passing trouble is retried.
    transient: Resend,
    /// Has to be held before each attempt.
    fleet_lock: Option<&'a dyn FleetLock>,
}

impl Change<'_> {
    fn retried(&self, mut failed: Failed) -> Failed {
        failed.failure.resend = if failed.error.retryable {
            self.transient
        } else {
            Resend::Never
        };
        failed
    }
}

impl Attempts for Change<'_> {
    type Output = ();

    async fn attempt(&mut self, _: bool) -> Result<(), Failed> {
        if let Some(lock) = self.fleet_lock {
            let held = lock.ensure(self.engine.config.timeout + MARGIN).await;
            held.map_err(|_| Failed::not_sent(messages::mask_left()))?;
        }
        let before = *self.state;
        let change = (self.template, Some(self.call));
        let asking = self.engine.ask(change, self.until, |request| {
            request.fresh_connection = true;
            self.state.perhaps_masked = true;
            self.state.unsettled = true;
        });
        let (failed, may_be_done, may_still_run) = match asking.await {
            Ok((answer, _)) if answer.status.is_success() => {
                self.state.unsettled = before.unsettled;
                return Ok(());
            }
            Ok((answer, token)) => {
                let status = answer.status.as_u16();
                let mut failed = self.engine.declined(&answer, token, Code::Mask);
                failed.error.retryable = is_transient(status) || is_too_early(status);
                failed = self.retried(failed);
                if refuses_token(&answer) {
                    failed.failure.resend = Resend::FreshToken;
                    failed.failure.retry_after = None;
                }
                (failed, may_have_run(status), may_still_run(status))
            }
            Err(NotAnswered { left, error }) => {
                let error = match left {
                    Some(_) => error.retryable(None),
                    None => error,
                };
                let left = left.unwrap_or(false);
                (self.retried(Failed::not_sent(error)), left, left)
            }
        };
        self.state.perhaps_masked = before.perhaps_masked || may_be_done;
        self.state.unsettled = before.unsettled || may_still_run;
        Err(failed)
    }

    fn plan(&mut self, progress: &mut Progress, failed: Failed) -> Result<Retry, Error> {
        let remaining = self.until.saturating_duration_since(Instant::now());
        self.engine
            .plan_control_retry(&self.policy, progress, failed, remaining)
    }
}
