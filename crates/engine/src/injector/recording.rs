//! Masks the recording of a conversation before digits are sent, and unmasks it when they have been played.
//!
//! Both requests say how the recording shall be, so doubt is a reason to ask again, as long as nobody else masks
//! meanwhile: the place in line is kept until what was sent is answered or has had time to settle. A recording that may be masked is unmasked, whatever became of the digits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::Engine;
use super::exchange::{Connection, Exchange};
use crate::api::answer::Redactions;
use crate::api::{Recording, RequestTemplate};
use crate::error::{Code, Error};
use crate::retry::{backoff, is_too_early, is_transient, may_have_run, may_still_run, retry_after};

/// How often masking is tried. The caller waits for it.
const MASK_TRIES: u32 = 3;

/// The bound on all tries to unmask. Nobody waits for them, and giving up leaves a hole in the recording.
const UNMASK_PATIENCE: Duration = Duration::from_secs(30);

/// What is kept of that for a last try, however long the platform asks to wait.
const LAST_TRY: Duration = Duration::from_secs(1);

/// How long a request that nobody heard of again may still be carried out. A guess: nothing is published.
const SETTLING: Duration = Duration::from_secs(5);

/// The masking of one injection.
pub(super) struct Masking {
    recording: Recording,
    perhaps_masked: AtomicBool,
    /// A request has left and was not answered, so it may be carried out after those behind it.
    unsettled: AtomicBool,
    /// Closing the injector waits for it.
    _open: TaskTrackerToken,
}

/// How long one change is tried.
#[derive(Clone, Copy)]
enum RetryMode {
    /// A caller waits.
    Brief(Instant),
    /// To the end, whatever the platform asks for.
    ToTheEnd(Instant),
}

impl Masking {
    pub fn new(recording: Recording, open: TaskTrackerToken) -> Self {
        Self {
            recording,
            perhaps_masked: AtomicBool::new(false),
            unsettled: AtomicBool::new(false),
            _open: open,
        }
    }

    /// Whether the recording is masked, or may be.
    pub fn is_due(&self) -> bool {
        self.perhaps_masked.load(Ordering::Acquire)
    }
}

impl Engine {
    /// Masks the recording. An error keeps the digits from being sent.
    pub(super) async fn mask(&self, masking: &Masking, until: Instant) -> Result<(), Error> {
        let how = RetryMode::Brief(until);
        let marks = (&masking.perhaps_masked, &masking.unsettled);
        self.change(&masking.recording.mask, how, marks)
            .await
            .map_err(|failed| Error {
                code: Code::Mask,
                message: format!(
                    "the recording could not be masked, so nothing was sent: {}",
                    failed.message
                )
                .into(),
                ..failed
            })
    }

    /// Ends the masking, with patience. Where a request may still be on its way, it is waited for and the recording
    /// unmasked once more: a late mask would stay, and a late unmask would bare the digits of who comes next.
    pub(super) async fn unmask(&self, masking: &Masking) -> Result<(), Error> {
        self.unmask_once(masking).await?;
        if masking.unsettled.swap(false, Ordering::AcqRel) {
            sleep(SETTLING).await;
            self.unmask_once(masking).await?;
        }
        Ok(())
    }

    async fn unmask_once(&self, masking: &Masking) -> Result<(), Error> {
        let how = RetryMode::ToTheEnd(Instant::now() + UNMASK_PATIENCE);
        let left = AtomicBool::new(false);
        let marks = (&left, &masking.unsettled);
        match self.change(&masking.recording.unmask, how, marks).await {
            // The conversation is over, and its recording with it.
            Err(failed) if failed.response.as_ref().is_some_and(|it| it.status == 404) => {
                masking.unsettled.store(false, Ordering::Release);
                Ok(())
            }
            done => done,
        }
    }

    /// `may_have_left` turns true when the request may have been carried out, and stays so;
    /// `unsettled` when one has left whose answer never came.
    async fn change(
        &self,
        template: &RequestTemplate,
        how: RetryMode,
        (may_have_left, unsettled): (&AtomicBool, &AtomicBool),
    ) -> Result<(), Error> {
        let (RetryMode::Brief(until) | RetryMode::ToTheEnd(until)) = how;
        let mut had_fresh_token = false;
        let mut failures = 0;
        loop {
            let before = may_have_left.load(Ordering::Acquire);
            let settled_before = !unsettled.load(Ordering::Acquire);
            // Whoever is dropped midway leaves it so.
            let leaving = || {
                may_have_left.store(true, Ordering::Release);
                unsettled.store(true, Ordering::Release);
            };
            let times = (until, self.config.timeout);
            let exchange = self
                .exchange(template, Connection::Fresh, times, leaving)
                .await;
            let lost = match &exchange {
                Exchange::Answered { answer, .. } => may_still_run(answer.status.as_u16()),
                Exchange::Unanswered { left, .. } => *left,
                Exchange::NotBegun(_) => false,
            };
            if settled_before && !lost {
                unsettled.store(false, Ordering::Release);
            }
            let (failed, left) = match exchange {
                Exchange::Answered { answer, token } => {
                    let status = answer.status.as_u16();
                    if answer.status.is_success() {
                        return Ok(());
                    }
                    if status == 401 && !had_fresh_token {
                        had_fresh_token = true;
                        may_have_left.store(before, Ordering::Release);
                        self.parts.tokens.invalidate(&token);
                        continue;
                    }
                    let hidden = Redactions {
                        digits: &[],
                        secrets: &self.secrets_of(&token),
                    };
                    let mut error =
                        Error::not_sent(Code::Mask, format!("the platform answered {status}"));
                    error.retry_after =
                        retry_after::of_answer(&answer.headers, self.parts.clock.now());
                    error.retryable = is_transient(status) || is_too_early(status);
                    error.response = Some(self.response(&answer, hidden));
                    (error, may_have_run(status))
                }
                Exchange::Unanswered { left, error, .. } => (error.retryable(None), left),
                Exchange::NotBegun(error) => (error, false),
            };
            if !left {
                may_have_left.store(before, Ordering::Release);
            }
            failures += 1;
            let asked = failed.retry_after.unwrap_or_default();
            match self.delay_after(failures, asked, how) {
                Some(delay) if failed.retryable => sleep(delay).await,
                _ => return Err(failed),
            }
        }
    }

    /// How long to wait before the next try. None: that was the last.
    fn delay_after(&self, failures: u32, asked: Duration, how: RetryMode) -> Option<Duration> {
        let earlier = failures - 1;
        let now = Instant::now();
        match how {
            RetryMode::Brief(until) => {
                let retry = &self.config.retry;
                let delay = backoff::full_jitter(retry.base, retry.cap, earlier, &mut self.rng())
                    .max(asked);
                (failures < MASK_TRIES && now + delay < until).then_some(delay)
            }
            // The settings are for who waits for an injection: none of them makes this give up sooner.
            RetryMode::ToTheEnd(until) => {
                let left = until.saturating_duration_since(now);
                let longest = left.checked_sub(LAST_TRY).filter(|it| !it.is_zero())?;
                let delay = backoff::throttled(earlier, &mut self.rng()).max(asked);
                Some(delay.min(longest))
            }
        }
    }
}
