//! One request to a token endpoint, whichever the grant.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::{Granted, answer, refusal};
use crate::Secret;
use crate::clock::WallClock;
use crate::error::Error;
use crate::http::{Request, Transport, Witness};
use crate::origin::request_uri;

const OWN_USER_AGENT: &str = concat!("cxone-dtmf/", env!("CARGO_PKG_VERSION"));

/// The way to a token endpoint.
#[derive(Clone)]
pub struct Connection {
    /// Carries the requests.
    pub transport: Arc<dyn Transport>,
    /// The bound on one request, its answer included. Default [`Self::DEFAULT_TIMEOUT`].
    pub timeout: Duration,
    /// The time of day, for a `Retry-After` that is a date.
    pub clock: WallClock,
}

impl Connection {
    /// The bound on one request, unless told otherwise.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
}

/// What a token endpoint is asked.
pub(super) struct Question<'a> {
    /// The endpoint.
    pub url: &'a Url,
    /// The body, which is wiped when the connection drops it.
    pub body: Body,
    /// The scopes asked for, which the answer must grant.
    pub scope: &'a str,
    /// What an error must not show.
    pub secrets: &'a [Secret],
}

/// A body in one of the two forms that token endpoints take.
pub(super) enum Body {
    Form(Bytes),
    Json(Bytes),
}

/// No token.
pub(super) struct Failed {
    /// Why.
    pub error: Error,
    /// Whether the request may have left.
    pub left: bool,
}

impl Connection {
    /// Asks once.
    pub(super) async fn ask(&self, question: Question<'_>) -> Result<Granted, Failed> {
        // Bounded, since who waits for a token need not have a deadline.
        let _ = tokio::time::timeout(self.timeout, self.transport.ready()).await;
        let (content_type, body) = match question.body {
            Body::Form(body) => ("application/x-www-form-urlencoded", body),
            Body::Json(body) => ("application/json", body),
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        // Without it the platform may answer in HTML.
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(OWN_USER_AGENT));
        let uri = request_uri(question.url).map_err(|error| Failed { error, left: false })?;
        let witness = Witness::default();
        let sent = self.transport.send(Request {
            method: Method::POST,
            uri: uri.clone(),
            headers,
            body,
            witness: witness.clone(),
            timeout: self.timeout,
            fresh_connection: false,
        });
        match sent.await {
            Ok(answer) => {
                let now = self.clock.now();
                answer::read(&answer, question.scope, question.secrets, now)
                    .map_err(|error| Failed { error, left: true })
            }
            Err(fault) => {
                let used = self.transport.proxy_use(&uri);
                Err(Failed {
                    error: used.explain(fault.kind, refusal::unanswered(fault)),
                    left: !witness.revoke(),
                })
            }
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A form of these pairs; pairs without a value are left out.
pub(super) fn form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)> + Clone) -> Body {
    // Room for all of it, encoded: a string that grows leaves copies of the secrets behind.
    let room = pairs
        .clone()
        .into_iter()
        .map(|(name, value)| name.len() + 3 * value.len() + 2)
        .sum();
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(room));
    for (name, value) in pairs {
        if !value.is_empty() {
            form.append_pair(name, value);
        }
    }
    Body::Form(Bytes::from_owner(Zeroizing::new(
        form.finish().into_bytes(),
    )))
}

/// A JSON object of these texts.
pub(super) fn json<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)> + Clone) -> Body {
    // Every character may take six when it is escaped.
    let room = pairs
        .clone()
        .into_iter()
        .map(|(name, value)| name.len() + 6 * value.len() + 8)
        .sum::<usize>();
    let mut object = Zeroizing::new(Vec::with_capacity(room + 2));
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        object.push(if index == 0 { b'{' } else { b',' });
        // Text always has a JSON form, and memory takes it.
        let _ = serde_json::to_writer(&mut *object, name);
        object.push(b':');
        let _ = serde_json::to_writer(&mut *object, value);
    }
    object.push(b'}');
    Body::Json(Bytes::from_owner(object))
}

/// The address of an endpoint below a base. One that ends in a part of `path` already is completed, not doubled;
/// trailing slashes, query and fragment are dropped.
pub(super) fn endpoint(base: &Url, path: &[&str]) -> Url {
    let below = base.path().trim_end_matches('/');
    let (mut whole, mut missing) = (String::new(), String::new());
    for part in path {
        whole = whole + "/" + part;
        missing = if below.ends_with(&whole) {
            String::new()
        } else {
            missing + "/" + part
        };
    }
    let mut url = base.clone();
    url.set_path(&format!("{below}{missing}"));
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: Body) -> String {
        let (Body::Form(bytes) | Body::Json(bytes)) = body;
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn bodies_hold_any_text() {
        let pairs = [("a", "x=y&z"), ("b", ""), ("c", "\"\\\n\u{1}é")];
        assert_eq!(text(form(pairs)), "a=x%3Dy%26z&c=%22%5C%0A%01%C3%A9");
        let object: serde_json::Value = serde_json::from_str(&text(json(pairs))).unwrap();
        for (name, value) in pairs {
            assert_eq!(object[name], value);
        }
    }

    #[test]
    fn an_address_is_completed_and_not_doubled() {
        let path = ["authentication", "v1", "token", "access-key"];
        let whole = "https://na1.example/authentication/v1/token/access-key";
        for base in [
            "https://na1.example",
            "https://na1.example/",
            "https://na1.example/authentication",
            "https://na1.example/authentication/v1//",
            "https://na1.example/authentication/v1/token/access-key",
        ] {
            let url = endpoint(&base.parse().unwrap(), &path);
            assert_eq!(url.as_str(), whole, "{base}");
        }
        let other = endpoint(
            &"https://x.example/token".parse().unwrap(),
            &["auth", "token"],
        );
        assert_eq!(other.as_str(), "https://x.example/token/auth/token");
    }
}
