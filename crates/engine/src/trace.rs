//! Headers of the caller's that make a request traceable: `traceparent`, and a correlation id.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::Error;

/// The header of W3C Trace Context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest correlation id, in characters.
const MAX_CORRELATION_ID: usize = 128;

/// Checked values of these headers.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub(crate) traceparent: Option<HeaderValue>,
    pub(crate) correlation_id: Option<HeaderValue>,
}

impl Trace {
    /// Checks the options `traceparent` and `correlationId`.
    pub fn new(traceparent: Option<&str>, correlation_id: Option<&str>) -> Result<Self, Error> {
        Ok(Self {
            traceparent: traceparent.map(parse_traceparent).transpose()?,
            correlation_id: correlation_id.map(parse_correlation_id).transpose()?,
        })
    }

    /// Adds them to a request. `correlation` is the header in which the API takes the id.
    pub fn add_to(&self, headers: &mut HeaderMap, correlation: HeaderName) {
        if let Some(traceparent) = &self.traceparent {
            headers.insert(TRACEPARENT, traceparent.clone());
        }
        if let Some(id) = &self.correlation_id {
            headers.insert(correlation, id.clone());
        }
    }
}

/// Version 00 of W3C Trace Context §3.2: `00-{32 hex}-{16 hex}-{2 hex}`, lower case, neither id all zero.
pub(crate) fn parse_traceparent(text: &str) -> Result<HeaderValue, Error> {
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &str, length: usize| {
        part.len() == length
            && part
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let nonzero = |part: &str| part.bytes().any(|byte| byte != b'0');
    let valid = matches!(parts[..], [version, trace, parent, flags]
        if version == "00"
            && hex(trace, 32) && nonzero(trace)
            && hex(parent, 16) && nonzero(parent)
            && hex(flags, 2));
    Some(text)
        .filter(|_| valid)
        .and_then(|text| HeaderValue::try_from(text).ok())
        .ok_or_else(|| {
            Error::invalid(
                "traceparent must be that of W3C Trace Context: 00-{32 hex digits}-{16 hex digits}-{2 hex digits}, in lower case",
            )
        })
}

/// A closed set of characters, so that it cannot end a header and reads alike in every log.
pub(crate) fn parse_correlation_id(text: &str) -> Result<HeaderValue, Error> {
    let valid = (1..=MAX_CORRELATION_ID).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._~:@+=/-".contains(&byte));
    Some(text)
        .filter(|_| valid)
        .and_then(|text| HeaderValue::try_from(text).ok())
        .ok_or_else(|| {
            Error::invalid(format!(
                "correlationId must be 1 to {MAX_CORRELATION_ID} characters of A-Z, a-z, 0-9 and . _ ~ : @ + = / -"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn both_go_into_their_headers() {
        let trace = Trace::new(Some(GOOD), Some("order-7")).unwrap();
        let mut headers = HeaderMap::new();
        trace.add_to(&mut headers, HeaderName::from_static("correlationid"));
        assert_eq!(headers["traceparent"], GOOD);
        assert_eq!(headers["correlationid"], "order-7");
        let mut none = HeaderMap::new();
        Trace::default().add_to(&mut none, TRACEPARENT);
        assert!(none.is_empty());
    }

    #[test]
    fn what_breaks_a_rule_is_refused_and_not_repeated() {
        for text in [
            "",
            "00",
            &GOOD.to_uppercase(),
            &GOOD.replace("00-4", "01-4"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &format!("{GOOD}-x"),
            &GOOD.replace('b', "g"),
        ] {
            let error = Trace::new(Some(text), None).unwrap_err();
            assert!(error.message.starts_with("traceparent must"), "{text}");
        }
        let long = "a".repeat(MAX_CORRELATION_ID + 1);
        for text in ["", "canary x", "canary\r\n", "é", &long] {
            let error = Trace::new(None, Some(text)).unwrap_err();
            assert!(error.message.starts_with("correlationId must"));
            assert!(!error.message.contains("canary"));
        }
    }
}
