//! One attempt, from the token to what it means.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use http::Uri;
use tokio::time::{Instant, timeout_at};

use super::{ActiveInjection, Injection};
use crate::api::answer::{self, Redactions};
use crate::api::{AttemptResult, Classification, Segment};
use crate::audit::Intent;
use crate::auth::Token;
use crate::delivery::Delivery;
use crate::error::{Code, Error};
use crate::fleet::options::MARGIN;
use crate::http::{Answer, Request, Witness};
use crate::injector::messages;
use crate::outcome::Accepted;
use crate::retry::{Failure, Resend, retry_after};

/// A failed attempt: what it means, what the caller hears if it was the last.
pub(super) struct Failed {
    pub failure: Failure,
    pub error: Error,
    /// Boxed, since few failures carry one.
    pub refused_token: Option<Box<Token>>,
}

impl Failed {
    /// Nothing more will be tried.
    fn for_good(error: Error) -> Self {
        Self {
            failure: Failure {
                delivery: error.delivery,
                code: error.code,
                resend: Resend::Never,
                retry_after: error.retry_after,
            },
            error,
            refused_token: None,
        }
    }

    /// No token: nothing was sent.
    fn no_token(error: Error) -> Self {
        let resend = if error.retryable {
            Resend::Transient
        } else {
            Resend::Never
        };
        let mut failed = Self::for_good(error);
        failed.failure.resend = resend;
        failed
    }
}

/// Polls a future once.
async fn poll_once<F: Future>(mut work: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await
}

impl Injection {
    /// One attempt, with everything that comes before a send.
    pub(super) async fn attempt(
        &mut self,
        active: &ActiveInjection,
        segment: &Segment,
        new_connection: bool,
    ) -> Result<Accepted, Failed> {
        let engine = Arc::clone(&self.engine);
        if let Some(limits) = &engine.limits {
            self.until_deadline(active, limits.wait(&active.prepared.call, active.deadline))
                .await?
                .map_err(|too_long| Failed::for_good(messages::rate_limited(too_long)))?;
        }
        let token = self
            .until_deadline(active, engine.parts.tokens.token())
            .await?
            .map_err(Failed::no_token)?;
        let base = self
            .until_deadline(active, engine.parts.endpoint.base(&token))
            .await?
            .map_err(Failed::no_token)?;
        let uri = segment
            .template
            .target
            .under(&base)
            .map_err(Failed::for_good)?;
        self.until_deadline(active, engine.parts.transport.ready())
            .await?;
        let permit = self
            .until_deadline(active, engine.permits.acquire())
            .await?;
        let profile = &engine.parts.profile;
        let mut headers = profile
            .headers(&token, &segment.template.body)
            .map_err(Failed::for_good)?;
        active
            .trace
            .add_to(&mut headers, profile.correlation_header());
        if let Some(audit) = &engine.parts.audit {
            let intent = Intent {
                injection_id: self.injection_id,
                origin: Arc::clone(&engine.origin),
                call: Arc::clone(&active.prepared.call),
                attempt: self.attempts + 1,
                digits: segment.digits as usize,
                fence: self.fence,
                remaining: active.deadline.saturating_duration_since(Instant::now()),
            };
            // Before the wait for it: what is given up meanwhile may be written all the same.
            self.intended = true;
            self.until_deadline(active, audit.intent(intent))
                .await?
                .map_err(Failed::for_good)?;
        }
        self.assure_lease(active).await?;
        let remaining = active.deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(Failed::for_good(messages::deadline()));
        }
        self.check_interrupted().map_err(Failed::for_good)?;
        tracing::debug!(injectionId = %self.injection_id, "sending digits");
        let timeout = engine.config.timeout.min(remaining);
        let witness = match self.claim() {
            None => Witness::default(),
            Some(_) => Witness::within(timeout),
        };
        self.witness = Some(witness.clone());
        let sent = engine.parts.transport.send(Request {
            method: segment.template.method.clone(),
            uri: uri.clone(),
            headers,
            body: segment.template.body.clone(),
            witness: witness.clone(),
            timeout,
            fresh_connection: new_connection,
        });
        let sent_at = Instant::now();
        let result = tokio::select! {
            biased;
            ended = self.cancel.everything_ended() => Err(ended),
            result = sent => Ok(result),
        };
        drop(permit);
        self.attempt_time = Some(sent_at.elapsed());
        let answered = matches!(result, Ok(Ok(_)));
        let handed_over = answered || !witness.revoke();
        self.attempts += u32::from(handed_over);
        tracing::debug!(
            injectionId = %self.injection_id,
            attempt = self.attempts,
            handedOver = handed_over,
            status = result.as_ref().ok().and_then(|sent| Some(sent.as_ref().ok()?.status.as_u16())),
            fault = result.as_ref().ok().and_then(|sent| Some(tracing::field::debug(sent.as_ref().err()?.kind))),
            "the attempt ended"
        );
        match result {
            Ok(Ok(answer)) => self.read(active, &uri, &answer, &token),
            Ok(Err(fault)) => {
                let result = AttemptResult::Failed {
                    fault: fault.kind,
                    handed_over,
                };
                Err(match self.classify(active, &result) {
                    Classification::Failed(failure) => self.failed(&uri, &result, failure),
                    // No profile says so without an answer.
                    Classification::Accepted => Failed::for_good(Error {
                        delivery: Delivery::Unknown,
                        ..messages::dropped()
                    }),
                })
            }
            Err(mut ended) => {
                if handed_over {
                    ended.delivery = Delivery::Unknown;
                }
                Err(Failed::for_good(ended))
            }
        }
    }

    /// Makes sure that the lease on the call outlasts an attempt that begins now, where there is a fleet.
    async fn assure_lease(&mut self, active: &ActiveInjection) -> Result<(), Failed> {
        if self.engine.parts.fleet.is_none() {
            return Ok(());
        }
        // Whatever way led here: nothing is sent without one.
        let claim = self.claim().cloned();
        let claim = claim.ok_or_else(|| Failed::for_good(messages::no_claim()))?;
        let remaining = active.deadline.saturating_duration_since(Instant::now());
        let need = self.engine.config.timeout.min(remaining) + MARGIN;
        let assured = self.until_deadline(active, claim.assured(need)).await?;
        self.fence = assured.map_err(Failed::for_good)?;
        Ok(())
    }

    fn read(
        &mut self,
        active: &ActiveInjection,
        uri: &Uri,
        answer: &Answer,
        token: &Token,
    ) -> Result<Accepted, Failed> {
        let result = AttemptResult::Answered {
            status: answer.status.as_u16(),
            retry_after: retry_after::of_answer(&answer.headers, self.engine.parts.clock.now()),
        };
        let Classification::Failed(failure) = self.classify(active, &result) else {
            let body = answer::text(&answer.body);
            return Ok(Accepted {
                status: answer.status.as_u16(),
                body: body.unwrap_or_default().to_owned(),
                body_error: body.err(),
            });
        };
        if failure.code == Code::RateLimited
            && let Some((limits, wait)) = self.engine.limits.as_ref().zip(failure.retry_after)
        {
            limits.hold_back(wait);
        }
        let mut failed = self.failed(uri, &result, failure);
        let hidden = Redactions {
            digits: &active.masks(),
            secrets: &self.engine.secrets_of(token),
        };
        let response = self.engine.response(answer, hidden);
        self.last_response = Some(response.clone());
        failed.error.response = Some(response);
        failed.refused_token = Some(Box::new(token.clone()));
        Err(failed)
    }

    fn classify(&self, active: &ActiveInjection, result: &AttemptResult) -> Classification {
        let profile = &self.engine.parts.profile;
        profile.classify(result, &active.delivery_policy)
    }

    fn failed(&self, uri: &Uri, result: &AttemptResult, failure: Failure) -> Failed {
        let mut error = Error::not_sent(failure.code, messages::attempt(result, failure.code));
        if let AttemptResult::Failed { fault, .. } = *result {
            let used = self.engine.parts.transport.proxy_use(uri);
            error = used.explain(fault, error);
        }
        error.delivery = failure.delivery;
        error.retry_after = failure.retry_after;
        error.retryable = failure.delivery.safe_to_resend()
            && matches!(
                failure.resend,
                Resend::Transient | Resend::Throttled | Resend::Unsent
            );
        Failed {
            failure,
            error,
            refused_token: None,
        }
    }

    /// Waits for something that comes before a send: no longer than the deadline, and not after an end.
    async fn until_deadline<T>(
        &self,
        active: &ActiveInjection,
        work: impl Future<Output = T>,
    ) -> Result<T, Failed> {
        let mut work = pin!(work);
        self.check_interrupted().map_err(Failed::for_good)?;
        // Mostly it is there at once, and nothing has to be set up to wait for it.
        if let Poll::Ready(done) = poll_once(work.as_mut()).await {
            return Ok(done);
        }
        tokio::select! {
            biased;
            ended = self.interrupted() => Err(Failed::for_good(ended)),
            done = timeout_at(active.deadline, work) => {
                done.map_err(|_| Failed::for_good(messages::deadline()))
            }
        }
    }
}
