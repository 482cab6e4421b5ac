//! An injection that was found valid: what is sent, and under which rules.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::engine::Engine;
use super::identity::{Identity, Names};
use super::playout;
use crate::api::{DeliveryPolicy, Params, Prepared};
use crate::config::InjectionOptions;
use crate::error::{Code, Error};
use crate::event::Event;
use crate::lock::LockId;
use crate::outcome::ShownDigits;
use crate::redact::DigitRedactor;
use crate::retry::Policy;
use crate::trace::Trace;

pub(super) struct Validated {
    pub(super) prepared: Prepared,
    /// The last moment for everything.
    pub(super) deadline: Instant,
    /// The last moment for the turn.
    pub(super) lock_until: Instant,
    /// How long it may wait for the turn, or for anything that is not known of its contact.
    pub(super) lock_wait: Duration,
    /// Its session was followed when it was asked for.
    pub(super) was_followed: bool,
    /// The manual lock to run under.
    pub(super) lock: Option<LockId>,
    pub(super) delivery_policy: DeliveryPolicy,
    pub(super) retry_policy: Policy,
    pub(super) trace: Trace,
    hide_digits: bool,
}

impl Validated {
    /// Checks what was asked for at `started`. Nothing is sent when a rule is broken.
    pub(super) fn new(
        engine: &Engine,
        started: Instant,
        names: Names,
        params: &Params,
        options: &InjectionOptions,
    ) -> Result<Self, Error> {
        let config = &engine.config;
        let trace = Trace {
            correlation_id: names.correlation_id?,
            traceparent: params.traceparent()?,
        };
        let split = options.split.unwrap_or(config.split);
        let mut prepared = (engine.parts.profile).prepare(names.call?, params, split)?;
        if !config.mask_digits {
            prepared.asked.shown = Some(ShownDigits::of(params.digits()?));
        }
        let allowed = options.deadline.unwrap_or(config.deadline);
        playout::check_time(&prepared, allowed)?;
        let resend_when_unknown = (options.resend_when_unknown.as_ref())
            .unwrap_or(&config.resend_when_unknown)
            .clone();
        let lock_wait = options.lock_timeout.unwrap_or(config.lock_timeout);
        Ok(Self {
            deadline: started + allowed,
            lock_until: started + lock_wait,
            lock_wait,
            was_followed: engine.is_followed(&prepared.call),
            prepared,
            lock: options.lock,
            delivery_policy: DeliveryPolicy {
                atomic_server_errors: engine.atomic_server_errors(),
                resend_when_unknown,
            },
            retry_policy: config.retry.policy(options.max_attempts),
            trace,
            hide_digits: config.mask_digits,
        })
    }

    /// What redacts the digits, as a whole and as they are sent; empty when they are to be shown.
    pub(super) fn digit_redactors(&self) -> Vec<DigitRedactor> {
        if !self.hide_digits {
            return Vec::new();
        }
        let all = iter::once(&self.prepared.sequence);
        all.chain(&self.prepared.parts)
            .map(DigitRedactor::new)
            .collect()
    }

    /// Tells that it will be tried again.
    pub(super) fn tell_retry(
        &self,
        identity: &Identity,
        attempt: u32,
        delay: Duration,
        reason: Code,
    ) {
        tracing::debug!(
            id = identity.id,
            injectionId = %identity.injection_id,
            reason = reason.as_str(),
            delayMs = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "will send again"
        );
        identity.engine.metrics.resending(reason);
        identity.engine.parts.events.emit(Event::Retrying {
            id: identity.id,
            injection_id: identity.injection_id,
            call: Arc::clone(&self.prepared.call),
            attempt,
            max_attempts: self.retry_policy.max_attempts,
            delay,
            reason,
        });
    }
}
