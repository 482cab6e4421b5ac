//! The attempts to send one segment: what comes before a send, the send, what follows.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use url::Url;

use super::active::Active;
use super::answer::Sent;
use super::contact::ContactGuard;
use super::engine::Engine;
use super::messages;
use super::retry_loop::{Attempts, Failed, Retry};
use crate::api::Segment;
use crate::audit::Intent;
use crate::auth::Token;
use crate::cancel::Scope;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::fleet::MARGIN;
use crate::http::{Request, Witness};
use crate::outcome::Accepted;
use crate::retry::{Decision, Progress, Resend, StopReason};
use crate::sessions::InFlightGuard;

pub(super) struct SegmentAttempts<'a> {
    pub(super) active: &'a mut Active,
    pub(super) segment: &'a Segment,
}

impl Attempts for SegmentAttempts<'_> {
    type Output = Accepted;

    async fn attempt(&mut self, new_connection: bool) -> Result<Accepted, Failed> {
        self.active.log.playout.begin(self.segment);
        let attempted = self.attempt_once(new_connection).await;
        let active = &mut *self.active;
        // Until here a failure within the engine would have counted as unknown.
        active.witness = None;
        match &attempted {
            Ok(_) => {
                active.log.playout.accepted();
                active.identity.engine.retries.succeeded();
            }
            Err(failed) => {
                let delivery = failed.failure.delivery;
                if delivery == Delivery::Unknown {
                    active.log.playout.taken();
                }
                active.log.delivery = active.log.delivery.max(delivery);
            }
        }
        attempted
    }

    fn plan(&mut self, progress: &mut Progress, failed: Failed) -> Result<Retry, Error> {
        let failure = &failed.failure;
        if failure.resend != Resend::Never {
            self.active.check()?;
        }
        let engine = self.engine();
        let remaining = self.remaining();
        let attempt = progress.counted() + 1;
        let mut policy = self.active.request.retry_policy;
        if self.active.log.playout.is_midway() {
            // The pauses are part of what was asked for, and they are over; the far end may have given up waiting.
            policy.max_attempts = 1;
        }
        let (delay, fresh_token, new_connection) =
            match (engine.retries).decide(&policy, progress, failure, remaining, true) {
                Decision::Again {
                    delay,
                    fresh_token,
                    new_connection,
                } => (delay, fresh_token, new_connection),
                Decision::Stop(StopReason::PastDeadline)
                    if remaining.is_zero() && failure.delivery == Delivery::NotSent =>
                {
                    return Err(messages::deadline());
                }
                Decision::Stop(_) => return Err(failed.error),
            };
        // What may be playing must have been played, also where the caller allowed it to be pressed again.
        let delay = delay.max(self.active.log.playout.rest());
        if delay >= remaining {
            return Err(failed.error);
        }
        if fresh_token && let Some(token) = &failed.token {
            engine.parts.tokens.invalidate(token);
        }
        let Active {
            identity, request, ..
        } = &*self.active;
        request.tell_retry(identity, attempt, delay, failure.code);
        Ok(Retry {
            delay,
            new_connection,
        })
    }

    async fn wait(&mut self, delay: Duration) -> Result<(), Error> {
        self.active.guard(sleep(delay)).await
    }
}

impl SegmentAttempts<'_> {
    fn engine(&self) -> &Engine {
        &self.active.identity.engine
    }

    fn remaining(&self) -> Duration {
        (self.active.request.deadline).saturating_duration_since(Instant::now())
    }

    async fn attempt_once(&mut self, new_connection: bool) -> Result<Accepted, Failed> {
        let (token, base) = self.prepare().await?;
        let engine = Arc::clone(&self.active.identity.engine);
        self.reach_contact().await?;
        let permit = self.before_sending(engine.capacity.permit()).await?;
        // Within the permit, so that no more than may be in flight find room at once.
        self.before_sending(engine.parts.events.ready()).await?;
        self.record_intent().await?;
        let contact = (self.active.contact_guard()).map_err(Failed::finally)?;
        let (witness, leaving) = self.leave(contact.as_ref()).await?;
        let mut request = self.request(&token, &base).map_err(Failed::finally)?;
        let remaining = self.remaining();
        if remaining.is_zero() {
            return Err(Failed::finally(messages::deadline()));
        }
        self.active.check().map_err(Failed::finally)?;
        request.witness = witness;
        request.timeout = engine.config.timeout.min(remaining);
        request.fresh_connection = new_connection;
        let uri = request.uri.clone();
        let sent = self.send(request, contact.as_ref()).await;
        drop((permit, leaving));
        self.active.outcome_of(sent, &uri, token)
    }

    /// The slot of the rate limit, the token and the base of the address.
    async fn prepare(&self) -> Result<(Token, Url), Failed> {
        let engine = self.engine();
        if let Some(limiter) = engine.rate_limiter() {
            let Active {
                identity, request, ..
            } = &*self.active;
            let call = &request.prepared.call;
            let slot = limiter.acquire(identity.place, call, request.deadline);
            let slot = self.before_sending(slot).await?;
            slot.map_err(|too_long| Failed::finally(messages::rate_limited(too_long)))?;
        }
        let base = self.before_sending(engine.base()).await?;
        let base = base.map_err(Failed::not_sent)?;
        self.before_sending(engine.parts.transport.ready()).await?;
        Ok(base)
    }

    /// The request, as it leaves now: its session may have got another id while it was held back.
    fn request(&self, token: &Token, base: &Url) -> Result<Request, Error> {
        let (engine, template) = (self.engine(), &self.segment.template);
        let asked = &self.active.request;
        let uri = engine.uri(template, Some(&asked.prepared.call), base)?;
        engine.request(template, (token, &uri), Some(&asked.trace))
    }

    async fn before_sending<T>(&self, work: impl Future<Output = T>) -> Result<T, Failed> {
        let done = self.active.until_deadline(work);
        done.await.map_err(Failed::finally)
    }

    /// Writes down what is about to leave.
    async fn record_intent(&mut self) -> Result<(), Failed> {
        let active = &mut *self.active;
        let engine = Arc::clone(&active.identity.engine);
        let Some(audit) = &engine.parts.audit else {
            return Ok(());
        };
        let intent = Intent {
            injection_id: active.identity.injection_id,
            origin: Arc::clone(&engine.origin),
            call: Arc::clone(&active.request.prepared.call),
            attempt: active.log.attempts + 1,
            digits: self.segment.digits as usize,
            fence: active.log.fence,
            remaining: (active.request.deadline).saturating_duration_since(Instant::now()),
        };
        // Before the wait for it: what is given up meanwhile may be written all the same.
        active.log.intended = true;
        let written = self.before_sending(audit.intent(intent)).await?;
        written.map_err(Failed::finally)
    }

    /// Makes sure that the lease on the call outlasts an attempt that begins now, where there is a fleet.
    async fn assure_lease(&mut self) -> Result<(), Failed> {
        let engine = self.engine();
        if engine.parts.fleet.is_none() {
            return Ok(());
        }
        // Whatever path led here: nothing is sent without one.
        let lock = self.active.hold.fleet_lock().cloned();
        let lock = lock.ok_or_else(|| Failed::finally(messages::no_fleet_lock()))?;
        let need = engine.config.timeout.min(self.remaining()) + MARGIN;
        let assured = self.before_sending(lock.ensure(need)).await?;
        self.active.log.fence = assured.map_err(Failed::finally)?;
        Ok(())
    }

    /// Makes sure that nothing speaks against sending now: neither the lease on the call, nor an event of its contact. No wait
    /// follows, and an event that comes later takes the request back as long as it has not left.
    async fn leave(
        &mut self,
        contact: Option<&ContactGuard>,
    ) -> Result<(Witness, Option<InFlightGuard>), Failed> {
        loop {
            self.assure_lease().await?;
            let time = self.engine().config.timeout.min(self.remaining());
            let fleet = self.active.hold.fleet_lock();
            let witness = fleet.map_or_else(Witness::default, |_| Witness::within(time));
            let Some(contact) = contact else {
                return Ok((witness, None));
            };
            let leaving = contact.leave(&witness).map_err(Failed::finally)?;
            if leaving.is_some() {
                return Ok((witness, leaving));
            }
            self.reach_contact().await?;
        }
    }

    async fn reach_contact(&self) -> Result<(), Failed> {
        self.active.reach_contact().await.map_err(Failed::finally)
    }

    async fn send(&mut self, request: Request, contact: Option<&ContactGuard>) -> Sent {
        let active = &mut *self.active;
        let witness = request.witness.clone();
        active.witness = Some(witness.clone());
        let identity = &active.identity;
        tracing::debug!(
            id = identity.id,
            injectionId = %identity.injection_id,
            "sending digits"
        );
        let sending = identity.engine.parts.transport.send(request);
        let sent_at = Instant::now();
        let sending = async {
            tokio::select! {
                biased;
                sent = sending => Ok(sent),
                against = ContactGuard::taken_back(contact, &witness) => Err(against),
            }
        };
        let result = identity.entry.cancel.guard(Scope::InFlight, sending).await;
        let result = result.flatten();
        active.log.attempt_time = Some(sent_at.elapsed());
        let handed_over = matches!(result, Ok(Ok(_))) || !witness.revoke();
        active.log.attempts += u32::from(handed_over);
        let (answer, fault) = match &result {
            Ok(Ok(answer)) => (Some(answer.status.as_u16()), None),
            Ok(Err(fault)) => (None, Some(tracing::field::debug(fault.kind))),
            Err(_) => (None, None),
        };
        tracing::debug!(
            id = identity.id,
            injectionId = %identity.injection_id,
            attempt = active.log.attempts,
            handedOver = handed_over,
            status = answer,
            fault,
            "the attempt ended"
        );
        Sent {
            result,
            handed_over,
        }
    }
}
