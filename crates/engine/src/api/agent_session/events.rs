//! The answers to a poll for the events of an agent session.
//!
//! 200 brings events, 304 says that there were none in time, 409 that the session has ended. 404 says that too
//! of one that was active before; else the version of the API may be one that the tenant does not have.

use serde_json::Value;

use crate::api::profile::SessionStatus;
use crate::http::{Answer, AnswerBody};

/// The event that ends a session (NICE's agent SDK, `get-next-event-type`).
const SESSION_END: &str = "AgentSessionEnd";

/// What an answer says of the session.
pub(super) fn read(answer: &Answer) -> SessionStatus {
    match answer.status.as_u16() {
        200 if ends(&answer.body) => SessionStatus::Ended,
        200..=299 | 304 => SessionStatus::Active,
        401 => SessionStatus::TokenRefused,
        404 => SessionStatus::NotFound,
        409 => SessionStatus::Ended,
        _ => SessionStatus::Unavailable,
    }
}

/// Whether one of the events ends the session. The SDK writes `Type`; either case is accepted.
fn ends(body: &AnswerBody) -> bool {
    let AnswerBody::Whole(bytes) = body else {
        return false;
    };
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return false;
    };
    let events = match &body {
        Value::Array(events) => Some(events),
        other => other.get("events").and_then(Value::as_array),
    };
    events.into_iter().flatten().any(|event| {
        ["Type", "type"]
            .into_iter()
            .filter_map(|key| event.get(key)?.as_str())
            .any(|kind| kind == SESSION_END)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    fn status_of(status: u16, body: &'static str) -> SessionStatus {
        read(&Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: AnswerBody::Whole(Bytes::from_static(body.as_bytes())),
        })
    }

    #[test]
    fn each_answer_has_its_meaning() {
        let end = r#"{"events":[{"Type":"AgentState"},{"Type":"AgentSessionEnd"}]}"#;
        for (status, body, expected) in [
            (
                200,
                r#"{"events":[{"Type":"AgentState"}]}"#,
                SessionStatus::Active,
            ),
            (200, end, SessionStatus::Ended),
            (200, r#"[{"type":"AgentSessionEnd"}]"#, SessionStatus::Ended),
            (
                200,
                r#"{"events":{"Type":"AgentSessionEnd"}}"#,
                SessionStatus::Active,
            ),
            (200, "<html>", SessionStatus::Active),
            (304, "", SessionStatus::Active),
            (401, end, SessionStatus::TokenRefused),
            (403, "", SessionStatus::Unavailable),
            (404, "", SessionStatus::NotFound),
            (409, "", SessionStatus::Ended),
            (429, end, SessionStatus::Unavailable),
            (500, "", SessionStatus::Unavailable),
        ] {
            assert_eq!(status_of(status, body), expected, "{status} {body}");
        }
    }
}
