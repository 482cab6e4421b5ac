//! Requests to the platform, with the current token and address.

use std::iter;

use bytes::Bytes;
use http::Uri;
use http::header::AUTHORIZATION;
use url::Url;

use super::engine::Engine;
use crate::Secret;
use crate::api::RequestTemplate;
use crate::auth::Token;
use crate::error::Error;
use crate::http::{MAX_ANSWER_BYTES, Request, Witness};
use crate::redact::SHORTEST_SECRET;
use crate::trace::Trace;

impl Engine {
    /// The address of a request below a base. `call` is what the request is for: where that is a session which goes by
    /// another id by now, it is asked for by that.
    pub(super) fn uri(
        &self,
        template: &RequestTemplate,
        call: Option<&str>,
        base: &Url,
    ) -> Result<Uri, Error> {
        let newest = call.and_then(|call| Some(self.session(call)?.newest_id()));
        match newest {
            Some(id) => template.target.renamed(&id).under(base),
            None => template.target.under(base),
        }
    }

    /// The token for a request, and the base of its address.
    pub(super) async fn base(&self) -> Result<(Token, Url), Error> {
        let token = self.parts.tokens.token().await?;
        let base = self.parts.endpoint.base(&token).await?;
        let sessions = self.parts.registry.sessions();
        self.scope.learn(&base, &*self.parts.profile, sessions);
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
            most_answer_bytes: MAX_ANSWER_BYTES,
        })
    }

    /// What the platform was told in confidence, and may say again.
    pub(super) fn secrets_of(&self, token: &Token) -> Vec<Secret> {
        let headers = self.parts.profile.headers(token, &Bytes::new());
        let headers = headers.unwrap_or_default();
        // That of the token is its word `Bearer` and the token.
        let added = headers.iter().filter(|(name, _)| *name != AUTHORIZATION);
        let sensitive = added.filter(|(_, value)| value.is_sensitive());
        let texts = sensitive.filter_map(|(_, value)| value.to_str().ok());
        // Any added header counts as confidential, and most that are short are not.
        let long_enough = texts.filter(|text| text.len() >= SHORTEST_SECRET);
        iter::once(token.value.clone())
            .chain(long_enough.map(|text| Secret::new(text.to_owned())))
            .collect()
    }
}
