//! Reads the answer of a token endpoint that granted something (RFC 6749 §5.1).
//!
//! Such an answer may hold secrets anywhere, so no error made here carries any of it.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::body::{self, Unread};
use super::refusal;
use super::tenant::Tenant;
use super::token::{Granted, is_bearer_token};
use crate::Secret;
use crate::error::{Code, Error};
use crate::http::Answer;

/// The life of a token whose answer does not say it in a readable way.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

/// No token is kept longer, whatever its answer says: 30 days.
pub const LONGEST_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The most characters of scopes in a message.
const MAX_SCOPE_CHARS: usize = 200;

/// Reads any answer. `scope` is what was asked for, separated by spaces; `secrets` are masked in what
/// a refusal says; `now` is needed for a `Retry-After` date.
pub fn read(
    answer: &Answer,
    scope: &str,
    secrets: &[Secret],
    now: SystemTime,
) -> Result<Granted, Error> {
    let fields = body::fields(answer);
    if !answer.status.is_success() {
        return Err(refusal::refused(answer, &fields, secrets, now));
    }
    match fields {
        Ok(fields) if has_token(&fields) => granted(fields, scope),
        // Some servers refuse with this status, others only say that there is no error.
        Ok(fields) if refusal::is_in(&fields) => {
            let mut error = refusal::refused(answer, &Ok(fields), secrets, now);
            error.response = None;
            Err(error)
        }
        Ok(_) => Err(failed(
            "the answer of the token endpoint has no access_token; check authUrl",
        )),
        Err(unread) => {
            let error = failed(&format!("the answer of the token endpoint {unread}"));
            Err(match unread {
                Unread::Cut => error.retryable(None),
                _ => error,
            })
        }
    }
}

/// The second name is that of `/public/user/refresh`.
const TOKEN_FIELDS: [&str; 2] = ["access_token", "token"];

fn has_token(fields: &Map<String, Value>) -> bool {
    let mut tokens = TOKEN_FIELDS.iter().filter_map(|name| fields.get(*name));
    tokens.any(|token| token.as_str().is_some_and(|token| !token.is_empty()))
}

/// Reads the body of a 2xx answer. `scope` is what was asked for, separated by spaces.
fn granted(mut fields: Map<String, Value>, scope: &str) -> Result<Granted, Error> {
    let mut text = |names: [&str; 2]| {
        let found = names.into_iter().find_map(|name| fields.remove(name));
        match found {
            Some(Value::String(text)) => Some(Secret::new(text)),
            _ => None,
        }
    };
    let refresh_token = text(["refresh_token", "refreshToken"]);
    let id_token = text(["id_token", "idToken"]);
    let access_token = text(TOKEN_FIELDS).unwrap_or_else(|| Secret::new(String::new()));
    if !is_bearer_token(&access_token) {
        return Err(failed(
            "the access_token has characters that a bearer token cannot have (RFC 6750)",
        ));
    }
    if !is_of_bearers(fields.get("token_type")) {
        return Err(failed(
            "the token endpoint granted a token of another type than Bearer, which this package cannot use (token_type, RFC 6749 section 7.1)",
        ));
    }
    if let Some(missing) = missing_scopes(fields.get("scope"), scope) {
        return Err(Error::not_sent(
            Code::Scope,
            format!(
                "The token lacks a scope that was asked for: {missing}; grant it to the client or ask for less"
            ),
        ));
    }
    let resource_server = fields
        .get("resource_server_base_uri")
        .and_then(Value::as_str);
    let tenant = Tenant::of(id_token.as_ref(), &access_token, resource_server);
    let lives = ["expires_in", "tokenExpirationTimeSec"];
    Ok(Granted {
        access_token,
        lifetime: lifetime(lives.into_iter().find_map(|name| fields.get(name))),
        refresh_token: refresh_token.filter(|token| !token.expose().is_empty()),
        tenant,
    })
}

/// Whether a token of this type goes behind the word `Bearer`. Its name is read in any case (RFC 6749 §7.1 with §5.1); the
/// access keys of NICE are answered without one.
fn is_of_bearers(token_type: Option<&Value>) -> bool {
    match token_type {
        None | Some(Value::Null) => true,
        Some(Value::String(name)) => {
            let name = name.trim();
            name.is_empty() || name.eq_ignore_ascii_case("bearer")
        }
        Some(_) => false,
    }
}

fn failed(what: &str) -> Error {
    Error::not_sent(Code::Auth, format!("OAuth authentication failed: {what}"))
}

fn lifetime(expires_in: Option<&Value>) -> Duration {
    let seconds = match expires_in {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => decimal(text.trim()),
        _ => None,
    };
    let Some(seconds) = seconds.filter(|seconds| !seconds.is_nan()) else {
        return DEFAULT_LIFETIME;
    };
    let seconds = seconds.clamp(0.0, LONGEST_LIFETIME.as_secs_f64());
    Duration::try_from_secs_f64(seconds).unwrap_or(DEFAULT_LIFETIME)
}

/// Digits with a sign and a fraction at most: Rust would read `inf` and `nan` too.
fn decimal(text: &str) -> Option<f64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte))
        .then(|| text.parse().ok())?
}

/// The scopes asked for that were not granted. No `scope` in the answer means as asked (RFC 6749 §5.1).
fn missing_scopes(granted: Option<&Value>, asked: &str) -> Option<String> {
    let granted: Vec<&str> = match granted {
        None | Some(Value::Null) => return None,
        Some(Value::String(text)) => text.split_ascii_whitespace().collect(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(_) => Vec::new(),
    };
    let missing: Vec<&str> = asked
        .split_ascii_whitespace()
        .filter(|scope| !granted.contains(scope))
        .collect();
    if missing.is_empty() {
        return None;
    }
    Some(
        missing
            .join(" ")
            .chars()
            .map(|char| if is_scope_char(char) { char } else { '*' })
            .take(MAX_SCOPE_CHARS)
            .collect(),
    )
}

/// RFC 6749 §3.3 `scope-token`, and the space between two of them.
fn is_scope_char(char: char) -> bool {
    matches!(char, ' '..='~') && !matches!(char, '"' | '\\')
}

#[cfg(test)]
mod tests;
