//! The answers to a poll for the events of an agent session.
//!
//! 200 brings events, 304 says that there were none in time, 409 that the session has ended. 404 says that too
//! of one that was active before; else the version of the API may be one that the tenant does not have.

use serde_json::Value;

use crate::api::profile::SessionStatus;
use crate::auth::refuses_token;
use crate::http::{Answer, AnswerBody};
use crate::payload;

/// The events that end a session, here or elsewhere (NICE's agent SDK, `get-next-event-type` and `cxone-get-next-adapter`).
const SESSION_ENDS: [&str; 2] = ["AgentSessionEnd", "RemoteAgentSessionEnd"];

/// What an answer says of the session.
pub(super) fn read(answer: &Answer) -> SessionStatus {
    match answer.status.as_u16() {
        200 if ends(&answer.body) => SessionStatus::Ended,
        200..=299 | 304 => SessionStatus::Active,
        _ if refuses_token(answer) => SessionStatus::TokenRefused,
        404 => SessionStatus::NotFound,
        409 => SessionStatus::Ended,
        _ => SessionStatus::Unavailable,
    }
}

/// The id for the next poll: each answer with events has a new one, and an old one is answered with the whole state again
/// (NICE's help, GET NEXT EVENT). What is no id is left alone.
pub(super) fn renewed_session(answer: &Answer) -> Option<String> {
    let body = json(&answer.body).filter(|_| answer.status.is_success())?;
    let id = body.get("sessionId")?.as_str()?;
    payload::check_id("sessionId", id).ok()?;
    Some(id.to_owned())
}

fn json(body: &AnswerBody) -> Option<Value> {
    match body {
        AnswerBody::Whole(bytes) => crate::json::parse(bytes),
        _ => None,
    }
}

/// Whether one of the events ends the session. The SDK writes `Type`; either case is accepted.
fn ends(body: &AnswerBody) -> bool {
    let Some(body) = json(body) else {
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
            .any(|kind| SESSION_ENDS.contains(&kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: AnswerBody::Whole(Bytes::from_static(body.as_bytes())),
        }
    }

    fn status_of(status: u16, body: &'static str) -> SessionStatus {
        read(&answer(status, body))
    }

    #[test]
    fn an_answer_renews_the_id_where_it_has_one() {
        let renewed = |status, body| renewed_session(&answer(status, body));
        let id = r#"{"sessionId":"s-2","events":[]}"#;
        assert_eq!(renewed(200, id).as_deref(), Some("s-2"));
        assert_eq!(renewed(409, id), None);
        for other in [
            r#"{"sessionId":"../x"}"#,
            r#"{"sessionId":2}"#,
            "[]",
            "<html>",
        ] {
            assert_eq!(renewed(200, other), None, "{other}");
        }
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
                r#"[{"Type":"RemoteAgentSessionEnd"}]"#,
                SessionStatus::Ended,
            ),
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
