//! The wire formats, and what is true of each.

use std::sync::Arc;

use cxone_dtmf_engine::api::{ClientHeaders, Params, WireProfile, agent_session, telephony_v2};
use cxone_dtmf_engine::config::{Config, PlayoutMode};
use cxone_dtmf_engine::payload::Value;

use super::{Platform, World};

/// A wire format, and what is true of it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    TelephonyV2,
    AgentSession,
    /// The same with everything in the query, and no body.
    SessionQuery,
}

impl Api {
    pub const ALL: [Self; 3] = [Self::TelephonyV2, Self::AgentSession, Self::SessionQuery];

    pub fn profile(self) -> Arc<dyn WireProfile> {
        match self {
            Self::TelephonyV2 => Arc::new(telephony_v2::TelephonyV2::default()),
            Self::AgentSession | Self::SessionQuery => {
                let encoding = if self == Self::SessionQuery {
                    agent_session::Encoding::Query
                } else {
                    agent_session::Encoding::Json
                };
                let settings = agent_session::Settings {
                    encoding,
                    pauses: true,
                    ..agent_session::Settings::default()
                };
                let headers = ClientHeaders::default();
                Arc::new(agent_session::AgentSession::new(settings, headers))
            }
        }
    }

    /// Whether a 500 says that nothing was pressed, unless configured otherwise.
    pub fn promises_atomic_errors(self) -> bool {
        self.profile().atomic_server_errors()
    }

    /// The defaults of the profile, but a call is free while its tones play: `tests/session` is about that.
    pub fn config(self) -> Config {
        Config {
            atomic_server_errors: Some(self.promises_atomic_errors()),
            playout: PlayoutMode::None,
            ..Config::default()
        }
    }

    /// Valid parameters.
    pub fn params(self, call: &str, digits: &str) -> Params {
        match self {
            Self::TelephonyV2 => telephony_v2::Params {
                call_id: call.into(),
                dtmf_string: digits.into(),
                telephony_provider_id: "provider".into(),
                line_id: "line".into(),
                dtmf_type: "RFC2833".into(),
                inter_digit_pause: 100.0.into(),
            }
            .pack(),
            Self::AgentSession | Self::SessionQuery => session(call, digits).pack(),
        }
    }

    /// An injector before a platform, with a registry of its own.
    pub fn world(self, platform: Arc<Platform>, config: Config) -> World {
        World::new(self, platform, config)
    }
}

/// Digits for a session, whoever is in focus.
pub fn session<'a>(session: &'a str, digits: &'a str) -> agent_session::Params<'a> {
    agent_session::Params {
        session_id: session.into(),
        dtmf_string: digits.into(),
        tone_duration: Value::Missing,
        inter_digit_pause: Value::Missing,
        contact_id: Value::Missing,
        mask_recording: Value::Missing,
        focus: Value::Missing,
        unguarded: Value::Missing,
    }
}
