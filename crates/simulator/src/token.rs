//! The token endpoint: one client, one grant, random tokens that expire.

use std::collections::HashMap;
use std::time::Instant;

use http::StatusCode;

use super::answer::Answer;
use super::options::{CALL_CONTROL, LINE_READWRITE, SimulatorOptions};

/// Expired tokens are forgotten when this many are known.
const SWEEP_AT: usize = 1_024;

/// The valid tokens.
#[derive(Default)]
pub(super) struct Tokens(HashMap<String, Issued>);

/// What a token allows, and until when.
struct Issued {
    expires: Instant,
    may_press: bool,
}

/// What a bearer token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenState {
    /// Never issued, expired or revoked.
    Invalid,
    /// Valid, without the scope that pressing takes.
    LacksScope,
    /// Valid for pressing.
    Good,
}

impl Tokens {
    /// Issues a random token.
    pub(super) fn issue(&mut self, scope: &str, now: Instant, expires: Instant) -> String {
        let token = format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..));
        self.accept(&token, scope, now, expires);
        token
    }

    /// Makes this token valid.
    pub(super) fn accept(&mut self, token: &str, scope: &str, now: Instant, expires: Instant) {
        if self.0.len() >= SWEEP_AT {
            self.0.retain(|_, issued| now < issued.expires);
        }
        let may_press = scope.split(' ').any(|name| name == CALL_CONTROL);
        self.0
            .insert(token.to_owned(), Issued { expires, may_press });
    }

    /// Checks the value of an `Authorization` header.
    pub(super) fn state_of(&self, authorization: Option<&str>, now: Instant) -> TokenState {
        let issued = authorization
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, token)| self.0.get(token));
        match issued {
            Some(issued) if issued.expires <= now => TokenState::Invalid,
            Some(issued) if issued.may_press => TokenState::Good,
            Some(_) => TokenState::LacksScope,
            None => TokenState::Invalid,
        }
    }

    pub(super) fn revoke(&mut self) {
        self.0.clear();
    }
}

/// Checks a token request (RFC 6749 §4.4.2) and returns the granted scope.
pub(super) fn grant(form: &[u8], options: &SimulatorOptions) -> Result<String, Answer> {
    let bad_request =
        |error, description| Answer::refusal(StatusCode::BAD_REQUEST, error, description);
    let mut fields: HashMap<_, _> = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(form) {
        // RFC 6749 §3.2: parameters must not be included more than once.
        if fields.insert(name, value).is_some() {
            return Err(bad_request("invalid_request", "A parameter is given twice"));
        }
    }
    let Some(grant_type) = fields.get("grant_type") else {
        return Err(bad_request(
            "invalid_request",
            "grant_type is missing; the body must be form-encoded",
        ));
    };
    if grant_type != "client_credentials" {
        return Err(bad_request(
            "unsupported_grant_type",
            "The only grant is client_credentials",
        ));
    }
    let is = |name, expected: &str| fields.get(name).is_some_and(|given| given == expected);
    if !is("client_id", &options.client_id) || !is("client_secret", options.client_secret.expose())
    {
        return Err(Answer::refusal(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Unknown client or wrong secret",
        ));
    }
    let asked = fields.get("scope").map_or("", |scope| scope.as_ref());
    granted_scope(asked, &options.scopes)
        .ok_or_else(|| bad_request("invalid_scope", "A scope is unknown, or none is allowed"))
}

/// What was asked and is allowed; all that is allowed when nothing was asked (RFC 6749 §3.3).
fn granted_scope(asked: &str, allowed: &[String]) -> Option<String> {
    if asked.trim().is_empty() {
        return Some(allowed.join(" "));
    }
    let mut granted: Vec<&str> = Vec::new();
    for name in asked.split_ascii_whitespace() {
        let is_allowed = allowed.iter().any(|scope| scope == name);
        if !is_allowed && name != CALL_CONTROL && name != LINE_READWRITE {
            return None;
        }
        if is_allowed && !granted.contains(&name) {
            granted.push(name);
        }
    }
    (!granted.is_empty()).then(|| granted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn error(form: &str) -> (u16, String) {
        let answer = grant(form.as_bytes(), &SimulatorOptions::default()).unwrap_err();
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        (
            answer.status.as_u16(),
            body["error"].as_str().unwrap().to_owned(),
        )
    }

    #[test]
    fn every_refusal_has_its_code() {
        let good = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
        assert!(grant(good.as_bytes(), &SimulatorOptions::default()).is_ok());
        let cases = [
            ("client_id=demo-client".to_owned(), 400, "invalid_request"),
            (
                format!("{good}&client_id=demo-client"),
                400,
                "invalid_request",
            ),
            (
                good.replace("client_credentials", "password"),
                400,
                "unsupported_grant_type",
            ),
            (good.replace("demo-client", "demo"), 401, "invalid_client"),
            (good.replace("demo-secret", "x"), 401, "invalid_client"),
            (format!("{good}&scope=telephony:none"), 400, "invalid_scope"),
        ];
        for (form, status, code) in cases {
            assert_eq!(error(&form), (status, code.to_owned()), "{form}");
        }
    }

    #[test]
    fn the_granted_scope_is_what_was_asked_and_is_allowed() {
        let allowed = [CALL_CONTROL.to_owned(), "own:scope".to_owned()];
        let granted = |asked| granted_scope(asked, &allowed);
        assert_eq!(
            granted(""),
            Some("telephony:call:control own:scope".to_owned())
        );
        assert_eq!(granted("own:scope own:scope"), Some("own:scope".to_owned()));
        assert_eq!(
            granted("telephony:line:readwrite telephony:call:control"),
            Some(CALL_CONTROL.to_owned()),
            "known to the platform, not allowed to the client"
        );
        assert_eq!(granted(LINE_READWRITE), None);
        assert_eq!(granted("telephony:call:control other"), None);
    }

    #[test]
    fn a_token_is_good_until_it_expires_or_is_revoked() {
        let mut tokens = Tokens::default();
        let now = Instant::now();
        let expires = now + Duration::from_secs(1);
        let token = tokens.issue(CALL_CONTROL, now, expires);
        let weak = tokens.issue(LINE_READWRITE, now, expires);
        let state_of = |tokens: &Tokens, scheme: &str, token: &str, at| {
            tokens.state_of(Some(&format!("{scheme} {token}")), at)
        };
        assert_eq!(state_of(&tokens, "Bearer", &token, now), TokenState::Good);
        assert_eq!(state_of(&tokens, "bearer", &token, now), TokenState::Good);
        assert_eq!(state_of(&tokens, "Basic", &token, now), TokenState::Invalid);
        assert_eq!(
            state_of(&tokens, "Bearer", &weak, now),
            TokenState::LacksScope
        );
        assert_eq!(
            state_of(&tokens, "Bearer", &token, expires),
            TokenState::Invalid
        );
        assert_eq!(tokens.state_of(None, now), TokenState::Invalid);
        tokens.revoke();
        assert_eq!(
            state_of(&tokens, "Bearer", &token, now),
            TokenState::Invalid
        );
    }
}
