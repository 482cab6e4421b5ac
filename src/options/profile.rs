//! The wire profile that an injector speaks.

use std::sync::Arc;

use cxone_dtmf_engine::api::agent_session::{self, AgentSession, Settings};
use cxone_dtmf_engine::api::telephony_v2::{self, TelephonyV2};
use cxone_dtmf_engine::api::{ClientHeaders, WireProfile};

/// The values of the option `api`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// The tutorial's API.
    TelephonyV2,
    /// The API that NICE publishes.
    AgentSession,
}

impl Api {
    /// The values and their names in JavaScript.
    pub const NAMED: [(&'static str, Self); 2] = [
        ("telephony-v2", Self::TelephonyV2),
        ("agent-session", Self::AgentSession),
    ];

    /// The name in JavaScript.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TelephonyV2 => "telephony-v2",
            Self::AgentSession => "agent-session",
        }
    }

    /// The names of its params, in the order in which they cross.
    pub const fn params(self) -> &'static [&'static str] {
        match self {
            Self::TelephonyV2 => telephony_v2::PARAMS,
            Self::AgentSession => agent_session::PARAMS,
        }
    }

    /// Whether it takes no params but these. Programs written for the tutorial may have others.
    pub const fn is_strict(self) -> bool {
        matches!(self, Self::AgentSession)
    }

    /// The profile with its settings and the headers that the program adds.
    pub fn profile(self, settings: Settings, client: ClientHeaders) -> Arc<dyn WireProfile> {
        match self {
            Self::TelephonyV2 => Arc::new(TelephonyV2::new(client)),
            Self::AgentSession => Arc::new(AgentSession::new(settings, client)),
        }
    }
}

/// The profile whose params name a session, or the other one, as it is without settings.
pub fn profile_of(in_session: bool) -> Arc<dyn WireProfile> {
    let api = if in_session {
        Api::AgentSession
    } else {
        Api::TelephonyV2
    };
    api.profile(Settings::default(), ClientHeaders::default())
}
