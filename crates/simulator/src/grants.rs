//! The grants of the published API: passwords, access keys and refresh tokens.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::answer::Answer;
use super::options::SimulatorOptions;
use super::route::TokenEndpoint;

/// The refresh tokens that are still to be used. Each serves once.
#[derive(Default)]
pub(super) struct RefreshTokens(HashSet<String>);

impl RefreshTokens {
    pub(super) fn issue(&mut self) -> String {
        let token = format!("{:032x}", fastrand::u128(..));
        self.0.insert(token.clone());
        token
    }

    pub(super) fn revoke(&mut self) {
        self.0.clear();
    }

    fn redeem(&mut self, token: &str) -> bool {
        self.0.remove(token)
    }
}

/// Checks a request at one of the published endpoints. The error is its refusal.
pub(super) fn check(
    endpoint: TokenEndpoint,
    (authorization, body): (Option<&str>, &[u8]),
    options: &SimulatorOptions,
    refresh_tokens: &mut RefreshTokens,
) -> Result<(), Answer> {
    match endpoint {
        // Judged by the tutorial's own rules.
        TokenEndpoint::Tutorial => Ok(()),
        TokenEndpoint::Form => form(authorization, body, options, refresh_tokens),
        TokenEndpoint::AccessKey => {
            let (id, secret) = (field(body, "accessKeyId"), field(body, "accessKeySecret"));
            let known = id.as_deref() == Some(&options.access_key_id)
                && secret.as_deref() == Some(options.access_key_secret.expose());
            known
                .then_some(())
                .ok_or_else(|| refused(401, "invalid_client", "Unknown access key or wrong secret"))
        }
        TokenEndpoint::RegionalRefresh if !names_client(authorization, options) => {
            Err(refused(401, "invalid_client", "Unknown client"))
        }
        TokenEndpoint::Refresh | TokenEndpoint::RegionalRefresh => field(body, "token")
            .is_some_and(|token| refresh_tokens.redeem(&token))
            .then_some(())
            .ok_or_else(|| refused(401, "invalid_grant", "Unknown or used refresh token")),
    }
}

fn form(
    authorization: Option<&str>,
    body: &[u8],
    options: &SimulatorOptions,
    refresh_tokens: &mut RefreshTokens,
) -> Result<(), Answer> {
    let fields: HashMap<Cow<'_, str>, Cow<'_, str>> = url::form_urlencoded::parse(body).collect();
    let given = |name: &str| fields.get(name).map(AsRef::as_ref);
    let (basic_id, basic_secret) = authorization.and_then(basic).unzip();
    let client_id = given("client_id").or(basic_id.as_deref());
    let client_secret = given("client_secret").or(basic_secret.as_deref());
    // A refresh token may come without a secret, and even without a client, as NICE's SDK sends it.
    let refreshing = given("grant_type") == Some("refresh_token");
    let id_is_known = client_id == Some(&options.client_id) || (refreshing && client_id.is_none());
    let client_is_known = id_is_known
        && (client_secret == Some(options.client_secret.expose())
            || (refreshing && client_secret.is_none()));
    match given("grant_type") {
        None => Err(refused(
            400,
            "invalid_request",
            "grant_type is missing; the body must be form-encoded",
        )),
        Some("password" | "refresh_token") if !client_is_known => Err(refused(
            401,
            "invalid_client",
            "Unknown client or wrong secret",
        )),
        Some("password") => {
            let known = given("username") == Some(&options.access_key_id)
                && given("password") == Some(options.access_key_secret.expose());
            known
                .then_some(())
                .ok_or_else(|| refused(400, "invalid_grant", "Unknown access key or wrong secret"))
        }
        Some("refresh_token") => given("refresh_token")
            .is_some_and(|token| refresh_tokens.redeem(token))
            .then_some(())
            .ok_or_else(|| refused(400, "invalid_grant", "Unknown or used refresh token")),
        Some(_) => Err(refused(
            400,
            "unsupported_grant_type",
            "The grants here are password and refresh_token",
        )),
    }
}

/// `Basic` of `{clientId}@cxone`, which is no pair and holds no secret.
fn names_client(authorization: Option<&str>, options: &SimulatorOptions) -> bool {
    let expected = BASE64_STANDARD.encode(format!("{}@cxone", options.client_id));
    authorization
        .and_then(|given| given.split_once(' '))
        .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("basic") && given == expected)
}

/// Both halves of an `Authorization: Basic`, form-decoded (RFC 6749 §2.3.1).
fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(())?;
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    // What a client did not encode, such as `=`, stands for itself.
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        Some(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned())
    };
    Some((decoded(id)?, decoded(secret)?))
}

fn field(body: &[u8], name: &str) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(body.get(name)?.as_str()?.to_owned())
}

fn refused(status: u16, error: &str, description: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Answer::refusal(status, error, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_takes_what_is_encoded_and_what_is_not() {
        let read = |pair: &str| basic(&format!("basic {}", BASE64_STANDARD.encode(pair)));
        let both = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(
            read("client+one:s%3Ae%2Bc%2Fr%25et"),
            both("client one", "s:e+c/r%et")
        );
        assert_eq!(read("id:a=b&c="), both("id", "a=b&c="));
        assert_eq!(read("id"), None);
        assert_eq!(basic("Bearer x"), None);
    }
}
