//! The profile itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};

use super::rules::{self, Rules};
use super::settings::Settings;
use super::version::Version;
use super::{SessionCommand, commands, events, requests};
use crate::api::classification::{AttemptResult, Classification, DeliveryPolicy, classify};
use crate::api::client_headers::ClientHeaders;
use crate::api::params;
use crate::api::prepared::Prepared;
use crate::api::profile::{SessionAnswer, WireProfile};
use crate::api::template::RequestTemplate;
use crate::auth::Token;
use crate::error::Error;
use crate::http::Answer;
use crate::origin;
use crate::outcome::Asked;

/// The profile.
#[derive(Clone, Debug, Default)]
pub struct AgentSession {
    settings: Settings,
    client: ClientHeaders,
}

impl AgentSession {
    /// The profile with the headers that the program adds.
    #[must_use]
    pub const fn new(settings: Settings, client: ClientHeaders) -> Self {
        Self { settings, client }
    }
}

impl WireProfile for AgentSession {
    fn params(&self) -> &'static [&'static str] {
        params::agent_session::PARAMS
    }

    fn prepare(
        &self,
        call: Arc<str>,
        params: &params::Params,
        split: bool,
    ) -> Result<Prepared, Error> {
        let settings = &self.settings;
        let rules = Rules {
            allow_a_to_d: settings.allow_a_to_d,
            pauses: settings.pauses,
            split,
        };
        let valid = rules::check(params::agent_session::Params::of(params), rules)?;
        let contact: Option<Arc<str>> = valid.contact.as_deref().map(Arc::from);
        let masked = contact.as_ref().filter(|_| valid.mask_recording);
        let focused = contact.as_ref().filter(|_| valid.focus);
        let groups = &valid.sequence.groups;
        let in_parts = groups.len() > 1;
        Ok(Prepared {
            asked: Asked {
                tone_duration: Some(valid.tone_duration),
                contact: contact.clone(),
                mask_recording: Some(valid.mask_recording),
                ..Asked::new(&valid.sequence.all, valid.inter_digit_pause)
            },
            lead_in: valid.sequence.lead_in,
            segments: groups
                .iter()
                .map(|group| requests::segment(settings, &call, &valid, group))
                .collect(),
            parts: (groups.iter().filter(|_| in_parts))
                .map(|group| group.digits.clone())
                .collect(),
            recording: masked.map(|contact| requests::recording(settings, &call, contact)),
            activation: focused.map(|contact| requests::activation(settings, &call, contact)),
            unguarded: valid.unguarded,
            sequence: valid.sequence.all,
            call,
        })
    }

    /// All addresses of the platform are one scope: a session can be reached by the address of its area, and by
    /// discovery from any other.
    fn scope(&self, origin: &Arc<str>) -> Arc<str> {
        let url = origin.parse().ok();
        if url.is_some_and(|url| origin::is_of_platform(&url)) {
            "NICE CXone".into()
        } else {
            Arc::clone(origin)
        }
    }

    fn headers(&self, token: &Token, body: &Bytes) -> Result<HeaderMap, Error> {
        self.client.of_request(token, body)
    }

    /// The platform echoes it back (Agent API pages of the portal).
    fn correlation_header(&self) -> HeaderName {
        HeaderName::from_static("correlationid")
    }

    fn classify(&self, result: &AttemptResult, policy: &DeliveryPolicy) -> Classification {
        classify(result, policy)
    }

    fn next_event(&self, session: &str, wait: Duration) -> Result<RequestTemplate, Error> {
        Ok(requests::next_event(&self.settings, session, wait))
    }

    fn business_unit(&self, version: &str) -> Result<RequestTemplate, Error> {
        Ok(requests::business_unit(&Version::parse(version)?))
    }

    fn has_sessions(&self) -> bool {
        true
    }

    fn session_command(
        &self,
        command: &SessionCommand,
        session: &str,
    ) -> Result<RequestTemplate, Error> {
        Ok(commands::request(&self.settings, command, session))
    }

    fn opened_session(&self, answer: &Answer) -> Option<String> {
        commands::opened_session(answer)
    }

    fn session_answer(&self, answer: &Answer) -> SessionAnswer {
        events::read(answer)
    }
}
