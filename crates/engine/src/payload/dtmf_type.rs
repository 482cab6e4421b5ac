//! How the platform sends the digits to the far end.

use super::value::Value;
use crate::error::Error;

/// The ways of sending digits, as written in `dtmfType`.
pub const SUPPORTED_TYPES: [&str; 3] = ["RFC2833", "SIPINFO", "INBAND"];

/// How the platform sends the digits to the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DtmfType {
    /// Telephone events in the RTP stream. RFC 4733 obsoletes RFC 2833; the API keeps the old name.
    Rfc2833,
    /// SIP INFO messages, usually with a body of type `application/dtmf-relay`.
    SipInfo,
    /// Tones in the audio itself. They survive uncompressed codecs such as G.711 only.
    InBand,
}

impl DtmfType {
    /// The value of `dtmfType` on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rfc2833 => "RFC2833",
            Self::SipInfo => "SIPINFO",
            Self::InBand => "INBAND",
        }
    }
}

/// Checks `dtmfType`. Upper and lower case differ.
pub fn parse_type(dtmf_type: Value<'_>) -> Result<DtmfType, Error> {
    match dtmf_type {
        Value::Text("RFC2833") => Ok(DtmfType::Rfc2833),
        Value::Text("SIPINFO") => Ok(DtmfType::SipInfo),
        Value::Text("INBAND") => Ok(DtmfType::InBand),
        Value::Text(_) => Err(Error::invalid(
            "Unsupported DTMF type: dtmfType must be RFC2833, SIPINFO or INBAND",
        )),
        _ => Err(Error::invalid(
            "Unsupported DTMF type: dtmfType must be a string, one of RFC2833, SIPINFO and INBAND",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_and_values_agree() {
        for name in SUPPORTED_TYPES {
            assert_eq!(parse_type(name.into()).unwrap().as_str(), name);
        }
    }
}
