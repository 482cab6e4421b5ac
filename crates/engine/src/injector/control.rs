//! Requests that carry no digits: the masks of recordings and the events of sessions.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::engine::Engine;
use super::messages;
use super::retry_loop::{Failed, Retry};
use crate::api::RequestTemplate;
use crate::auth::Token;
use crate::delivery::Delivery;
use crate::error::{Code, Error};
use crate::http::{Answer, Peer, sentence};
use crate::redact::Redactor;
use crate::retry::{Decision, Failure, Policy, Progress, Resend, retry_after_of};

/// How a control request ended.
pub(super) enum Reply {
    /// The platform answered.
    Answered {
        answer: Answer,
        /// The token that the request carried.
        token: Token,
    },
    /// It did not.
    Unanswered {
        /// Whether the request may have left.
        left: bool,
        /// Why, with what is known of a proxy.
        error: Error,
    },
    /// There was no token or no address, so nothing was sent.
    NotSent(Error),
}

/// How a control request is sent.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// The last moment for everything.
    pub(super) until: Instant,
    /// The time for the exchange itself.
    pub(super) timeout: Duration,
    /// Whether it goes out on a connection of its own: a kept one may be dead.
    pub(super) fresh_connection: bool,
}

impl Engine {
    /// Sends a control request once. `on_leaving` is called just before it may leave.
    pub(super) async fn ask(
        &self,
        template: &RequestTemplate,
        bounds: Bounds,
        on_leaving: impl FnOnce(),
    ) -> Reply {
        let addressed = async {
            let addressed = self.address(template).await?;
            self.parts.control.ready().await;
            Ok(addressed)
        };
        let addressed = timeout_at(bounds.until, addressed).await;
        let (token, uri) = match addressed.unwrap_or_else(|_| Err(messages::deadline())) {
            Ok(addressed) => addressed,
            Err(error) => return Reply::NotSent(error),
        };
        let mut request = match self.request(template, (&token, &uri), None) {
            Ok(request) => request,
            Err(error) => return Reply::NotSent(error),
        };
        let remaining = bounds.until.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Reply::NotSent(messages::deadline());
        }
        request.timeout = bounds.timeout.min(remaining);
        request.fresh_connection = bounds.fresh_connection;
        let witness = request.witness.clone();
        on_leaving();
        match self.parts.control.send(request).await {
            Ok(answer) => Reply::Answered { answer, token },
            Err(fault) => {
                let error = Error::not_sent(Code::Connect, sentence(fault.kind, Peer::Platform));
                let used = self.parts.control.proxy_use(&uri);
                Reply::Unanswered {
                    left: !witness.revoke(),
                    error: used.explain(fault.kind, error),
                }
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
        error.response = Some(self.response(answer, redactor));
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
