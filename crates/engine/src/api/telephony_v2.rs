//! The API of the tutorial: `POST …/providers/{p}/lines/{l}/calls/{c}/dtmf`.
//!
//! It is not part of what NICE publishes. It promises that an injection is atomic, so a 500 and a 503
//! count as refused unless the user says otherwise.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use zeroize::Zeroizing;

use super::classification::{AttemptResult, Classification, DeliveryPolicy, classify};
use super::client_headers::ClientHeaders;
use super::params;
use super::prepared::{Playing, Prepared, Segment};
use super::profile::WireProfile;
use super::template::{RequestTemplate, Target};
use super::wiped::Wiped;
use crate::auth::Token;
use crate::error::Error;
use crate::outcome::Asked;
use crate::payload::{self, LengthRule, MAX_SEQUENCE_LENGTH, Sequence};

pub use super::params::telephony_v2::{PARAMS, Params};

/// The shortest tone that receivers are built for (ITU-T Q.24): no platform plays shorter ones.
const SHORTEST_TONE: Duration = Duration::from_millis(40);

/// How long a tone is taken to be, since this API does not say: as long as the `Dtmf` action of NICE's Studio makes it.
const USUAL_TONE: Duration = Duration::from_millis(120);

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
    fn params(&self) -> &'static [&'static str] {
        PARAMS
    }

    fn prepare(
        &self,
        call: Arc<str>,
        params: &params::Params,
        split: bool,
    ) -> Result<Prepared, Error> {
        let params = Params::of(params);
        let provider = payload::required_id("telephonyProviderId", params.telephony_provider_id)?;
        let line = payload::required_id("lineId", params.line_id)?;
        let length = LengthRule {
            per_request: MAX_SEQUENCE_LENGTH,
            split,
        };
        let valid = payload::validate_within(
            length,
            params.dtmf_string,
            params.dtmf_type,
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
            &call,
            "dtmf",
        ]);
        let pieces = valid.sequence.pieces(MAX_SEQUENCE_LENGTH);
        Ok(Prepared {
            call,
            asked: Asked {
                dtmf_type: Some(valid.dtmf_type),
                ..Asked::new(&valid.sequence, valid.inter_digit_pause)
            },
            lead_in: Duration::ZERO,
            segments: (pieces.iter())
                .map(|piece| segment(&target, piece, &valid))
                .collect(),
            parts: if pieces.len() > 1 { pieces } else { Vec::new() },
            sequence: valid.sequence,
            recording: None,
            activation: None,
            unguarded: false,
        })
    }

    fn headers(&self, token: &Token, body: &Bytes) -> Result<HeaderMap, Error> {
        self.client.of_request(token, body)
    }

    /// The tutorial says that an injection is atomic.
    fn atomic_server_errors(&self) -> bool {
        true
    }

    /// The tutorial's words, which programs match on.
    fn conflict(&self, call: &str) -> Cow<'static, str> {
        channel_conflict(call).into()
    }

    fn classify(&self, result: &AttemptResult, policy: &DeliveryPolicy) -> Classification {
        classify(result, policy)
    }
}

/// The tutorial's words for a call that is busy.
#[must_use]
pub fn channel_conflict(call: &str) -> String {
    format!("Channel conflict: call {call} is currently locked by another process")
}

/// The request for a piece of the sequence.
fn segment(target: &Target, piece: &Sequence, valid: &payload::Validation) -> Segment {
    let pause = Duration::from_millis(u64::from(valid.inter_digit_pause));
    let pauses = pause * piece.count().saturating_sub(1);
    Segment {
        template: RequestTemplate {
            method: Method::POST,
            target: target.clone(),
            body: body(piece, valid),
        },
        digits: piece.count(),
        playing: Playing::Estimated {
            shortest: SHORTEST_TONE * piece.count() + pauses,
            usual: USUAL_TONE * piece.count() + pauses,
        },
        pause,
    }
}

/// Written by hand into memory that is wiped: a JSON library would leave copies of the digits behind.
/// Nothing in it needs escaping.
fn body(piece: &Sequence, valid: &payload::Validation) -> Bytes {
    let digits = piece.expose();
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
        prepare_digits("12a#", (provider, line, call))
    }

    fn prepare_digits(
        digits: &str,
        (provider, line, call): (&str, &str, &str),
    ) -> Result<Prepared, Error> {
        let params = Params {
            call_id: call.into(),
            dtmf_string: digits.into(),
            telephony_provider_id: provider.into(),
            line_id: line.into(),
            dtmf_type: "RFC2833".into(),
            inter_digit_pause: 150.0.into(),
        };
        let params = params.pack();
        TelephonyV2::default().prepare(params.call(PARAMS)?, &params, true)
    }

    #[test]
    fn a_long_sequence_is_sent_in_even_pieces() {
        let prepared = prepare_digits("40000000000000028#", ("p", "l", "c")).unwrap();
        let bodies = prepared.segments.iter().map(|one| &one.template.body[..]);
        assert_eq!(
            bodies.collect::<Vec<_>>(),
            [
                br#"{"dtmf":"400000000","dtmfType":"RFC2833","interDigitPause":150}"#,
                br#"{"dtmf":"00000028#","dtmfType":"RFC2833","interDigitPause":150}"#,
            ]
        );
        let parts: Vec<_> = prepared.parts.iter().map(Sequence::expose).collect();
        assert_eq!(parts, ["400000000", "00000028#"]);
        let estimated = Playing::Estimated {
            shortest: Duration::from_millis(9 * 40 + 8 * 150),
            usual: Duration::from_millis(9 * 120 + 8 * 150),
        };
        assert_eq!(prepared.segments[0].playing, estimated);
        assert!(prepare("p", "l", "c").unwrap().parts.is_empty());
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
