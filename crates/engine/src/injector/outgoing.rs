//! Requests to the platform, with the current token and address.

use std::iter;

use bytes::Bytes;
use http::Uri;
use url::Url;

use super::engine::Engine;
use crate::Secret;
use crate::api::{self, RequestTemplate};
use crate::auth::Token;
use crate::error::{Error, Response};
use crate::http::{Answer, Request, Witness};
use crate::redact::Redactor;
use crate::trace::Trace;

/// Values of added headers that are shorter are not looked for in answers: they would be found everywhere.
const SHORTEST_SECRET: usize = 8;

impl Engine {
    /// The token for a request, and its address.
    pub(super) async fn address(&self, template: &RequestTemplate) -> Result<(Token, Uri), Error> {
        let (token, base) = self.base().await?;
        let uri = template.target.under(&base)?;
        Ok((token, uri))
    }

    /// The token for a request, and the base of its address.
    pub(super) async fn base(&self) -> Result<(Token, Url), Error> {
        let token = self.parts.tokens.token().await?;
        let base = self.parts.endpoint.base(&token).await?;
        self.scope.learn(&base, &*self.parts.profile);
        Ok((token, base))
    }

    /// The request of a template, for one send within the time-out of an attempt.
    pub(super) fn request(
        &self,
        template: &RequestTemplate,
        (token, uri): (&Token, &Uri),
        trace: Option<&Trace>,
    ) -> Result<Request, Error> {
        let profile = &self.parts.profile;
        let mut headers = profile.headers(token, &template.body)?;
        if let Some(trace) = trace {
            trace.add_to(&mut headers, profile.correlation_header());
        }
        Ok(Request {
            method: template.method.clone(),
            uri: uri.clone(),
            headers,
            body: template.body.clone(),
            witness: Witness::default(),
            timeout: self.config.timeout,
            fresh_connection: false,
        })
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

    /// An answer as an error carries it: what was told to the platform in confidence is redacted.
    pub(super) fn response(&self, answer: &Answer, redactor: Redactor<'_>) -> Box<Response> {
        let mut response = api::response(answer, redactor);
        response.details = self.parts.profile.details(&response);
        Box::new(response)
    }
}
