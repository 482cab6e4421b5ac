//! What a token endpoint that granted nothing means: final or passing, and what may be told of it.

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::body::Unread;
use super::redacted;
use crate::Secret;
use crate::error::{Code, Details, Error, Response};
use crate::http::{Answer, Fault, FaultKind, Peer, sentence};
use crate::retry::{is_transient, retry_after_of};

/// The error codes of RFC 6749 §5.2, and [`PASSING_ERRORS`]. No other text of an answer reaches a message.
const KNOWN_ERRORS: [&str; 8] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
];

/// Those of RFC 6749 §4.1.2.1 that are for the moment. They belong to another endpoint, where a status cannot say it.
const PASSING_ERRORS: [&str; 2] = ["server_error", "temporarily_unavailable"];

/// The statuses of an address where no token endpoint is, with whatever page.
const NO_ENDPOINT: [u16; 3] = [404, 405, 410];

/// Whether the fields of an answer refuse, whatever its status.
pub(super) fn is_in(fields: &Map<String, Value>) -> bool {
    match fields.get("error") {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(said)) => !said.is_empty(),
        Some(_) => true,
    }
}

/// An answer that refuses. Each of `secrets` is masked in everything the error carries.
#[must_use]
pub(super) fn refused(
    answer: &Answer,
    body: &Result<Map<String, Value>, Unread>,
    secrets: &[Secret],
    now: SystemTime,
) -> Error {
    let status = answer.status.as_u16();
    let fields = body.as_ref().ok();
    let known = fields.and_then(known_error);
    let passing =
        is_transient(status) || known.is_some_and(|known| PASSING_ERRORS.contains(&known));
    let unread = body.as_ref().err().copied();

    let mut error = Error::not_sent(Code::Auth, message(status, known, passing, unread));
    error.retryable = passing;
    error.retry_after = retry_after_of(&answer.headers, now);
    error.with_response(Some(Response {
        status,
        headers: redacted::headers(&answer.headers, secrets),
        data: redacted::data(known, fields, secrets),
        body_error: unread.and_then(Unread::body_error),
        details: Details::default(),
    }))
}

/// No answer at all. Asking for a token twice does no harm, so whatever may pass is worth a retry.
#[must_use]
pub(super) fn unanswered(fault: Fault) -> Error {
    let (code, passing) = match fault.kind {
        FaultKind::NameLookup
        | FaultKind::ConnectionRefused
        | FaultKind::ConnectTimeout
        | FaultKind::TlsHandshake => (Code::Connect, true),
        FaultKind::Proxy(Some(status)) => (Code::Connect, is_transient(status)),
        FaultKind::Certificate(_) | FaultKind::Proxy(None) | FaultKind::Setup => {
            (Code::Connect, false)
        }
        FaultKind::TimedOut | FaultKind::ConnectionLost | FaultKind::StreamRefused => {
            (Code::Auth, true)
        }
    };
    let error = Error::not_sent(code, sentence(fault.kind, Peer::TokenEndpoint))
        .distrusting(fault.kind.cause());
    if passing {
        error.retryable(None)
    } else {
        error
    }
}

fn message(status: u16, known: Option<&str>, passing: bool, unread: Option<Unread>) -> String {
    let what = match (status, known) {
        (401, _) | (200..=299 | 400, Some("invalid_client")) => {
            "invalid client credentials".to_owned()
        }
        (200..=299 | 400..=499, Some(code)) if !passing => {
            format!("{code} (the token endpoint answered {status})")
        }
        (300..=399, _) => format!(
            "the token endpoint answered {status} and redirects are not followed; check authUrl"
        ),
        (_, Some(code)) if PASSING_ERRORS.contains(&code) => {
            format!("{code} (the token endpoint answered {status}); try again later")
        }
        _ if passing => format!("the token endpoint answered {status}; try again later"),
        (200..=299, None) => {
            format!(
                "the token endpoint answered {status} with an error that RFC 6749 does not know"
            )
        }
        _ => match unread.filter(|unread| unread.is_of_the_way() && !NO_ENDPOINT.contains(&status))
        {
            Some(unread) => {
                format!("the token endpoint answered {status}, and its answer {unread}")
            }
            None => format!("the token endpoint answered {status}; check authUrl and the client"),
        },
    };
    format!("OAuth authentication failed: {what}")
}

fn known_error(body: &Map<String, Value>) -> Option<&'static str> {
    let said = body.get("error")?.as_str()?;
    KNOWN_ERRORS.into_iter().find(|known| *known == said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::body;
    use crate::http::AnswerBody;
    use bytes::Bytes;
    use http::StatusCode;
    use http::header::{HeaderName, HeaderValue};
    use std::time::Duration;

    fn error_of(status: u16, body: &'static str, headers: &[(&'static str, &str)]) -> Error {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers
                .iter()
                .map(|(name, value)| {
                    (
                        HeaderName::from_static(name),
                        HeaderValue::from_str(value).unwrap(),
                    )
                })
                .collect(),
            body: AnswerBody::Whole(Bytes::from_static(body.as_bytes())),
        };
        // Sunday, 06 Nov 1994 08:49:37 GMT.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        refused(
            &answer,
            &body::fields(&answer),
            &[Secret::new("canary-secret".to_owned())],
            now,
        )
    }

    #[test]
    fn wrong_credentials_have_the_message_programs_match_on() {
        for (status, body) in [
            (401, ""),
            (401, "<html>"),
            (401, r#"{"error":"invalid_grant"}"#),
            (400, r#"{"error":"invalid_client"}"#),
        ] {
            let error = error_of(status, body, &[]);
            assert_eq!(
                error.message, "OAuth authentication failed: invalid client credentials",
                "{status} {body}"
            );
            assert_eq!((error.code, error.retryable), (Code::Auth, false));
        }
    }

    #[test]
    fn known_error_codes_are_named_and_others_are_not() {
        let known = error_of(400, r#"{"error":"invalid_scope"}"#, &[]);
        assert_eq!(
            known.message,
            "OAuth authentication failed: invalid_scope (the token endpoint answered 400)"
        );
        assert_eq!(
            known.response.unwrap().data,
            serde_json::json!({ "error": "invalid_scope" })
        );
        for body in [
            r#"{"error":"canary"}"#,
            r#"{"error":["invalid_scope"],"canary":1}"#,
            r#"["canary"]"#,
            "canary",
        ] {
            let error = error_of(403, body, &[]);
            assert!(!error.retryable);
            assert!(!format!("{error:?}").contains("canary"), "{body}");
            assert_eq!(error.response.unwrap().data, Value::Null);
        }
    }

    #[test]
    fn only_passing_trouble_is_worth_a_retry() {
        for status in [408, 429, 500, 502, 503, 504, 599] {
            let error = error_of(status, r#"{"error":"invalid_request"}"#, &[]);
            assert!(error.retryable, "{status}");
            assert_eq!(error.code, Code::Auth);
            assert!(error.message.contains(&status.to_string()), "{error}");
        }
        for status in [300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 418] {
            let error = error_of(status, "", &[]);
            assert!(!error.retryable, "{status}");
            assert_eq!(error.code, Code::Auth);
            assert_eq!(error.response.unwrap().status, status);
        }
        assert!(
            error_of(302, "", &[])
                .message
                .contains("redirects are not followed")
        );
    }

    #[test]
    fn a_page_or_a_coded_body_is_called_what_it_is() {
        let error = error_of(403, "<html>canary", &[]);
        assert!(error.message.ends_with("answered 403, and its answer is a page of HTML or XML and no JSON; a proxy, gateway or login page may have answered in its place"), "{error}");
        // There a page is that of the address.
        assert!(
            error_of(404, "<html>", &[])
                .message
                .ends_with("answered 404; check authUrl and the client")
        );
        let coded = Answer {
            status: StatusCode::BAD_REQUEST,
            headers: http::HeaderMap::new(),
            body: AnswerBody::Coded("zstd"),
        };
        let error = refused(&coded, &body::fields(&coded), &[], SystemTime::UNIX_EPOCH);
        assert!(
            error.message.contains("has the content coding zstd"),
            "{error}"
        );
        assert_eq!(
            error.response.unwrap().body_error,
            Some(crate::error::BodyError::Coded("zstd"))
        );
        let marked = error_of(400, "\u{FEFF}{\"error\":\"invalid_client\"}", &[]);
        assert!(marked.message.ends_with("invalid client credentials"));
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_date() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999999999999999", Some(365 * 24 * 60 * 60)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let error = error_of(503, "", &[("retry-after", text)]);
            assert_eq!(
                error.retry_after,
                seconds.map(Duration::from_secs),
                "{text:?}"
            );
        }
        assert_eq!(error_of(503, "", &[]).retry_after, None);
    }

    #[test]
    fn faults_are_told_apart() {
        use crate::error::Untrusted;
        use FaultKind as Kind;
        for (kind, code, retryable) in [
            (Kind::NameLookup, Code::Connect, true),
            (Kind::ConnectionRefused, Code::Connect, true),
            (Kind::ConnectTimeout, Code::Connect, true),
            (Kind::TlsHandshake, Code::Connect, true),
            (Kind::Certificate(Untrusted::Expired), Code::Connect, false),
            (Kind::Proxy(None), Code::Connect, false),
            (Kind::Proxy(Some(407)), Code::Connect, false),
            (Kind::Proxy(Some(503)), Code::Connect, true),
            (Kind::Setup, Code::Connect, false),
            (Kind::TimedOut, Code::Auth, true),
            (Kind::ConnectionLost, Code::Auth, true),
            (Kind::StreamRefused, Code::Auth, true),
        ] {
            let error = unanswered(Fault { kind });
            assert_eq!((error.code, error.retryable), (code, retryable), "{kind:?}");
            assert_eq!(error.delivery, crate::delivery::Delivery::NotSent);
            assert_eq!(error.response, None);
        }
    }
}
