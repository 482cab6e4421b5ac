//! The API of the tutorial: `POST …/providers/{p}/lines/{l}/calls/{c}/dtmf`.
//!
//! It is not part of what NICE publishes. It promises that an injection is atomic, so a 500 and a 503
//! count as refused unless the user says otherwise.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use zeroize::Zeroizing;

use super::template::Wiped;
use super::{
    AttemptResult, Classification, ClientHeaders, DeliveryPolicy, Prepared, RequestTemplate,
    Segment, Target, WireProfile, classification,
};
use crate::auth::Token;
use crate::error::Error;
use crate::payload;

/// Whether a 500 and a 503 of this API mean that nothing was carried out, unless configured otherwise.
pub const ATOMIC_SERVER_ERRORS: bool = true;

/// One injection as the caller asked for it. `None` stands for a value that is missing or of the wrong type.
#[derive(Clone)]
pub struct Params {
    /// The provider's id, 1–128 characters of `A-Z a-z 0-9 . _ ~ : @ + = -`.
    pub telephony_provider_id: Option<String>,
    /// The line's id, of the same form.
    pub line_id: Option<String>,
    /// The call's id, of the same form.
    pub call_id: Option<String>,
    /// The digits, `0-9 * # A-D`, at most 16. Lower case is sent as upper case.
    pub dtmf_string: Option<Zeroizing<String>>,
    /// `RFC2833`, `SIPINFO` or `INBAND`.
    pub dtmf_type: Option<String>,
    /// Silence between two digits in milliseconds, 50–1000, whole. NaN when missing or of the wrong type.
    pub inter_digit_pause: f64,
}

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
    fn prepare(&self, params: super::Params) -> Result<Prepared, Error> {
        let super::Params::TelephonyV2(params) = params else {
            return Err(super::for_another_profile());
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
            // This API takes no length of a tone and says nothing of when it answers.
            playing: Duration::ZERO,
            pause: Duration::ZERO,
        };
        Ok(Prepared {
            call: call.into(),
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

    fn classify(&self, result: &AttemptResult, policy: &DeliveryPolicy) -> Classification {
        classification::classify(result, policy)
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
        TelephonyV2::default().prepare(super::super::Params::TelephonyV2(Params {
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
