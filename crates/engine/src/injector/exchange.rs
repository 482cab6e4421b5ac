//! One request with the current token, for what is not an injection: recordings and events.

use std::iter;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use tokio::time::{Instant, timeout_at};

use super::{Engine, messages};
use crate::Secret;
use crate::api::{self, RequestTemplate};
use crate::auth::Token;
use crate::error::{Code, Error, Response};
use crate::http::{Answer, Peer, Request, Witness, sentence};
use crate::redact::Redactor;

/// Values of added headers that are shorter are not looked for in answers: they would be found everywhere.
const SHORTEST_SECRET: usize = 8;

/// How an exchange ended.
pub(super) enum Exchange {
    /// The platform answered.
    Answered {
        /// What it said.
        answer: Answer,
        /// The token that the request carried.
        token: Token,
    },
    /// No answer.
    Unanswered {
        /// Whether the request may have left.
        left: bool,
        /// Why, with what is known of a proxy.
        error: Error,
    },
    /// No token or no address, so nothing was sent.
    NotBegun(Error),
}

impl Engine {
    /// Sends a draft once, before `until`. `on_leaving` is called just before it may leave.
    pub(super) async fn exchange(
        &self,
        template: &RequestTemplate,
        (until, timeout): (Instant, Duration),
        on_leaving: impl FnOnce(),
    ) -> Exchange {
        let prepared = timeout_at(until, self.address(template)).await;
        let (token, uri) = match prepared.unwrap_or_else(|_| Err(messages::deadline())) {
            Ok(prepared) => prepared,
            Err(error) => return Exchange::NotBegun(error),
        };
        let headers = match self.parts.profile.headers(&token, &template.body) {
            Ok(headers) => headers,
            Err(error) => return Exchange::NotBegun(error),
        };
        let remaining = until.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Exchange::NotBegun(messages::deadline());
        }
        let witness = Witness::default();
        on_leaving();
        let sent = self.parts.transport.send(Request {
            method: template.method.clone(),
            uri: uri.clone(),
            headers,
            body: template.body.clone(),
            witness: witness.clone(),
            timeout: timeout.min(remaining),
            fresh_connection: false,
        });
        match sent.await {
            Ok(answer) => Exchange::Answered { answer, token },
            Err(fault) => {
                let error = Error::not_sent(Code::Connect, sentence(fault.kind, Peer::Platform));
                let used = self.parts.transport.proxy_use(&uri);
                Exchange::Unanswered {
                    left: !witness.revoke(),
                    error: used.explain(fault.kind, error),
                }
            }
        }
    }

    async fn address(&self, template: &RequestTemplate) -> Result<(Token, Uri), Error> {
        let token = self.parts.tokens.token().await?;
        let base = self.parts.endpoint.base(&token).await?;
        self.parts.transport.ready().await;
        let uri = template.target.under(&base)?;
        Ok((token, uri))
    }

    /// What the platform was told in confidence, and may say again.
    pub(super) fn secrets_of(&self, token: &Token) -> Vec<Secret> {
        let headers = self.parts.profile.headers(token, &Bytes::new());
        let headers = headers.unwrap_or_default();
        let sensitive = headers.values().filter(|value| value.is_sensitive());
        let texts = sensitive.filter_map(|value| value.to_str().ok());
        let long_enough = texts.filter(|text| text.len() >= SHORTEST_SECRET);
        iter::once(token.value.clone())
            .chain(long_enough.map(|text| Secret::new(text.to_owned())))
            .collect()
    }

    /// An answer as an error carries it: what was told to the platform in confidence is hidden.
    pub(super) fn response(&self, answer: &Answer, hidden: Redactor<'_>) -> Box<Response> {
        let mut response = api::response(answer, hidden);
        response.details = self.parts.profile.details(&response);
        Box::new(response)
    }
}
