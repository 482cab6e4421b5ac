//! How the platform sends the digits to the far end.

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
pub fn parse_type(dtmf_type: &str) -> Result<DtmfType, Error> {
    match dtmf_type {
        "RFC2833" => Ok(DtmfType::Rfc2833),
        "SIPINFO" => Ok(DtmfType::SipInfo),
        "INBAND" => Ok(DtmfType::InBand),
        _ => Err(Error::invalid(
            "Unsupported DTMF type: dtmfType must be RFC2833, SIPINFO or INBAND",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_and_values_agree() {
        for name in SUPPORTED_TYPES {
            assert_eq!(parse_type(name).unwrap().as_str(), name);
        }
    }
}
