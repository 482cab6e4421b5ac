//! One request to a token endpoint, whichever the grant.

use bytes::Bytes;
use serde::Serializer as _;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::answer;
use super::client::Client;
use super::connection::Connection;
use super::token::Granted;
use crate::Secret;
use crate::error::Error;
use crate::origin::request_uri;

/// Room for the body of a usual request: text that grows leaves copies of the secrets behind.
const ROOM: usize = 4096;

/// What a token endpoint is asked.
pub(super) struct TokenRequest<'a> {
    /// The endpoint.
    pub(super) url: &'a Url,
    /// How the fields are written.
    pub(super) format: Format,
    /// What is asked for, and with which credentials.
    pub(super) fields: &'a [(&'a str, &'a str)],
    /// The client that asks, where the grant has one. Its fields are among the others.
    pub(super) client: Option<&'a Client<Secret>>,
    /// The scopes asked for, which the answer must grant.
    pub(super) scope: &'a str,
    /// What an error must not show besides the client.
    pub(super) secrets: &'a [Secret],
}

/// The two forms that token endpoints take.
#[derive(Clone, Copy)]
pub(super) enum Format {
    /// Pairs without a value are left out.
    Form,
    Json,
}

/// No token.
pub(super) struct Failed {
    /// Why.
    pub(super) error: Error,
    /// Whether the request may have left.
    pub(super) left: bool,
}

impl Failed {
    /// A secret was not to be had, so that nothing was asked.
    pub(super) const fn unasked(error: Error) -> Self {
        Self { error, left: false }
    }

    /// Whether there is no such endpoint at the address, so that nothing was done with what it was sent.
    pub(super) fn is_no_endpoint(&self) -> bool {
        let response = self.error.response.as_ref();
        response.is_some_and(|response| [404, 405].contains(&response.status))
    }
}

/// Asks once.
pub(super) async fn ask(
    connection: &Connection,
    request: TokenRequest<'_>,
) -> Result<Granted, Failed> {
    let unsent = |error| Failed { error, left: false };
    let uri = request_uri(request.url).map_err(unsent)?;
    let body = body(request.format, request.fields);
    let authorization = request.client.and_then(Client::authorization);
    match connection.post(&uri, body, authorization).await {
        Ok(answer) => {
            let now = connection.clock.now();
            let of_client = request.client.map(|client| client.secret.clone());
            let secrets: Vec<_> = request.secrets.iter().cloned().chain(of_client).collect();
            answer::read(&answer, request.scope, &secrets, now)
                .map_err(|error| Failed { error, left: true })
        }
        Err(unanswered) => {
            let kind = unanswered.fault.kind;
            Err(Failed {
                error: unanswered.proxy.explain(kind, unanswered.error()),
                left: unanswered.left,
            })
        }
    }
}

/// The media type and the bytes, which are wiped when the connection drops them. What the connection copies into
/// its buffers is not, nor is a body that outgrew its room.
fn body(format: Format, fields: &[(&str, &str)]) -> (&'static str, Bytes) {
    let fields = fields.iter().copied();
    let (media_type, bytes) = match format {
        Format::Form => {
            let mut form = form_urlencoded::Serializer::new(String::with_capacity(ROOM));
            form.extend_pairs(fields.filter(|(_, value)| !value.is_empty()));
            (
                "application/x-www-form-urlencoded",
                form.finish().into_bytes(),
            )
        }
        Format::Json => {
            let mut json = Vec::with_capacity(ROOM);
            // Text always has a JSON form, and memory takes it.
            let _ = serde_json::Serializer::new(&mut json).collect_map(fields);
            ("application/json", json)
        }
    };
    (media_type, Bytes::from_owner(Zeroizing::new(bytes)))
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

    fn text(format: Format, fields: &[(&str, &str)]) -> String {
        String::from_utf8(body(format, fields).1.to_vec()).unwrap()
    }

    #[test]
    fn bodies_hold_any_text() {
        let pairs = [("a", "x=y&z"), ("b", ""), ("c", "\"\\\n\u{1}é")];
        assert_eq!(
            text(Format::Form, &pairs),
            "a=x%3Dy%26z&c=%22%5C%0A%01%C3%A9"
        );
        let object: serde_json::Value = serde_json::from_str(&text(Format::Json, &pairs)).unwrap();
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
