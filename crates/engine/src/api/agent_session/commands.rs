//! What is done with whole sessions: they are started, joined and ended, and the agent's telephone is called.
//!
//! Source: the developer portal (operations on `agent-sessions`), and the agent SDK of NICE, whose bodies these are.

use bytes::Bytes;
use cxone_dtmf_options::{count, flag, options, text, whole};
use http::Method;
use serde_json::{Map, Value, json};

use super::requests::{in_session, sessions};
use super::settings::Settings;
use crate::api::template::{RequestTemplate, Target};
use crate::error::Error;
use crate::http::{Answer, AnswerBody};
use crate::payload;

/// The greatest whole number that JavaScript has exactly, `Number.MAX_SAFE_INTEGER`.
const GREATEST_ID: u64 = (1 << 53) - 1;

options! {
    /// How a session is started.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct StartOptions {
        /// The station that the agent sits at. This or `stationPhoneNumber` is needed.
        pub station_id: Option<String> = None => text("stationId");
        /// The telephone number that the agent is called at.
        pub station_phone_number: Option<String> = None => text("stationPhoneNumber");
        /// After how long without activity the platform ends the session. In which unit is not published; 30 is what NICE's
        /// agent SDK is given.
        pub inactivity_timeout: u32 = 30 => count("inactivityTimeout", 1);
        /// Whether it logs the agent off then.
        pub inactivity_force_logout: bool = false => flag("inactivityForceLogout");
        /// The agent whose session it is. 0: the one whose token it is.
        pub as_agent_id: u64 = 0 => whole::<u64>("asAgentId", 0, GREATEST_ID, None);
    }
}

options! {
    /// How a session is joined.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct JoinOptions {
        /// The agent whose session it is. It has to be said: nobody is agent 0.
        pub as_agent_id: u64 = 0 => whole::<u64>("asAgentId", 0, GREATEST_ID, None);
    }
}

options! {
    /// How a session is ended.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EndOptions {
        /// Whether the agent is logged off although contacts are there.
        pub force_logoff: bool = false => flag("forceLogoff");
        /// Whether the contacts of the session are hung up.
        pub end_contacts: bool = false => flag("endContacts");
        /// Whether contacts that wait for this agent alone are left behind.
        pub ignore_personal_queue: bool = false => flag("ignorePersonalQueue");
    }
}

impl JoinOptions {
    /// Checks what the types cannot say.
    pub fn check(&self) -> Result<(), Error> {
        if self.as_agent_id == 0 {
            return Err(Error::invalid(
                "options.asAgentId is missing: it says whose session is joined",
            ));
        }
        Ok(())
    }
}

impl StartOptions {
    /// Checks what the types cannot say.
    pub fn check(&self) -> Result<(), Error> {
        let stations = [&self.station_id, &self.station_phone_number];
        if stations.into_iter().flatten().next().is_none() {
            return Err(Error::invalid(
                "options.stationId or options.stationPhoneNumber is missing: it says where the agent is",
            ));
        }
        Ok(())
    }
}

/// What is done with a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionCommand {
    /// Starts one: `POST …/agent-sessions`.
    Start(StartOptions),
    /// Joins that of an agent, with an id of its own: `POST …/agent-sessions/join`.
    Join(JoinOptions),
    /// Calls the agent's telephone: `POST …/agent-sessions/{sessionId}/agent-phone/dial`.
    DialAgentLeg,
    /// Hangs it up: `POST …/agent-sessions/{sessionId}/agent-phone/end`.
    EndAgentLeg,
    /// Ends it: `DELETE …/agent-sessions/{sessionId}`.
    End(EndOptions),
}

impl SessionCommand {
    /// Whether doing it twice comes to the same, so that doubt is a reason to ask again.
    #[must_use]
    pub const fn may_be_repeated(&self) -> bool {
        matches!(self, Self::EndAgentLeg | Self::End(_))
    }

    /// Whether the session is gone afterwards.
    #[must_use]
    pub const fn ends(&self) -> bool {
        matches!(self, Self::End(_))
    }

    /// Whether a status says that it is done already: what is to end is not there.
    #[must_use]
    pub const fn is_done_by(&self, status: u16) -> bool {
        matches!((self, status), (Self::End(_), 404 | 409))
    }

    /// Whether it opens a session, whose id the answer has.
    #[must_use]
    pub const fn opens(&self) -> bool {
        matches!(self, Self::Start(_) | Self::Join(_))
    }
}

/// The request of a command, for the session that it is for.
pub(super) fn request(
    settings: &Settings,
    command: &SessionCommand,
    session: &str,
) -> RequestTemplate {
    let version = &settings.version;
    match command {
        SessionCommand::Start(options) => post(sessions(version, []), Some(start(options))),
        SessionCommand::Join(JoinOptions { as_agent_id }) => {
            let body = json!({ "asAgentId": as_agent_id });
            post(sessions(version, ["join"]), Some(body))
        }
        SessionCommand::DialAgentLeg => {
            post(in_session(version, session, ["agent-phone", "dial"]), None)
        }
        SessionCommand::EndAgentLeg => {
            post(in_session(version, session, ["agent-phone", "end"]), None)
        }
        SessionCommand::End(options) => RequestTemplate {
            method: Method::DELETE,
            ..post(in_session(version, session, []), Some(end(options)))
        },
    }
}

/// The fields in the order in which the agent SDK of NICE has them.
fn start(options: &StartOptions) -> Value {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    fields([
        ("stationId", text(&options.station_id).into()),
        (
            "stationPhoneNumber",
            text(&options.station_phone_number).into(),
        ),
        ("inactivityTimeout", options.inactivity_timeout.into()),
        (
            "inactivityForceLogout",
            options.inactivity_force_logout.into(),
        ),
        ("asAgentId", options.as_agent_id.into()),
    ])
}

fn end(options: &EndOptions) -> Value {
    fields([
        ("forceLogoff", options.force_logoff.into()),
        ("endContacts", options.end_contacts.into()),
        ("ignorePersonalQueue", options.ignore_personal_queue.into()),
    ])
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields.into_iter();
    Value::Object(
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}

fn post(target: Target, body: Option<Value>) -> RequestTemplate {
    RequestTemplate {
        method: Method::POST,
        target,
        body: body.map_or_else(Bytes::new, |body| body.to_string().into()),
    }
}

/// The id of the session that was opened.
pub(super) fn opened_session(answer: &Answer) -> Option<String> {
    let AnswerBody::Whole(bytes) = &answer.body else {
        return None;
    };
    let body = crate::json::parse(bytes)?;
    let id = match body.get("sessionId")? {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    payload::check_id("sessionId", &id).ok()?;
    Some(id)
}

#[cfg(test)]
mod tests {
    use cxone_dtmf_options::Fields;
    use url::Url;

    use super::*;

    fn sent(command: &SessionCommand) -> (String, String) {
        let request = request(&Settings::default(), command, "s1");
        let base = Url::parse("https://api.example/").unwrap();
        let path = request.target.under(&base).unwrap().path().to_owned();
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        let path = path.replace("/InContactAPI/services/v23.0/", "");
        (format!("{} {path}", request.method), body)
    }

    /// The bodies are those that NICE's SDK sends.
    #[test]
    fn commands_are_sent_as_the_platform_wants_them() {
        let start = StartOptions {
            station_id: Some("12345".to_owned()),
            ..StartOptions::default()
        };
        let expected = r#"{"stationId":"12345","stationPhoneNumber":"","inactivityTimeout":30,"inactivityForceLogout":false,"asAgentId":0}"#;
        let started = sent(&SessionCommand::Start(start));
        assert_eq!(
            started,
            ("POST agent-sessions".to_owned(), expected.to_owned())
        );
        let joined = sent(&SessionCommand::Join(JoinOptions { as_agent_id: 4711 }));
        let expected = r#"{"asAgentId":4711}"#.to_owned();
        assert_eq!(joined, ("POST agent-sessions/join".to_owned(), expected));
        let ended = sent(&SessionCommand::End(EndOptions::default()));
        let expected = r#"{"forceLogoff":false,"endContacts":false,"ignorePersonalQueue":false}"#;
        assert_eq!(
            ended,
            ("DELETE agent-sessions/s1".to_owned(), expected.to_owned())
        );
        for (command, path) in [
            (SessionCommand::DialAgentLeg, "dial"),
            (SessionCommand::EndAgentLeg, "end"),
        ] {
            let expected = format!("POST agent-sessions/s1/agent-phone/{path}");
            assert_eq!(sent(&command), (expected, String::new()));
        }
    }

    #[test]
    fn where_the_agent_is_has_to_be_said() {
        let read = |json| {
            let mut fields = Fields::parse("options", json).unwrap();
            StartOptions::default().over(&mut fields).unwrap().check()
        };
        assert!(read(r#"{"stationId":"1"}"#).is_ok());
        assert!(read(r#"{"stationPhoneNumber":"1"}"#).is_ok());
        assert!(read("{}").unwrap_err().message.contains("stationId"));
    }
}
