//! The events of an agent session: `GET …/agent-sessions/{sessionId}/get-next-event`, a long poll.
//!
//! 200 brings events, 304 says that there were none in time, 409 that the session has ended. 404 says that too
//! of one that was heard before; else the version of the API may be one that the tenant does not have.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::AgentSession;
use crate::api::{Heard, RequestTemplate};
use crate::http::{Answer, AnswerBody};

/// The event that ends a session (NICE's agent SDK, `get-next-event-type`).
const SESSION_END: &str = "AgentSessionEnd";

impl AgentSession {
    pub(super) fn next_event_of(&self, session: &str, wait: Duration) -> RequestTemplate {
        RequestTemplate {
            method: Method::GET,
            target: self
                .target(["agent-sessions", session, "get-next-event"])
                .with("timeout", wait.as_secs().to_string()),
            body: Bytes::new(),
        }
    }
}

/// What an answer says of the session.
pub(super) fn read(answer: &Answer) -> Heard {
    match answer.status.as_u16() {
        200 if ends(&answer.body) => Heard::Ended,
        200..=299 | 304 => Heard::GoesOn,
        401 => Heard::TokenRefused,
        404 => Heard::NotKnown,
        409 => Heard::Ended,
        _ => Heard::Trouble,
    }
}

/// Whether one of the events ends the session. The SDK writes `Type`; either case is taken.
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
    use http::{HeaderMap, StatusCode};

    fn heard(status: u16, body: &'static str) -> Heard {
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
            (200, r#"{"events":[{"Type":"AgentState"}]}"#, Heard::GoesOn),
            (200, end, Heard::Ended),
            (200, r#"[{"type":"AgentSessionEnd"}]"#, Heard::Ended),
            (
                200,
                r#"{"events":{"Type":"AgentSessionEnd"}}"#,
                Heard::GoesOn,
            ),
            (200, "<html>", Heard::GoesOn),
            (304, "", Heard::GoesOn),
            (401, end, Heard::TokenRefused),
            (403, "", Heard::Trouble),
            (404, "", Heard::NotKnown),
            (409, "", Heard::Ended),
            (429, end, Heard::Trouble),
            (500, "", Heard::Trouble),
        ] {
            assert_eq!(heard(status, body), expected, "{status} {body}");
        }
    }
}
