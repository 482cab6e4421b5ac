//! The loop that repeats attempts as a retry policy says: of injections, of masks, of the events of a session.

use std::time::Duration;

use tokio::time::sleep;

use crate::auth::Token;
use crate::error::Error;
use crate::retry::{Failure, Progress, Resend};

/// A failed attempt.
pub(super) struct Failed {
    /// What the policy has to know.
    pub(super) failure: Failure,
    /// The error, should this attempt be the last.
    pub(super) error: Error,
    /// The token that the request carried. Boxed, since few failures have one.
    pub(super) token: Option<Box<Token>>,
}

impl Failed {
    /// A failure that a retry cannot mend.
    pub(super) fn finally(error: Error) -> Self {
        Self::before_sending(error, Resend::Never)
    }

    /// A failure of what comes before a send, such as the token.
    pub(super) fn not_sent(error: Error) -> Self {
        let resend = if error.retryable {
            Resend::Transient
        } else {
            Resend::Never
        };
        Self::before_sending(error, resend)
    }

    fn before_sending(error: Error, resend: Resend) -> Self {
        Self {
            failure: Failure {
                delivery: error.delivery,
                code: error.code,
                resend,
                retry_after: error.retry_after,
            },
            error,
            token: None,
        }
    }
}

/// The next attempt.
pub(super) struct Retry {
    /// How long to wait before it.
    pub(super) delay: Duration,
    /// Whether it travels on a connection of its own.
    pub(super) new_connection: bool,
}

/// What is attempted until it succeeds or its policy gives up.
pub(super) trait Attempts {
    type Output;

    async fn attempt(&mut self, new_connection: bool) -> Result<Self::Output, Failed>;

    /// What follows a failure: another attempt, which is told to those concerned, or the last error.
    fn plan(&mut self, progress: &mut Progress, failed: Failed) -> Result<Retry, Error>;

    /// Waits before the next attempt. An error ends the loop.
    async fn wait(&mut self, delay: Duration) -> Result<(), Error> {
        sleep(delay).await;
        Ok(())
    }
}

pub(super) async fn run<A: Attempts>(mut attempts: A) -> Result<A::Output, Error> {
    let mut progress = Progress::default();
    let mut new_connection = false;
    loop {
        let failed = match attempts.attempt(new_connection).await {
            Ok(output) => return Ok(output),
            Err(failed) => failed,
        };
        let retry = attempts.plan(&mut progress, failed)?;
        attempts.wait(retry.delay).await?;
        new_connection = retry.new_connection;
    }
}
