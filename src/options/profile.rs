//! The options that choose and shape the wire profile.

use std::sync::Arc;

use cxone_dtmf_engine::api::agent_session::{AgentSession, Encoding, Settings, Version};
use cxone_dtmf_engine::api::telephony_v2::TelephonyV2;
use cxone_dtmf_engine::api::{ClientHeaders, WireProfile};
use cxone_dtmf_engine::config::PlayoutMode;
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::origin::Hosts;
use cxone_dtmf_options::Fields;

/// What the wire profile of an injector is made of.
pub enum Profile {
    /// The tutorial's API.
    TelephonyV2,
    /// The API that NICE publishes.
    AgentSession(Settings),
}

/// The profile and what goes with it.
pub struct ProfileConfig {
    pub profile: Profile,
    pub playout: PlayoutMode,
    /// Hosts that a discovered address may have besides NICE's.
    pub discover_hosts: Hosts,
}

/// The options of the published profile only.
const PUBLISHED_ONLY: [&str; 6] = [
    "apiVersion",
    "encoding",
    "allowAToD",
    "playout",
    "pauses",
    "discoverHosts",
];

impl ProfileConfig {
    pub fn read(fields: &mut Fields) -> Result<Self, Error> {
        let published = fields
            .choice("api", &[("telephony-v2", false), ("agent-session", true)])?
            .unwrap_or_default();
        if !published {
            if let Some(name) = PUBLISHED_ONLY.into_iter().find(|name| fields.has(name)) {
                return Err(Error::invalid(format!(
                    "{name} belongs to api: 'agent-session': telephony-v2 has no such option"
                )));
            }
            return Ok(Self {
                profile: Profile::TelephonyV2,
                playout: PlayoutMode::default(),
                discover_hosts: Hosts::default(),
            });
        }
        let version = fields.text("apiVersion")?;
        let settings = Settings {
            version: version
                .map_or_else(|| Ok(Version::default()), |text| Version::parse(&text))?,
            encoding: fields
                .choice(
                    "encoding",
                    &[("json", Encoding::Json), ("query", Encoding::Query)],
                )?
                .unwrap_or_default(),
            allow_a_to_d: fields.flag("allowAToD")?.unwrap_or_default(),
            pauses: fields.flag("pauses")?.unwrap_or_default(),
        };
        Ok(Self {
            profile: Profile::AgentSession(settings),
            playout: fields
                .choice(
                    "playout",
                    &[("hold", PlayoutMode::Hold), ("none", PlayoutMode::None)],
                )?
                .unwrap_or_default(),
            discover_hosts: Hosts::new("discoverHosts", &fields.texts("discoverHosts")?)?,
        })
    }
}

impl Profile {
    /// The profile with the headers that the program adds.
    pub fn with_headers(self, client: ClientHeaders) -> Arc<dyn WireProfile> {
        match self {
            Self::TelephonyV2 => Arc::new(TelephonyV2::new(client)),
            Self::AgentSession(settings) => Arc::new(AgentSession::new(settings, client)),
        }
    }
}
