//! The answers to a poll for the events of an agent session.
//!
//! 200 brings events, 304 says that there were none in time, 409 that the session has ended. 404 says that too
//! of one that was active before; else the version of the API may be one that the tenant does not have.

use std::sync::Arc;

use serde_json::Value;

use crate::api::profile::{SessionAnswer, SessionStatus};
use crate::auth::refuses_token;
use crate::http::{Answer, AnswerBody};
use crate::payload;
use crate::sessions::{ContactState, SessionEvent, SessionFact};

/// The events that end a session, here or elsewhere (NICE's agent SDK, `get-next-event-type` and `cxone-get-next-adapter`).
const SESSION_ENDS: [&str; 2] = ["AgentSessionEnd", "RemoteAgentSessionEnd"];

/// How many events of one answer are read. The platform sends a handful.
const MOST_EVENTS: usize = 10_000;

/// What an answer says of the session.
pub(super) fn read(answer: &Answer) -> SessionAnswer {
    let status = answer.status.as_u16();
    let body = json(&answer.body).filter(|_| answer.status.is_success());
    let told = body.as_ref().and_then(events);
    // Events that cannot be read may be those that speak against a send.
    let is_readable = told.is_some() || is_empty(&answer.body);
    let events = told.unwrap_or_default();
    let ends = status == 200 && events.iter().any(|event| event.fact == SessionFact::Ended);
    SessionAnswer {
        status: match status {
            _ if ends => SessionStatus::Ended,
            304 => SessionStatus::Active,
            200..=299 if is_readable => SessionStatus::Active,
            _ if refuses_token(answer) => SessionStatus::TokenRefused,
            404 => SessionStatus::NotFound,
            409 => SessionStatus::Ended,
            _ => SessionStatus::Unavailable,
        },
        renewed: body.as_ref().and_then(renewed_session),
        events,
    }
}

/// The id for the next poll: each answer with events has a new one, and an old one is answered with the whole state again
/// (NICE's help, GET NEXT EVENT). What is no id is left alone.
fn renewed_session(body: &Value) -> Option<String> {
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

fn is_empty(body: &AnswerBody) -> bool {
    matches!(body, AnswerBody::Whole(bytes) if bytes.is_empty())
}

/// `None` where the body has none, or more than are read.
fn events(body: &Value) -> Option<Vec<SessionEvent>> {
    let events = match body {
        Value::Array(events) => events,
        other => other.get("events")?.as_array()?,
    };
    let objects = events.iter().filter(|event| event.is_object());
    (events.len() <= MOST_EVENTS).then(|| objects.map(event).collect())
}

/// The platform writes `Type`, some of its gateways `type`.
fn event(json: &Value) -> SessionEvent {
    let kind = text_of(json, &["Type", "type"]).unwrap_or_default();
    SessionEvent {
        fact: match &*kind {
            "AgentSessionStart" => SessionFact::Started {
                can_mask: text_of(json, &["CanMask"]).map(|can| can.eq_ignore_ascii_case("true")),
            },
            "CallContactEvent" => contact(json).unwrap_or(SessionFact::Other),
            end if SESSION_ENDS.contains(&end) => SessionFact::Ended,
            _ => SessionFact::Other,
        },
        kind,
        contact: text_of(json, &["ContactID"]),
        status: text_of(json, &["Status"]),
        json: json.clone(),
    }
}

/// A contact whose id is none cannot be asked for, and one without a status is told nothing of.
fn contact(json: &Value) -> Option<SessionFact> {
    let id = |name| text_of(json, &[name]).filter(|id| payload::check_id(name, id).is_ok());
    let contact = id("ContactID")?;
    let status = text_of(json, &["Status"])?;
    let state = ContactState::of_status(&status).unwrap_or(ContactState::Unclear);
    let earlier = ["ParentContactID", "MasterID"].into_iter().filter_map(id);
    Some(SessionFact::Contact {
        earlier: (earlier.filter(|earlier| *earlier != contact))
            .map(Arc::from)
            .collect(),
        contact: contact.into(),
        state,
    })
}

/// All values are texts; numbers and booleans are taken as what they would be as such.
fn text_of(json: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match json.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
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
        read(&answer(status, body)).status
    }

    #[test]
    fn an_answer_renews_the_id_where_it_has_one() {
        let renewed = |status, body| read(&answer(status, body)).renewed;
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
                SessionStatus::Unavailable,
            ),
            (200, "<html>", SessionStatus::Unavailable),
            (200, "", SessionStatus::Active),
            (204, "", SessionStatus::Active),
            (200, "{}", SessionStatus::Unavailable),
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

    #[test]
    fn events_say_who_is_spoken_to() {
        let fact = |event: serde_json::Value| super::event(&event).fact;
        let contact = |earlier: &[&str], state| SessionFact::Contact {
            contact: "7".into(),
            earlier: earlier.iter().map(|id| (*id).into()).collect(),
            state,
        };
        let call = |fields: serde_json::Value| {
            let mut event = serde_json::json!({"Type": "CallContactEvent", "ContactID": "7"});
            event
                .as_object_mut()
                .unwrap()
                .extend(fields.as_object().unwrap().clone());
            fact(event)
        };
        let json = serde_json::json!({"MasterID": "5", "ParentContactID": "7", "Status": "Active"});
        assert_eq!(call(json), contact(&["5"], ContactState::Active));
        let json =
            serde_json::json!({"ContactID": 7, "Status": "disconnected", "FinalState": "False"});
        assert_eq!(call(json), contact(&[], ContactState::Ended));
        let json = serde_json::json!({"Status": "Preview"});
        assert_eq!(call(json), contact(&[], ContactState::Unclear));
        for other in [
            serde_json::json!({"Status": "Active", "ContactID": "../x"}),
            serde_json::json!({"Status": null}),
        ] {
            assert_eq!(call(other), SessionFact::Other);
        }
        for (can, can_mask) in [
            (Some("True"), Some(true)),
            (Some("False"), Some(false)),
            (None, None),
        ] {
            let start = serde_json::json!({"Type": "AgentSessionStart", "CanMask": can});
            assert_eq!(fact(start), SessionFact::Started { can_mask });
        }
    }
}
