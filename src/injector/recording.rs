//! Masks the recording of a conversation before digits are sent, and unmasks it when they have been played.
//!
//! Both requests say how the recording shall be, so sending them twice does no harm and doubt is a reason to ask
//! again. A recording that may be masked is unmasked, whatever became of the digits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Engine;
use super::exchange::Exchange;
use crate::api::answer::Hidden;
use crate::api::{Draft, Recording};
use crate::error::{Code, Error};
use crate::retry::{backoff, retry_after};

/// How often masking is tried. The caller waits for it.
const MASK_TRIES: u32 = 3;

/// How often unmasking is tried. Nobody waits for it, and giving up leaves a hole in the recording.
const UNMASK_TRIES: u32 = 10;

/// The bound on all tries to unmask.
const UNMASK_PATIENCE: Duration = Duration::from_secs(30);

/// The masking of one injection.
pub(super) struct Masking {
    recording: Recording,
    perhaps_masked: AtomicBool,
}

impl Masking {
    pub fn new(recording: Recording) -> Self {
        Self {
            recording,
            perhaps_masked: AtomicBool::new(false),
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
        let perhaps_masked = &masking.perhaps_masked;
        self.change(&masking.recording.mask, MASK_TRIES, until, perhaps_masked)
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

    /// Ends the masking, with patience.
    pub(super) async fn unmask(&self, masking: &Masking) -> Result<(), Error> {
        let until = Instant::now() + UNMASK_PATIENCE;
        let left = AtomicBool::new(false);
        let done = self.change(&masking.recording.unmask, UNMASK_TRIES, until, &left);
        match done.await {
            // The conversation is over, and its recording with it.
            Err(failed) if failed.response.as_ref().is_some_and(|it| it.status == 404) => Ok(()),
            done => done,
        }
    }

    /// `may_have_left` turns true when the request may have been carried out, and stays so.
    async fn change(
        &self,
        draft: &Draft,
        tries: u32,
        until: Instant,
        may_have_left: &AtomicBool,
    ) -> Result<(), Error> {
        let mut had_fresh_token = false;
        let mut failures = 0;
        loop {
            let before = may_have_left.load(Ordering::Acquire);
            let leaving = || may_have_left.store(true, Ordering::Release);
            let exchange = self
                .exchange(draft, (until, self.config.timeout), leaving)
                .await;
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
                    let hidden = Hidden {
                        digits: &[],
                        secrets: &self.secrets_of(&token),
                    };
                    let mut error =
                        Error::not_sent(Code::Mask, format!("the platform answered {status}"));
                    error.retry_after =
                        retry_after::of_answer(&answer.headers, self.parts.clock.now());
                    error.retryable = may_pass(status);
                    error.response = Some(self.response(&answer, hidden));
                    (error, may_be_done(status))
                }
                Exchange::Unanswered { left, error, .. } => (error.retryable(None), left),
                Exchange::NotBegun(error) => (error, false),
            };
            if !left {
                may_have_left.store(before, Ordering::Release);
            }
            failures += 1;
            let delay = self
                .delay_after(failures)
                .max(failed.retry_after.unwrap_or_default());
            let in_time = Instant::now() + delay < until;
            if !failed.retryable || failures >= tries || !in_time {
                return Err(failed);
            }
            sleep(delay).await;
        }
    }

    fn delay_after(&self, failures: u32) -> Duration {
        let retry = &self.config.retry;
        backoff::full_jitter(retry.base, retry.cap, failures - 1, &mut self.dice())
    }
}

/// Whether the same request may be answered otherwise later.
const fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

/// Whether the request may have been carried out although it was answered so.
const fn may_be_done(status: u16) -> bool {
    matches!(status, 408 | 500..=599)
}
