//! Reads the answer of a token endpoint that granted something (RFC 6749 §5.1).
//!
//! Such an answer may hold secrets anywhere, so no error made here carries any of it.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::refusal;
use super::tenant::Tenant;
use super::token::{Granted, is_bearer_token};
use crate::Secret;
use crate::error::{Code, Error};
use crate::http::{Answer, AnswerBody};

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
    if !answer.status.is_success() {
        return Err(refusal::refused(answer, secrets, now));
    }
    match &answer.body {
        AnswerBody::Whole(body) => granted(body, scope),
        AnswerBody::Cut => Err(Error::not_sent(
            Code::Auth,
            "OAuth authentication failed: the connection ended within the answer of the token endpoint; try again",
        )
        .retryable(None)),
        AnswerBody::TooLarge => Err(unusable(
            "the answer of the token endpoint is longer than 64 KB",
        )),
    }
}

/// Reads the body of a 2xx answer. `scope` is what was asked for, separated by spaces.
fn granted(body: &[u8], scope: &str) -> Result<Granted, Error> {
    // Some servers put a byte order mark in front; RFC 8259 §8.1 lets a reader skip it.
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else {
        return Err(unusable(
            "the answer of the token endpoint is not a JSON object",
        ));
    };
    let mut text = |names: [&str; 2]| {
        let found = names.into_iter().find_map(|name| fields.remove(name));
        match found {
            Some(Value::String(text)) => Some(Secret::new(text)),
            _ => None,
        }
    };
    // The second names are those of `/public/user/refresh`.
    let refresh_token = text(["refresh_token", "refreshToken"]);
    let id_token = text(["id_token", "idToken"]);
    let Some(access_token) = text(["access_token", "token"]) else {
        return Err(unusable(
            "the answer of the token endpoint has no access_token",
        ));
    };
    if !is_bearer_token(&access_token) {
        return Err(unusable(
            "the access_token has characters that a bearer token cannot have (RFC 6750)",
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

fn unusable(what: &str) -> Error {
    Error::not_sent(
        Code::Auth,
        format!("OAuth authentication failed: {what}; check authUrl"),
    )
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
