//! The API of the tutorial: `POST …/providers/{p}/lines/{l}/calls/{c}/dtmf`.
//!
//! It is not part of what NICE publishes. It promises that an injection is atomic, so a 500 and a 503
//! count as refused unless the user says otherwise.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use zeroize::Zeroizing;

use super::classification::{AttemptResult, Classification, DeliveryPolicy, classify};
use super::client_headers::ClientHeaders;
use super::params;
use super::prepared::{Prepared, Segment};
use super::profile::WireProfile;
use super::template::{RequestTemplate, Target};
use super::wiped::Wiped;
use crate::auth::Token;
use crate::error::Error;
use crate::payload;

pub use super::params::telephony_v2::Params;

/// The profile.
#[derive(Clone, Debug, Default)]
pub struct TelephonyV2 {
    client: ClientHeaders,
}

impl TelephonyV2 {
    /// The profile with the headers that the program adds.
    #[must_use]
    pub const fn new(client: ClientHeaders) -> Self {
        Self { client }
    }
}

impl WireProfile for TelephonyV2 {
    fn prepare(&self, params: params::Params) -> Result<Prepared, Error> {
        let params = match params {
            params::Params::TelephonyV2(params) => params,
            params::Params::Packed(packed) => packed.telephony_v2(),
            params::Params::AgentSession(_) => return Err(params::for_another_profile()),
        };
        let provider = payload::required_id(
            "telephonyProviderId",
            params.telephony_provider_id.as_deref(),
        )?;
        let line = payload::required_id("lineId", params.line_id.as_deref())?;
        let call = payload::required_id("callId", params.call_id.as_deref())?;
        let valid = payload::validate(
            params.dtmf_string.as_ref().map(|digits| digits.as_str()),
            params.dtmf_type.as_deref(),
            params.inter_digit_pause,
        )?;
        let target = Target::path([
            "api",
            "v2",
            "telephony",
            "providers",
            provider,
            "lines",
            line,
            "calls",
            call,
            "dtmf",
        ]);
        let segment = Segment {
            template: RequestTemplate {
                method: Method::POST,
                target,
                body: body(&valid),
            },
            digits: valid.sequence.count(),
            // This API has no length of tones and does not say when it answers.
            playing: Duration::ZERO,
            pause: Duration::ZERO,
        };
        Ok(Prepared {
            call: call.into(),
            contact: None,
            sequence: valid.sequence,
            parts: Vec::new(),
            lead_in: Duration::ZERO,
            segments: vec![segment],
            recording: None,
        })
    }

    fn headers(&self, token: &Token, body: &Bytes) -> Result<HeaderMap, Error> {
        self.client.of_request(token, body)
    }

    /// The tutorial says that an injection is atomic.
    fn atomic_server_errors(&self) -> bool {
        true
    }

    fn classify(&self, result: &AttemptResult, policy: &DeliveryPolicy) -> Classification {
        classify(result, policy)
    }
}

/// Written by hand into memory that is wiped: a JSON library would leave copies of the digits behind.
/// Nothing in it needs escaping.
fn body(valid: &payload::Validation) -> Bytes {
    let digits = valid.sequence.expose();
    let kind = valid.dtmf_type.as_str();
    let mut text = Zeroizing::new(String::with_capacity(64 + digits.len() + kind.len()));
    text.push_str(r#"{"dtmf":""#);
    text.push_str(digits);
    text.push_str(r#"","dtmfType":""#);
    text.push_str(kind);
    text.push_str(r#"","interDigitPause":"#);
    text.push_str(&valid.inter_digit_pause.to_string());
    text.push('}');
    Bytes::from_owner(Wiped(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use url::Url;

    fn prepare(provider: &str, line: &str, call: &str) -> Result<Prepared, Error> {
        TelephonyV2::default().prepare(params::Params::TelephonyV2(Params {
            telephony_provider_id: Some(provider.into()),
            line_id: Some(line.into()),
            call_id: Some(call.into()),
            dtmf_string: Some("12a#".to_owned().into()),
            dtmf_type: Some("RFC2833".into()),
            inter_digit_pause: 150.0,
        }))
    }

    #[test]
    fn path_and_body_are_those_of_the_tutorial() {
        let prepared = prepare("tp-1", "line.2", "c@3").unwrap();
        let template = &prepared.segments[0].template;
        let base = Url::parse("https://api.example.com").unwrap();
        assert_eq!(
            template.target.under(&base).unwrap(),
            "https://api.example.com/api/v2/telephony/providers/tp-1/lines/line.2/calls/c@3/dtmf"
        );
        assert_eq!(
            &template.body[..],
            br#"{"dtmf":"12A#","dtmfType":"RFC2833","interDigitPause":150}"#
        );
        assert_eq!(
            (prepared.segments.len(), prepared.segments[0].digits),
            (1, 4)
        );
    }

    #[test]
    fn ids_that_would_retarget_the_digits_are_refused() {
        for id in [
            "",
            ".",
            "..",
            "a/b",
            "%2e%2e",
            "a\r\nb",
            "a b",
            "é",
            "../../oauth/token",
            "a?b",
            "a#b",
            "a\\b",
        ] {
            for at in 0..3 {
                let mut ids = ["p", "l", "c"];
                ids[at] = id;
                let error = prepare(ids[0], ids[1], ids[2]).unwrap_err();
                assert_eq!(error.code, Code::Invalid, "{id:?}");
            }
        }
    }

    #[test]
    fn neither_digits_nor_address_show_in_debug() {
        let prepared = prepare("p", "l", "call-1").unwrap();
        assert_eq!(
            format!("{prepared:?}"),
            r#"Prepared { call: "call-1", .. }"#
        );
    }
}
