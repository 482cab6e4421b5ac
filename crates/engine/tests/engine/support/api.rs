//! The wire formats, and what is true of each.

use std::sync::Arc;

use cxone_dtmf_engine::api::{ClientHeaders, Params, WireProfile, agent_session, telephony_v2};
use cxone_dtmf_engine::config::{Config, PlayoutMode};

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
            Self::TelephonyV2 => Params::TelephonyV2(telephony_v2::Params {
                telephony_provider_id: Some("provider".to_owned()),
                line_id: Some("line".to_owned()),
                call_id: Some(call.to_owned()),
                dtmf_string: Some(digits.to_owned().into()),
                dtmf_type: Some("RFC2833".to_owned()),
                inter_digit_pause: 100.0,
            }),
            Self::AgentSession | Self::SessionQuery => Params::AgentSession(session(call, digits)),
        }
    }

    /// An injector before a platform, with a registry of its own.
    pub fn world(self, platform: Arc<Platform>, config: Config) -> World {
        World::new(self, platform, config)
    }
}

/// Digits for a session. Its contact goes by the same name.
pub fn session(session: &str, digits: &str) -> agent_session::Params {
    agent_session::Params {
        session_id: Some(session.to_owned()),
        dtmf_string: Some(digits.to_owned().into()),
        tone_duration: None,
        inter_digit_pause: None,
        contact_id: Some(session.to_owned()),
        mask_recording: false,
    }
}
