//! What follows a failed attempt.

use std::sync::Arc;

use tokio::time::{Instant, sleep};

use super::attempt::Failed;
use super::{ActiveInjection, Injection};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::event::Event;
use crate::injector::messages;
use crate::retry::{Decision, Progress, Resend, StopReason};

impl Injection {
    /// Asks the policy, and waits as it says. Returns whether the next attempt needs a new connection.
    pub(super) async fn wait_to_resend(
        &self,
        active: &ActiveInjection,
        progress: &mut Progress,
        failed: Failed,
    ) -> Result<bool, Error> {
        let engine = &self.engine;
        if failed.failure.resend != Resend::Never {
            self.check_interrupted()?;
        }
        let remaining = active.deadline.saturating_duration_since(Instant::now());
        let attempt = progress.counted() + 1;
        let mut policy = active.policy;
        if self.playout.is_midway() {
            // The pauses are part of what was asked for, and they are over.
            policy.max_attempts = 1;
        }
        let decision = policy.decide(
            progress,
            &failed.failure,
            remaining,
            &mut engine.budget(),
            engine.uptime(),
            &mut engine.rng(),
        );
        let (delay, fresh_token, new_connection) = match decision {
            Decision::Again {
                delay,
                fresh_token,
                new_connection,
            } => (delay, fresh_token, new_connection),
            Decision::Stop(StopReason::PastDeadline)
                if remaining.is_zero() && failed.failure.delivery == Delivery::NotSent =>
            {
                return Err(messages::deadline());
            }
            Decision::Stop(_) => return Err(failed.error),
        };
        // What may be playing must have been played, also where the caller allowed it to be pressed again.
        let delay = delay.max(self.playout.rest());
        if delay >= remaining {
            return Err(failed.error);
        }
        if fresh_token && let Some(token) = &failed.refused_token {
            engine.parts.tokens.invalidate(token);
        }
        tracing::debug!(
            injectionId = %self.injection_id,
            reason = failed.failure.code.as_str(),
            delayMs = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "will send again"
        );
        engine.metrics.resending(failed.failure.code);
        engine.parts.events.emit(Event::Retrying {
            id: self.id,
            injection_id: self.injection_id,
            call: Arc::clone(&active.prepared.call),
            attempt,
            max_attempts: active.policy.max_attempts,
            delay,
            reason: failed.failure.code,
        });
        tokio::select! {
            biased;
            ended = self.interrupted() => Err(ended),
            () = sleep(delay) => Ok(new_connection),
        }
    }
}
