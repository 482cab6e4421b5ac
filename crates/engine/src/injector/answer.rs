//! What became of a send: what its answer says of the digits, or what it says that there is none.

use http::Uri;

use super::active::Active;
use super::messages;
use super::retry_loop::Failed;
use crate::api::{self, AttemptResult, Classification, body_text};
use crate::auth::{Token, refuses_token};
use crate::delivery::Delivery;
use crate::error::{Code, Error};
use crate::http::{Answer, Fault};
use crate::outcome::{Accepted, ShownBody};
use crate::redact::Redactor;
use crate::retry::{Failure, Resend, retry_after_of};

/// How a send ended.
pub(super) struct Sent {
    /// The inner error is the transport's, the outer one the end from outside.
    pub(super) result: Result<Result<Answer, Fault>, Error>,
    pub(super) handed_over: bool,
}

impl Active {
    /// What an attempt comes to. `uri` and `token` are those of its request.
    pub(super) fn outcome_of(
        &mut self,
        sent: Sent,
        uri: &Uri,
        token: Token,
    ) -> Result<Accepted, Failed> {
        match sent.result {
            Ok(Ok(answer)) => self.read(uri, &answer, token),
            Ok(Err(fault)) => {
                let result = AttemptResult::Failed {
                    fault: fault.kind,
                    handed_over: sent.handed_over,
                };
                Err(match self.classify(&result) {
                    Classification::Failed(failure) => self.failed(uri, &result, failure),
                    // No profile says so without an answer.
                    Classification::Accepted => Failed::finally(Error {
                        delivery: Delivery::Unknown,
                        ..messages::dropped()
                    }),
                })
            }
            Err(mut ended) => {
                if sent.handed_over {
                    ended.delivery = Delivery::Unknown;
                }
                Err(Failed::finally(ended))
            }
        }
    }

    fn read(&mut self, uri: &Uri, answer: &Answer, token: Token) -> Result<Accepted, Failed> {
        let engine = &self.identity.engine;
        let result = AttemptResult::Answered {
            status: answer.status.as_u16(),
            retry_after: retry_after_of(&answer.headers, engine.parts.clock.now()),
            token_refused: refuses_token(answer),
        };
        let Classification::Failed(failure) = self.classify(&result) else {
            return Ok(self.accepted(answer, &token));
        };
        if failure.code == Code::RateLimited
            && let Some((limiter, wait)) = engine.rate_limiter().zip(failure.retry_after)
        {
            limiter.hold_back(wait);
        }
        let mut failed = self.failed(uri, &result, failure);
        let redactor = Redactor {
            digits: &self.request.digit_redactors(),
            secrets: &engine.secrets_of(&token),
        };
        let response = Box::new(api::response(answer, redactor));
        if failed.error.code == Code::Conflict {
            let beginning = engine.parts.profile.conflict(&self.request.prepared.call);
            failed.error.message = messages::conflict(&beginning, &response).into();
        }
        self.log.last_response = Some(response.clone());
        failed.error.response = Some(response);
        failed.token = Some(Box::new(token));
        Err(failed)
    }

    fn accepted(&self, answer: &Answer, token: &Token) -> Accepted {
        let body = body_text(&answer.body);
        let text = body.unwrap_or_default();
        let engine = &self.identity.engine;
        let shown = if engine.parts.events.shows_answers() {
            let digits = &self.request.digit_redactors();
            let secrets = &engine.secrets_of(token);
            let redacted = Redactor { digits, secrets }.body(text);
            redacted.map_or(ShownBody::All, ShownBody::Redacted)
        } else {
            ShownBody::Nothing
        };
        Accepted {
            status: answer.status.as_u16(),
            body: text.to_owned(),
            shown,
            body_error: body.err(),
        }
    }

    fn classify(&self, result: &AttemptResult) -> Classification {
        let profile = &self.identity.engine.parts.profile;
        profile.classify(result, &self.request.delivery_policy)
    }

    fn failed(&self, uri: &Uri, result: &AttemptResult, failure: Failure) -> Failed {
        let mut error = Error::not_sent(failure.code, messages::attempt(result, failure.code));
        if let AttemptResult::Failed { fault, .. } = *result {
            let used = self.identity.engine.parts.transport.proxy_use(uri);
            error = used.explain(fault, error).distrusting(fault.cause());
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
            token: None,
        }
    }
}
