//! The profile itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};

use super::rules::{self, Rules};
use super::settings::Settings;
use super::{details, events, requests};
use crate::api::classification::{AttemptResult, Classification, DeliveryPolicy, classify};
use crate::api::client_headers::ClientHeaders;
use crate::api::params;
use crate::api::prepared::Prepared;
use crate::api::profile::{SessionStatus, WireProfile};
use crate::api::template::RequestTemplate;
use crate::auth::Token;
use crate::error::{Details, Error, Response};
use crate::http::Answer;
use crate::origin;

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
    fn prepare(&self, params: params::Params) -> Result<Prepared, Error> {
        let params = match params {
            params::Params::AgentSession(params) => params,
            params::Params::Packed(packed) => packed.agent_session(),
            params::Params::TelephonyV2(_) => return Err(params::for_another_profile()),
        };
        let settings = &self.settings;
        let rules = Rules {
            allow_a_to_d: settings.allow_a_to_d,
            pauses: settings.pauses,
        };
        let valid = rules::check(params, rules)?;
        let groups = &valid.sequence.groups;
        let in_parts = groups.len() > 1;
        Ok(Prepared {
            call: valid.session.as_str().into(),
            lead_in: valid.sequence.lead_in,
            segments: groups
                .iter()
                .map(|group| {
                    requests::segment(settings, &valid, group.digits.expose(), group.pause)
                })
                .collect(),
            parts: (groups.iter().filter(|_| in_parts))
                .map(|group| group.digits.clone())
                .collect(),
            recording: (valid.masked_contact.as_deref())
                .map(|contact| requests::recording(settings, &valid.session, contact)),
            sequence: valid.sequence.all,
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

    fn details(&self, response: &Response) -> Details {
        details::read(response)
    }

    fn next_event(&self, session: &str, wait: Duration) -> Result<RequestTemplate, Error> {
        Ok(requests::next_event(&self.settings, session, wait))
    }

    fn session_status(&self, answer: &Answer) -> SessionStatus {
        events::read(answer)
    }
}
