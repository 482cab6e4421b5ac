use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use proptest::prelude::*;

use super::*;
use crate::http::AnswerBody;

const TOKEN: &str = "eyJ0.canary-token_~+/==";

/// What an answer of status 200 with this body comes to.
fn granted(body: &[u8], scope: &str) -> Result<Granted, Error> {
    answered(AnswerBody::Whole(Bytes::copy_from_slice(body)), "", scope)
}

fn answered(body: AnswerBody, media_type: &'static str, scope: &str) -> Result<Granted, Error> {
    let answer = Answer {
        status: StatusCode::OK,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]),
        body,
    };
    read(&answer, scope, &[], SystemTime::UNIX_EPOCH)
}

fn life(expires_in: &str) -> Duration {
    let body = format!(r#"{{"access_token":"{TOKEN}","expires_in":{expires_in}}}"#);
    granted(body.as_bytes(), "").unwrap().lifetime
}

fn with_scope(scope: &str, asked: &str) -> Result<Granted, Error> {
    let body = format!(r#"{{"access_token":"{TOKEN}","scope":{scope}}}"#);
    granted(body.as_bytes(), asked)
}

#[test]
fn expiry_is_read_in_all_its_forms() {
    for (text, expected) in [
        ("3600", Duration::from_secs(3600)),
        (r#""3600""#, Duration::from_secs(3600)),
        (r#"" 60 ""#, Duration::from_secs(60)),
        ("1.5", Duration::from_millis(1500)),
        (r#""1.5""#, Duration::from_millis(1500)),
        ("0", Duration::ZERO),
        ("-1", Duration::ZERO),
        (r#""-1""#, Duration::ZERO),
        ("-1e300", Duration::ZERO),
        ("1e300", LONGEST_LIFETIME),
        ("99999999999999999999999", LONGEST_LIFETIME),
        (r#""99999999999999999999999""#, LONGEST_LIFETIME),
        ("2592001", LONGEST_LIFETIME),
        ("null", DEFAULT_LIFETIME),
        ("true", DEFAULT_LIFETIME),
        ("[]", DEFAULT_LIFETIME),
        (r#""""#, DEFAULT_LIFETIME),
        (r#""-""#, DEFAULT_LIFETIME),
        (r#""soon""#, DEFAULT_LIFETIME),
        (r#""inf""#, DEFAULT_LIFETIME),
        (r#""NaN""#, DEFAULT_LIFETIME),
    ] {
        assert_eq!(life(text), expected, "{text}");
    }
    let absent = format!(r#"{{"access_token":"{TOKEN}"}}"#);
    assert_eq!(
        granted(absent.as_bytes(), "a").unwrap().lifetime,
        DEFAULT_LIFETIME
    );
}

#[test]
fn token_arrives_as_it_is_and_after_a_byte_order_mark() {
    let body = format!("\u{feff}{{\"access_token\":\"{TOKEN}\"}}");
    assert_eq!(
        granted(body.as_bytes(), "").unwrap().access_token.expose(),
        TOKEN
    );
}

#[test]
fn unusable_tokens_are_refused_without_being_shown() {
    for token in [
        r#""""#,
        r#""==""#,
        r#""canary canary""#,
        r#""canary=x""#,
        r#""canary\r\nX: y""#,
        r#""canaryé""#,
        "42",
        "null",
        r#"["canary"]"#,
    ] {
        let body = format!(r#"{{"access_token":{token},"refresh_token":"canary"}}"#);
        let error = granted(body.as_bytes(), "").unwrap_err();
        assert_eq!(error.code, Code::Auth, "{token}");
        assert!(!error.retryable);
        assert!(!format!("{error:?}").contains("canary"), "{token}");
    }
}

#[test]
fn a_refusal_under_a_good_status_is_named_and_nothing_else_of_it_told() {
    for (body, message, retryable) in [
        (
            r#"{"error":"invalid_client","error_description":"canary"}"#,
            "invalid client credentials",
            false,
        ),
        (
            r#"{"access_token":"","error":"invalid_grant"}"#,
            "invalid_grant (the token endpoint answered 200)",
            false,
        ),
        (
            r#"{"error":"temporarily_unavailable"}"#,
            "temporarily_unavailable (the token endpoint answered 200); try again later",
            true,
        ),
        (
            r#"{"error":"canary"}"#,
            "the token endpoint answered 200 with an error that RFC 6749 does not know",
            false,
        ),
        (
            r#"{"error":{"message":"canary"}}"#,
            "the token endpoint answered 200 with an error that RFC 6749 does not know",
            false,
        ),
    ] {
        let error = granted(body.as_bytes(), "").unwrap_err();
        assert_eq!(
            error.message,
            format!("OAuth authentication failed: {message}")
        );
        assert_eq!(
            (error.code, error.retryable, &error.response),
            (Code::Auth, retryable, &None)
        );
        assert!(!format!("{error:?}").contains("canary"));
    }
    for no_error in ["null", "false", r#""""#] {
        let body = format!(r#"{{"access_token":"{TOKEN}","error":{no_error}}}"#);
        assert!(granted(body.as_bytes(), "").is_ok());
        let body = format!(r#"{{"error":{no_error}}}"#);
        let error = granted(body.as_bytes(), "").unwrap_err();
        assert!(error.message.contains("no access_token"), "{error}");
    }
}

#[test]
fn only_bearer_tokens_are_used() {
    let of_type = |token_type: &str| {
        let body = format!(r#"{{"access_token":"{TOKEN}","token_type":{token_type}}}"#);
        granted(body.as_bytes(), "")
    };
    for bearer in [
        r#""Bearer""#,
        r#""bearer""#,
        r#""BEARER ""#,
        "null",
        r#""""#,
    ] {
        assert!(of_type(bearer).is_ok(), "{bearer}");
    }
    for other in [r#""DPoP""#, r#""mac""#, r#""canary""#, "7", r#"["Bearer"]"#] {
        let error = of_type(other).unwrap_err();
        assert!(
            error.message.contains("another type than Bearer"),
            "{error}"
        );
        assert!(!error.retryable && !error.message.contains("canary"));
    }
}

#[test]
fn an_answer_that_is_no_json_is_called_what_it_is() {
    let whole = |text: &'static str| AnswerBody::Whole(Bytes::from_static(text.as_bytes()));
    for (body, media_type, says, advises) in [
        (
            AnswerBody::Coded("zstd"),
            "application/json",
            "has the content coding zstd",
            false,
        ),
        (
            AnswerBody::TooLarge,
            "application/json",
            "is longer than 64 KB",
            false,
        ),
        (
            whole("\u{FEFF} <!doctype html>"),
            "",
            "is a page of HTML",
            false,
        ),
        (
            whole("Please log in"),
            "Text/HTML; charset=utf-8",
            "is a page of HTML",
            false,
        ),
        (whole(" "), "application/json", "is empty", true),
        (
            whole("access_token=x"),
            "text/plain",
            "is not a JSON object",
            true,
        ),
        (whole("[]"), "text/html", "is not a JSON object", true),
    ] {
        let error = answered(body, media_type, "").unwrap_err();
        assert!(error.message.contains(says), "{error}");
        assert_eq!(error.message.contains("check authUrl"), advises, "{error}");
        assert!(!error.retryable);
    }
    assert!(answered(AnswerBody::Cut, "", "").unwrap_err().retryable);
}

#[test]
fn missing_scopes_are_named() {
    for scope in ["null", r#""b a""#, r#""a b c""#, r#"["a","b"]"#] {
        assert!(with_scope(scope, "a b").is_ok(), "{scope}");
    }
    let error = with_scope(r#""a""#, "a line:write b").unwrap_err();
    assert_eq!(error.code, Code::Scope);
    assert!(!error.retryable);
    assert!(
        error.message.contains("asked for: line:write b;"),
        "{error}"
    );
    for scope in [r#""""#, r#""ab""#, "[]", "5"] {
        assert_eq!(
            with_scope(scope, "a b").unwrap_err().code,
            Code::Scope,
            "{scope}"
        );
    }
    assert!(with_scope(r#""""#, "").is_ok());
}

#[test]
fn odd_and_long_scopes_are_masked_and_cut() {
    let error = with_scope(r#""""#, "a\u{1b}[31m\"é").unwrap_err();
    assert!(error.message.contains("a*[31m**;"), "{error}");
    let long = with_scope(r#""""#, &"s".repeat(5000)).unwrap_err();
    assert!(long.message.contains(&"s".repeat(200)) && long.message.len() < 350);
}

proptest! {
    #[test]
    fn any_body_is_read_or_refused(body: Vec<u8>) {
        let _ = granted(&body, "a");
    }

    #[test]
    fn a_granted_token_is_always_a_header_value(token in "\\PC{0,12}|[A-Za-z0-9._~+/-]{1,9}={0,3}") {
        let body = serde_json::json!({ "access_token": token }).to_string();
        if let Ok(granted) = granted(body.as_bytes(), "") {
            prop_assert!(granted.access_token.expose().bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(granted.access_token.expose(), token);
        }
    }

    #[test]
    fn a_life_stays_within_its_bounds(seconds: f64) {
        if seconds.is_finite() {
            let text = serde_json::to_string(&seconds).unwrap();
            prop_assert!(life(&text) <= LONGEST_LIFETIME);
        }
    }
}
