//! What follows a failed attempt.

use std::sync::Arc;

use tokio::time::{Instant, sleep};

use super::attempt::Failed;
use super::{Begun, Journey};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::event::Event;
use crate::injector::explanation;
use crate::retry::{Decision, Progress, Resend, StopReason};

impl Journey {
    /// Asks the policy, and waits as it says. Returns whether the next attempt needs a new connection.
    pub(super) async fn wait_to_resend(
        &self,
        begun: &Begun,
        progress: &mut Progress,
        failed: Failed,
    ) -> Result<bool, Error> {
        let engine = &self.engine;
        if failed.verdict.resend != Resend::Never {
            self.check_interrupted()?;
        }
        let remaining = begun.deadline.saturating_duration_since(Instant::now());
        let attempt = progress.counted() + 1;
        let mut policy = begun.policy;
        if self.tones.is_midway() {
            // The pauses are part of what was asked for, and they are over.
            policy.max_attempts = 1;
        }
        let decision = policy.decide(
            progress,
            &failed.verdict,
            remaining,
            &mut engine.budget(),
            engine.uptime(),
            &mut engine.dice(),
        );
        let (delay, fresh_token, new_connection) = match decision {
            Decision::Again {
                delay,
                fresh_token,
                new_connection,
            } => (delay, fresh_token, new_connection),
            Decision::Stop(StopReason::PastDeadline)
                if remaining.is_zero() && failed.verdict.delivery == Delivery::NotSent =>
            {
                return Err(explanation::deadline());
            }
            Decision::Stop(_) => return Err(failed.error),
        };
        // What may be playing must have been played, also where the caller allowed it to be pressed again.
        let delay = delay.max(self.tones.rest());
        if delay >= remaining {
            return Err(failed.error);
        }
        if fresh_token && let Some(token) = &failed.refused_token {
            engine.parts.tokens.invalidate(token);
        }
        tracing::debug!(
            injectionId = %self.injection_id,
            reason = failed.verdict.code.as_str(),
            delayMs = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "will send again"
        );
        engine.metrics.resending(failed.verdict.code);
        engine.parts.events.emit(Event::Retrying {
            id: self.id,
            injection_id: self.injection_id,
            call: Arc::clone(&begun.prepared.call),
            attempt,
            max_attempts: begun.policy.max_attempts,
            delay,
            reason: failed.verdict.code,
        });
        tokio::select! {
            biased;
            ended = self.interrupted() => Err(ended),
            () = sleep(delay) => Ok(new_connection),
        }
    }
}
