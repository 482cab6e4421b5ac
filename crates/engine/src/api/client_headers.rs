//! The headers of requests: what the package sets, and what the program adds.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::wiped::Wiped;
use crate::Secret;
use crate::auth::Token;
use crate::error::{Code, Error};
use crate::http::{IDENTITY, OWN_USER_AGENT};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The most headers that can be added.
const MAX_HEADERS: usize = 32;

/// The longest value of an added header, in bytes. Servers take heads of 8 KB to 16 KB in all.
const MAX_VALUE_BYTES: usize = 4096;

/// The longest name of an added header, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// The longest `userAgent`, in bytes.
const MAX_USER_AGENT_BYTES: usize = 256;

/// Names that a program cannot set: they name the client, describe the body and how it travels.
const RESERVED: [&str; 20] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

/// `User-Agent` and the added headers. All values but `User-Agent` are marked sensitive.
#[derive(Clone, Debug)]
pub struct ClientHeaders {
    own: HeaderMap,
    latest: Arc<Mutex<Option<Latest>>>,
}

/// The headers of the latest request with a body: the next one mostly carries the same token.
#[derive(Debug)]
struct Latest {
    token: Secret,
    headers: HeaderMap,
}

impl Default for ClientHeaders {
    fn default() -> Self {
        let agent = HeaderValue::from_static(OWN_USER_AGENT);
        Self::from(HeaderMap::from_iter([(USER_AGENT, agent)]))
    }
}

impl ClientHeaders {
    /// Checks the options `userAgent` and `headers`. An error names the option, never a value.
    pub fn new(user_agent: Option<&str>, added: &[(String, String)]) -> Result<Self, Error> {
        let mut headers = Self::default().own;
        if let Some(text) = user_agent {
            let agent = field_value(text, MAX_USER_AGENT_BYTES)
                .ok_or_else(|| refused("userAgent", MAX_USER_AGENT_BYTES))?;
            headers.insert(USER_AGENT, agent);
        }
        if added.len() > MAX_HEADERS {
            return Err(Error::invalid(format!(
                "headers must not have more than {MAX_HEADERS} entries"
            )));
        }
        for (position, (name, value)) in added.iter().enumerate() {
            let (known, value) = added_header(position, name, value)?;
            if headers.insert(known, value).is_some() {
                return Err(Error::invalid(format!(
                    "headers.{name} is given twice: names do not differ by case"
                )));
            }
        }
        Ok(Self::from(headers))
    }

    /// The headers of a request with this token and this body, which is JSON unless it is empty.
    pub fn of_request(&self, token: &Token, body: &Bytes) -> Result<HeaderMap, Error> {
        if body.is_empty() {
            return self.without_body(token);
        }
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(latest) = latest.as_ref().filter(|latest| latest.token == token.value) {
            return Ok(latest.headers.clone());
        }
        let mut headers = self.without_body(token)?;
        headers.insert(CONTENT_TYPE, JSON);
        *latest = Some(Latest {
            token: token.value.clone(),
            headers: headers.clone(),
        });
        Ok(headers)
    }

    fn without_body(&self, token: &Token) -> Result<HeaderMap, Error> {
        let bearer = Zeroizing::new(format!("Bearer {}", token.value.expose()));
        let mut bearer =
            HeaderValue::from_maybe_shared(Bytes::from_owner(Wiped(bearer))).map_err(|_| {
                Error::not_sent(
                    Code::Auth,
                    "the token holds characters that no header may hold",
                )
            })?;
        bearer.set_sensitive(true);
        let mut headers = self.own.clone();
        headers.insert(AUTHORIZATION, bearer);
        headers.insert(ACCEPT, JSON);
        headers.insert(ACCEPT_ENCODING, IDENTITY);
        Ok(headers)
    }

    /// The `User-Agent`.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        self.own
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .unwrap_or(OWN_USER_AGENT)
    }
}

impl From<HeaderMap> for ClientHeaders {
    fn from(own: HeaderMap) -> Self {
        Self {
            own,
            latest: Arc::default(),
        }
    }
}

/// Checks one entry of the option `headers`.
fn added_header(
    position: usize,
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), Error> {
    let known = header_name(name).ok_or_else(|| unnamed(position))?;
    let field = format!("headers.{name}");
    if known == USER_AGENT {
        return Err(Error::invalid(format!(
            "{field} cannot be set: use userAgent"
        )));
    }
    if RESERVED.contains(&known.as_str()) {
        return Err(Error::invalid(format!(
            "{field} cannot be set: this package sets it itself"
        )));
    }
    let mut value =
        field_value(value, MAX_VALUE_BYTES).ok_or_else(|| refused(&field, MAX_VALUE_BYTES))?;
    value.set_sensitive(true);
    Ok((known, value))
}

fn header_name(name: &str) -> Option<HeaderName> {
    Some(name)
        .filter(|name| name.len() <= MAX_NAME_BYTES)
        .and_then(|name| HeaderName::try_from(name).ok())
}

/// Visible ASCII with blanks between, as senders should keep to (RFC 9110 §5.5).
fn field_value(text: &str, longest: usize) -> Option<HeaderValue> {
    let fits = (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.trim() == text;
    Some(text)
        .filter(|_| fits)
        .and_then(|text| HeaderValue::try_from(text).ok())
}

fn refused(field: &str, longest: usize) -> Error {
    Error::invalid(format!(
        "{field} must be 1 to {longest} characters of visible ASCII, with blanks only between them"
    ))
}

/// A whole header line, pasted where the name goes, may hold a secret: the name is not repeated.
fn unnamed(position: usize) -> Error {
    let position = position + 1;
    Error::invalid(format!(
        "headers has a name that is no header name: entry {position} must be 1 to {MAX_NAME_BYTES} characters of A-Z a-z 0-9 !#$%&'*+-.^_`|~"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(added: &[(&str, &str)]) -> Result<ClientHeaders, Error> {
        let added: Vec<_> = added
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        ClientHeaders::new(None, &added)
    }

    fn message<T>(result: Result<T, Error>) -> String {
        result.err().unwrap().message.into_owned()
    }

    #[test]
    fn without_options_only_the_user_agent_is_there() {
        let headers = ClientHeaders::default();
        assert_eq!(headers.own.len(), 1);
        assert_eq!(headers.user_agent(), OWN_USER_AGENT);
    }

    #[test]
    fn values_are_sensitive_and_shown_nowhere() {
        let headers = read(&[("X-Api-Key", "canary key")]).unwrap();
        assert_eq!(headers.own["x-api-key"], "canary key");
        assert!(headers.own["x-api-key"].is_sensitive());
        assert!(!format!("{headers:?}").contains("canary"));
    }

    fn token(text: &str) -> Token {
        Token {
            value: crate::Secret::new(text.into()),
            generation: 1,
            tenant: None,
        }
    }

    #[test]
    fn the_token_is_marked_sensitive_and_the_body_named() {
        let headers = ClientHeaders::default();
        let with_body = headers
            .of_request(&token("abc"), &Bytes::from_static(b"{}"))
            .unwrap();
        assert_eq!(with_body[AUTHORIZATION], "Bearer abc");
        assert!(with_body[AUTHORIZATION].is_sensitive());
        assert_eq!(with_body[ACCEPT], "application/json");
        assert_eq!(with_body[ACCEPT_ENCODING], "identity");
        assert_eq!(with_body[CONTENT_TYPE], "application/json");
        assert!(with_body[USER_AGENT].as_bytes().starts_with(b"cxone-dtmf/"));
        assert!(!format!("{with_body:?}").contains("abc"));
        let without = headers.of_request(&token("abc"), &Bytes::new()).unwrap();
        assert!(!without.contains_key(CONTENT_TYPE));
    }

    #[test]
    fn a_token_that_no_header_may_hold_is_an_error_without_it() {
        let error = ClientHeaders::default()
            .of_request(&token("canary\r\nX: y"), &Bytes::new())
            .unwrap_err();
        assert_eq!(error.code, Code::Auth);
        assert!(!format!("{error:?}").contains("canary"));
    }

    #[test]
    fn reserved_names_cannot_be_replaced_in_any_case() {
        for name in RESERVED {
            for name in [name.to_owned(), name.to_ascii_uppercase()] {
                let found = message(read(&[(&name, "canary")]));
                assert!(
                    found.starts_with(&format!("headers.{name} cannot be set")),
                    "{found}"
                );
            }
        }
    }

    #[test]
    fn values_that_could_end_the_header_are_refused_and_not_repeated() {
        let long = "canary".repeat(MAX_VALUE_BYTES);
        for value in [
            "",
            " canary",
            "canary ",
            "canary\r\nx: y",
            "canary\n",
            "canary\t1",
            "canary\0",
            "canary\u{7f}",
            "canäry",
            &long,
        ] {
            let found = message(read(&[("X-Key", value)]));
            assert!(found.starts_with("headers.X-Key must be"), "{found}");
            assert!(!found.contains("can"), "{found}");
        }
        assert!(read(&[("X-Key", &"v".repeat(MAX_VALUE_BYTES))]).is_ok());
    }

    #[test]
    fn names_must_be_tokens_and_are_not_repeated_when_they_are_none() {
        let long = "canary".repeat(MAX_NAME_BYTES);
        for name in ["", "canary: x", "canary\r\n", "canäry", ":canary", &long] {
            let found = message(read(&[("X-Key", "v"), (name, "v")]));
            assert!(
                found.starts_with("headers has a name") && found.contains("entry 2"),
                "{found}"
            );
            assert!(!found.contains("canary"), "{found}");
        }
        assert!(read(&[("x!#$%&'*+-.^_`|~9", "v")]).is_ok());
    }

    #[test]
    fn one_name_has_one_value() {
        assert_eq!(
            message(read(&[("X-Key", "a"), ("x-key", "b")])),
            "headers.x-key is given twice: names do not differ by case"
        );
    }

    #[test]
    fn number_of_headers() {
        let names: Vec<_> = (0..=MAX_HEADERS).map(|n| format!("x-{n}")).collect();
        let added: Vec<_> = names.iter().map(|name| (name.as_str(), "v")).collect();
        assert!(read(&added[..MAX_HEADERS]).is_ok());
        assert!(message(read(&added)).starts_with("headers must not have more than 32"));
    }

    #[test]
    fn user_agent_is_checked() {
        let longest = "a".repeat(MAX_USER_AGENT_BYTES);
        for agent in ["my-app/1.0 (contact centre)", &longest] {
            let headers = ClientHeaders::new(Some(agent), &[]).unwrap();
            assert_eq!(headers.user_agent(), agent);
        }
        for agent in ["", " a", "a\r\nb", "ä", &format!("{longest}a")] {
            let found = message(ClientHeaders::new(Some(agent), &[]));
            assert!(found.starts_with("userAgent must be"), "{found}");
        }
    }
}
