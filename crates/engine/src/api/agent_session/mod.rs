//! The API that NICE publishes: `POST …/agent-sessions/{sessionId}/send-dtmf`.
//!
//! Source: the developer portal (operation `SendDtmfTone`), and the agent SDK of NICE.
//! An answer of 202 says that the platform took the digits; the tones play after it. Nothing is promised of
//! a 500 or a 503, so both leave the outcome unknown unless the user says otherwise.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use zeroize::Zeroizing;

use super::template::Wiped;
use super::{
    AttemptResult, Classification, ClientHeaders, DeliveryPolicy, Details, Heard, Prepared,
    RequestTemplate, Segment, Target, WireProfile, classification,
};
use crate::auth::Token;
use crate::error::{Error, Response};
use crate::http::Answer;
use crate::origin;

mod details;
mod events;
mod params;
mod recording;
mod version;

pub use params::{
    DEFAULT_INTER_DIGIT_PAUSE, DEFAULT_TONE_DURATION, MAX_SEQUENCE_LENGTH, MAX_TONE_DURATION,
    MIN_TONE_DURATION, Params,
};
pub use version::Version;

use params::{Rules, Valid};

/// Whether a 500 and a 503 of this API mean that nothing was carried out, unless configured otherwise.
pub const ATOMIC_SERVER_ERRORS: bool = false;

/// Where the digits stand in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// In a JSON body, as NICE's own SDK sends them.
    #[default]
    Json,
    /// In the query of the address, as the portal documents it. Digits in addresses end up in the access logs
    /// of proxies and servers.
    Query,
}

/// What a program can set of this profile.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The version in the path. Default `v23.0`.
    pub version: Version,
    /// Where the digits stand. Default: in a JSON body.
    pub encoding: Encoding,
    /// Whether A, B, C and D are digits. Default false: the platform's own script action does not know them.
    pub allow_a_to_d: bool,
    /// Whether `,`, `w` and `W` pause. Default false.
    pub pauses: bool,
}

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

    /// An address of the API: `incontactapi/services/{version}/…`.
    fn target<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> Target {
        let services = ["incontactapi", "services", self.settings.version.as_str()];
        Target::path(services.into_iter().chain(below))
    }

    fn segment(&self, valid: &Valid, digits: &str, pause: Duration) -> Segment {
        let target = self.target(["agent-sessions", &valid.session, "send-dtmf"]);
        let (tone, spacing) = (valid.tone_duration, valid.inter_digit_pause);
        let (target, body) = match self.settings.encoding {
            Encoding::Json => (target, json(digits, tone, spacing)),
            Encoding::Query => (
                target
                    .with("dtmfSequence", digits)
                    .with("toneDurationMS", tone.to_string())
                    .with("toneSpacingMS", spacing.to_string()),
                Bytes::new(),
            ),
        };
        let count = u32::try_from(digits.len()).unwrap_or(u32::MAX);
        Segment {
            template: RequestTemplate {
                method: Method::POST,
                target,
                body,
            },
            digits: count,
            playing: Duration::from_millis(u64::from(tone) + u64::from(spacing))
                .saturating_mul(count),
            pause,
        }
    }
}

impl WireProfile for AgentSession {
    fn prepare(&self, params: super::Params) -> Result<Prepared, Error> {
        let super::Params::AgentSession(params) = params else {
            return Err(super::for_another_profile());
        };
        let rules = Rules {
            allow_a_to_d: self.settings.allow_a_to_d,
            pauses: self.settings.pauses,
        };
        let valid = params.check(rules)?;
        let phrases = &valid.phrases.phrases;
        let in_parts = phrases.len() > 1;
        Ok(Prepared {
            call: valid.session.as_str().into(),
            lead_in: valid.phrases.lead_in,
            segments: phrases
                .iter()
                .map(|phrase| self.segment(&valid, phrase.digits.expose(), phrase.pause))
                .collect(),
            parts: (phrases.iter().filter(|_| in_parts))
                .map(|phrase| phrase.digits.clone())
                .collect(),
            recording: valid.masked_contact.as_deref().map(|id| self.recording(id)),
            sequence: valid.phrases.all,
        })
    }

    /// All addresses of the platform are one: a session can be reached by that of its area, and by discovery from any
    /// other.
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
        classification::classify(result, policy)
    }

    fn details(&self, response: &Response) -> Details {
        details::read(response)
    }

    fn next_event(&self, session: &str, wait: Duration) -> Result<RequestTemplate, Error> {
        Ok(self.next_event_of(session, wait))
    }

    fn heard(&self, answer: &Answer) -> Heard {
        events::read(answer)
    }
}

/// Written by hand into memory that is wiped: a JSON library would leave copies of the digits behind.
/// Nothing in it needs escaping.
fn json(digits: &str, tone: u16, spacing: u16) -> Bytes {
    let mut text = Zeroizing::new(String::with_capacity(80 + digits.len()));
    text.push_str(r#"{"dtmfSequence":""#);
    text.push_str(digits);
    text.push_str(r#"","toneDurationMS":"#);
    text.push_str(&tone.to_string());
    text.push_str(r#","toneSpacingMS":"#);
    text.push_str(&spacing.to_string());
    text.push('}');
    Bytes::from_owner(Wiped(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    pub(super) fn params(digits: &str) -> Params {
        Params {
            session_id: Some("s1".into()),
            dtmf_string: Some(digits.to_owned().into()),
            tone_duration: None,
            inter_digit_pause: None,
            contact_id: None,
            mask_recording: false,
        }
    }

    fn prepare(settings: Settings, params: Params) -> Prepared {
        let profile = AgentSession::new(settings, ClientHeaders::default());
        profile
            .prepare(super::super::Params::AgentSession(params))
            .unwrap()
    }

    fn address(template: &RequestTemplate) -> String {
        let base = Url::parse("https://api-na1.niceincontact.com").unwrap();
        template.target.under(&base).unwrap().to_string()
    }

    #[test]
    fn path_and_body_are_those_of_the_sdk() {
        let prepared = prepare(Settings::default(), params("12*#"));
        let segment = &prepared.segments[0];
        assert_eq!(
            address(&segment.template),
            "https://api-na1.niceincontact.com/incontactapi/services/v23.0/agent-sessions/s1/send-dtmf"
        );
        assert_eq!(
            &segment.template.body[..],
            br#"{"dtmfSequence":"12*#","toneDurationMS":120,"toneSpacingMS":120}"#
        );
        assert_eq!(segment.playing, Duration::from_millis(960));
        assert_eq!((prepared.segments.len(), segment.digits), (1, 4));
        assert_eq!(&*prepared.call, "s1");
        assert!(prepared.recording.is_none());
    }

    #[test]
    fn the_query_carries_everything_and_the_body_nothing() {
        let settings = Settings {
            encoding: Encoding::Query,
            version: Version::parse("v34.0").unwrap(),
            ..Settings::default()
        };
        let prepared = prepare(settings, params("1#"));
        let template = &prepared.segments[0].template;
        assert!(template.body.is_empty());
        assert_eq!(
            address(template),
            "https://api-na1.niceincontact.com/incontactapi/services/v34.0/agent-sessions/s1/send-dtmf\
             ?dtmfSequence=1%23&toneDurationMS=120&toneSpacingMS=120"
        );
    }

    #[test]
    fn a_sequence_with_pauses_is_sent_in_bursts() {
        let settings = Settings {
            pauses: true,
            ..Settings::default()
        };
        let prepared = prepare(settings, params(",12W#w"));
        assert_eq!(prepared.lead_in, Duration::from_millis(500));
        let sent = prepared.segments.iter().map(|segment| {
            (
                segment.digits,
                segment.playing.as_millis(),
                segment.pause.as_millis(),
            )
        });
        assert_eq!(sent.collect::<Vec<_>>(), [(2, 480, 1000), (1, 240, 500)]);
        assert_eq!(prepared.sequence.expose(), "12#");
    }

    #[test]
    fn the_recording_of_the_contact_is_masked_when_asked_for() {
        let masked = Params {
            contact_id: Some("c-9".into()),
            mask_recording: true,
            ..params("1")
        };
        let recording = prepare(Settings::default(), masked).recording.unwrap();
        let below =
            "https://api-na1.niceincontact.com/incontactapi/services/v23.0/interactions/c-9";
        assert_eq!(address(&recording.mask), format!("{below}/mask"));
        assert_eq!(address(&recording.unmask), format!("{below}/unmask"));
    }

    #[test]
    fn every_address_of_the_platform_leads_to_the_same_sessions() {
        let scope = |origin: &str| AgentSession::default().scope(&origin.into());
        let all = scope("https://api-na1.niceincontact.com");
        for same in [
            "https://cxone.niceincontact.com",
            "https://na1.nice-incontact.com",
            "https://api.eu.nicecxone.com",
        ] {
            assert_eq!(scope(same), all);
        }
        for other in ["https://gateway.example.com", "http://127.0.0.1:8080"] {
            assert_eq!(&*scope(other), other);
        }
    }

    #[test]
    fn parameters_of_another_profile_are_refused() {
        let other = super::super::Params::TelephonyV2(crate::api::telephony_v2::Params {
            telephony_provider_id: None,
            line_id: None,
            call_id: None,
            dtmf_string: None,
            dtmf_type: None,
            inter_digit_pause: 1.0,
        });
        assert!(AgentSession::default().prepare(other).is_err());
    }
}
