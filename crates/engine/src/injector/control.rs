//! Requests that carry no digits: the masks of recordings and the events of sessions.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::engine::Engine;
use super::messages;
use super::retry_loop::{Failed, Retry};
use crate::api::{self, RequestTemplate};
use crate::auth::Token;
use crate::delivery::Delivery;
use crate::error::{Code, Error};
use crate::http::{Answer, Peer, Request, sentence};
use crate::redact::Redactor;
use crate::retry::{Decision, Failure, Policy, Progress, Resend, retry_after_of};

/// A control request without an answer.
pub(super) struct NotAnswered {
    /// Whether the request may have left. `None` where it was never sent, for want of a token or an address.
    pub(super) left: Option<bool>,
    /// Why, with what is known of a proxy.
    pub(super) error: Error,
}

impl From<Error> for NotAnswered {
    fn from(error: Error) -> Self {
        Self { left: None, error }
    }
}

impl Engine {
    /// Sends a control request once, and gives the answer and the token that the request carried. `call` is what it is for,
    /// as with [`uri`](Self::uri). `until` is the last moment for everything. `on_leaving` is called just before the
    /// request may leave.
    pub(super) async fn ask(
        &self,
        (template, call): (&RequestTemplate, Option<&str>),
        until: Instant,
        on_leaving: impl FnOnce(&mut Request),
    ) -> Result<(Answer, Token), NotAnswered> {
        let addressed = timeout_at(until, async {
            self.parts.control.ready().await;
            let (token, base) = self.base().await?;
            Ok((token, self.uri(template, call, &base)?))
        });
        let addressed = addressed.await;
        let (token, uri) = addressed.unwrap_or_else(|_| Err(messages::deadline()))?;
        let mut request = self.request(template, (&token, &uri), None)?;
        let remaining = until.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(messages::deadline().into());
        }
        on_leaving(&mut request);
        request.timeout = request.timeout.min(remaining);
        let witness = request.witness.clone();
        match self.parts.control.send(request).await {
            Ok(answer) => Ok((answer, token)),
            Err(fault) => {
                let error = Error::not_sent(Code::Connect, sentence(fault.kind, Peer::Platform));
                let used = self.parts.control.proxy_use(&uri);
                Err(NotAnswered {
                    left: Some(!witness.revoke()),
                    error: used
                        .explain(fault.kind, error)
                        .distrusting(fault.kind.cause()),
                })
            }
        }
    }

    /// The failure of a control request that the platform declined.
    pub(super) fn declined(&self, answer: &Answer, token: Token, code: Code) -> Failed {
        let status = answer.status.as_u16();
        let redactor = Redactor {
            digits: &[],
            secrets: &self.secrets_of(&token),
        };
        let mut error = Error::not_sent(code, format!("the platform answered {status}"));
        error.retry_after = retry_after_of(&answer.headers, self.parts.clock.now());
        error.response = Some(Box::new(api::response(answer, redactor)));
        Failed {
            failure: Failure {
                delivery: Delivery::NotSent,
                code,
                resend: Resend::Never,
                retry_after: error.retry_after,
            },
            error,
            token: Some(Box::new(token)),
        }
    }

    /// What follows a failed control request. Its retries take nothing from the budget of the injections.
    pub(super) fn plan_control_retry(
        &self,
        policy: &Policy,
        progress: &mut Progress,
        failed: Failed,
        remaining: Duration,
    ) -> Result<Retry, Error> {
        match (self.retries).decide(policy, progress, &failed.failure, remaining, false) {
            Decision::Stop(_) => Err(failed.error),
            Decision::Again {
                delay,
                fresh_token,
                new_connection,
            } => {
                if fresh_token && let Some(token) = &failed.token {
                    self.parts.tokens.invalidate(token);
                }
                Ok(Retry {
                    delay,
                    new_connection,
                })
            }
        }
    }
}
