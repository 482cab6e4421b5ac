//! The retries that `lib/retry-loop.js` makes around an `injectDTMF` that is not the engine's: the engine's own policy.

use std::sync::Arc;
use std::time::SystemTime;

use fastrand::Rng;
use napi::bindgen_prelude::Either;
use napi_derive::napi;
use serde_json::json;
use tokio::time::Instant;

use super::failure::failure_json;
use super::options;
use super::thrown::Thrown;
use super::times::whole_millis_up;
use cxone_dtmf_engine::api::telephony_v2::channel_conflict;
use cxone_dtmf_engine::api::{Classification, DeliveryPolicy, WireProfile};
use cxone_dtmf_engine::config::Config;
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::retry::{Decision, Failure, Policy, Progress, Resend, ResendWhenUnknown};

/// What follows each failed attempt of one injection.
#[napi]
pub struct NativeRetries {
    profile: Arc<dyn WireProfile>,
    policy: Policy,
    progress: Progress,
    rng: Rng,
    deadline: Instant,
}

#[napi]
impl NativeRetries {
    /// Reads the options of an injection, or tells what is wrong as the JSON text of a failure. `in_session` says that its
    /// params name a session.
    #[napi(catch_unwind)]
    pub fn open(options: Option<String>, in_session: bool) -> Either<NativeRetries, String> {
        let read = match options::injection(options.as_deref(), None) {
            Ok(read) => read,
            Err(error) => return Either::B(failure_json(&error)),
        };
        Either::A(Self {
            profile: options::profile_of(in_session),
            policy: Policy {
                max_attempts: read.max_attempts,
                ..Policy::default()
            },
            progress: Progress::default(),
            rng: Rng::new(),
            deadline: Instant::now() + read.deadline.unwrap_or(Config::default().deadline),
        })
    }

    /// What follows an attempt that threw this, as JSON text: `{ attempt, code, delivery, delayMs }`. Without `delayMs` it was the last one.
    #[napi(catch_unwind)]
    pub fn after(&mut self, thrown: String) -> String {
        let failure = self.failure(&Thrown::read(&thrown));
        let attempt = self.progress.counted() + 1;
        let remaining = (self.deadline).saturating_duration_since(Instant::now());
        let decision =
            (self.policy).decide(&mut self.progress, &failure, remaining, None, &mut self.rng);
        let delay = match decision {
            Decision::Again { delay, .. } => Some(whole_millis_up(delay)),
            Decision::Stop(_) => None,
        };
        json!({
            "attempt": attempt,
            "maxAttempts": self.policy.max_attempts,
            "code": failure.code.as_str(),
            "delivery": failure.delivery.as_str(),
            "delayMs": delay,
        })
        .to_string()
    }

    /// How many milliseconds are left to the deadline.
    #[napi(catch_unwind)]
    pub fn remaining_ms(&self) -> u32 {
        let remaining = (self.deadline).saturating_duration_since(Instant::now());
        u32::try_from(remaining.as_millis()).unwrap_or(u32::MAX)
    }

    /// What the caller of an injection into a call is told that is busy.
    #[napi(catch_unwind)]
    pub fn conflict(call: String) -> String {
        channel_conflict(&call)
    }
}

impl NativeRetries {
    /// What an attempt came to. What is not known of the digits is unknown.
    fn failure(&self, thrown: &Thrown) -> Failure {
        let now = SystemTime::now();
        let unknown = Failure {
            delivery: Delivery::Unknown,
            code: Code::OutcomeUnknown,
            resend: Resend::Never,
            retry_after: None,
        };
        if let Some(told) = &thrown.dtmf {
            let code = told.code().unwrap_or(Code::OutcomeUnknown);
            let resend = match (told.retryable(), told.delivery(), code) {
                (false, ..) | (_, Delivery::Unknown, _) => Resend::Never,
                (.., Code::RateLimited) => Resend::Throttled,
                _ => Resend::Transient,
            };
            return Failure {
                delivery: told.delivery(),
                code,
                resend,
                retry_after: thrown.retry_after(now),
            };
        }
        let policy = DeliveryPolicy {
            atomic_server_errors: self.profile.atomic_server_errors(),
            resend_when_unknown: ResendWhenUnknown::Never,
        };
        let result = thrown.result(now);
        match result.map(|result| self.profile.classify(&result, &policy)) {
            Some(Classification::Failed(failure)) => match failure.resend {
                // The token is the injector's own affair.
                Resend::FreshToken => Failure {
                    resend: Resend::Never,
                    ..failure
                },
                _ => failure,
            },
            Some(Classification::Accepted) | None => unknown,
        }
    }
}
