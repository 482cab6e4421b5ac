//! The API of the tutorial: `POST …/providers/{p}/lines/{l}/calls/{c}/dtmf`.
//!
//! It is not part of what NICE publishes. It promises that an injection is atomic, so a 500 and a 503
//! count as refused unless the user says otherwise.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use url::Url;
use zeroize::Zeroizing;

use super::{ClientHeaders, Facts, Prepared, Terms, WireProfile, judgement};
use crate::auth::Token;
use crate::dtmf;
use crate::error::{Code, Error};
use crate::retry::Verdict;

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

/// The profile for one API origin.
pub struct TelephonyV2 {
    base: Url,
    origin: Arc<str>,
    client: ClientHeaders,
}

impl TelephonyV2 {
    /// `base` has passed [`crate::origin::base_url`].
    #[must_use]
    pub fn new(base: Url) -> Self {
        let origin = base.origin().ascii_serialization().into();
        Self {
            base,
            origin,
            client: ClientHeaders::default(),
        }
    }

    /// The same with the headers that the program adds.
    #[must_use]
    pub fn with_headers(self, client: ClientHeaders) -> Self {
        Self { client, ..self }
    }

    fn url(&self, provider: &str, line: &str, call: &str) -> Result<Url, Error> {
        let mut url = self.base.clone();
        let before = segments(&url);
        {
            let mut path = url.path_segments_mut().map_err(|()| address_error())?;
            path.pop_if_empty();
            for segment in [
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
            ] {
                path.push(segment);
            }
        }
        // `push` drops dot segments. The ids were checked, so this cannot happen; it would retarget the digits.
        let goes_where_it_should = segments(&url) == before + 10
            && url.origin() == self.base.origin()
            && url.path().ends_with("/dtmf");
        if goes_where_it_should {
            Ok(url)
        } else {
            Err(address_error())
        }
    }
}

fn segments(url: &Url) -> usize {
    url.path_segments().map_or(0, |segments| {
        segments.filter(|segment| !segment.is_empty()).count()
    })
}

fn address_error() -> Error {
    Error::invalid("telephonyProviderId, lineId and callId do not make a valid address")
}

impl WireProfile for TelephonyV2 {
    fn origin(&self) -> Arc<str> {
        Arc::clone(&self.origin)
    }

    fn prepare(&self, params: super::Params) -> Result<Prepared, Error> {
        let super::Params::TelephonyV2(params) = params;
        let provider = dtmf::required_id(
            "telephonyProviderId",
            params.telephony_provider_id.as_deref(),
        )?;
        let line = dtmf::required_id("lineId", params.line_id.as_deref())?;
        let call = dtmf::required_id("callId", params.call_id.as_deref())?;
        let valid = dtmf::validate(
            params.dtmf_string.as_ref().map(|digits| digits.as_str()),
            params.dtmf_type.as_deref(),
            params.inter_digit_pause,
        )?;
        Ok(Prepared {
            url: self.url(provider, line, call)?,
            body: body(&valid),
            call: call.into(),
            sequence: valid.sequence,
            dtmf_type: Some(valid.dtmf_type),
            inter_digit_pause: valid.inter_digit_pause,
        })
    }

    fn headers(&self, token: &Token) -> Result<HeaderMap, Error> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.value.expose()))
            .map_err(|_| {
                Error::not_sent(
                    Code::Auth,
                    "the token holds characters that no header may hold",
                )
            })?;
        bearer.set_sensitive(true);
        let mut headers = self.client.to_map();
        headers.insert(AUTHORIZATION, bearer);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Ok(headers)
    }

    fn judge(&self, facts: &Facts, terms: &Terms) -> Verdict {
        judgement::judge(facts, terms)
    }
}

/// Written by hand into memory that is wiped: a JSON library would leave copies of the digits behind.
/// Nothing in it needs escaping.
fn body(valid: &dtmf::Validation) -> Bytes {
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

struct Wiped(Zeroizing<String>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn profile(base: &str) -> TelephonyV2 {
        TelephonyV2::new(crate::origin::base_url("apiUrl", base).unwrap())
    }

    fn params(provider: &str, line: &str, call: &str) -> super::super::Params {
        super::super::Params::TelephonyV2(Params {
            telephony_provider_id: Some(provider.into()),
            line_id: Some(line.into()),
            call_id: Some(call.into()),
            dtmf_string: Some("12a#".to_owned().into()),
            dtmf_type: Some("RFC2833".into()),
            inter_digit_pause: 150.0,
        })
    }

    #[test]
    fn path_and_body_are_those_of_the_tutorial() {
        let prepared = profile("https://api.example.com/")
            .prepare(params("tp-1", "line.2", "c@3"))
            .unwrap();
        assert_eq!(
            prepared.url.as_str(),
            "https://api.example.com/api/v2/telephony/providers/tp-1/lines/line.2/calls/c@3/dtmf"
        );
        assert_eq!(
            &prepared.body[..],
            br#"{"dtmf":"12A#","dtmfType":"RFC2833","interDigitPause":150}"#
        );
    }

    #[test]
    fn a_base_path_is_kept() {
        let prepared = profile("https://gateway.example.com/cxone/")
            .prepare(params("p", "l", "c"))
            .unwrap();
        assert!(prepared.url.path().starts_with("/cxone/api/v2/telephony/"));
    }

    #[test]
    fn ids_that_would_retarget_the_digits_are_refused() {
        let profile = profile("https://api.example.com");
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
                let error = profile.prepare(params(ids[0], ids[1], ids[2])).unwrap_err();
                assert_eq!(error.code, Code::Invalid, "{id:?}");
            }
        }
    }

    #[test]
    fn the_token_is_marked_sensitive() {
        let token = Token {
            value: Secret::new("abc".into()),
            generation: 1,
            tenant: None,
        };
        let headers = profile("https://api.example.com").headers(&token).unwrap();
        assert!(headers[AUTHORIZATION].is_sensitive());
        assert!(headers["user-agent"].as_bytes().starts_with(b"cxone-dtmf/"));
        assert!(!format!("{headers:?}").contains("abc"));
    }

    #[test]
    fn a_token_that_no_header_may_hold_is_an_error_without_it() {
        let token = Token {
            value: Secret::new("canary\r\nX: y".into()),
            generation: 1,
            tenant: None,
        };
        let error = profile("https://api.example.com")
            .headers(&token)
            .unwrap_err();
        assert_eq!(error.code, Code::Auth);
        assert!(!format!("{error:?}").contains("canary"));
    }

    #[test]
    fn neither_digits_nor_address_show_in_debug() {
        let prepared = profile("https://api.example.com")
            .prepare(params("p", "l", "call-1"))
            .unwrap();
        assert_eq!(
            format!("{prepared:?}"),
            r#"Prepared { call: "call-1", .. }"#
        );
    }
}
