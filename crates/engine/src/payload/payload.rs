//! The rules of an injection's payload. The first words of each message are the tutorial's.

use crate::error::Error;

use super::sequence::{Alphabet, Sequence, SequenceError};

/// The ways of sending digits, as written in `dtmfType`.
pub const SUPPORTED_TYPES: [&str; 3] = ["RFC2833", "SIPINFO", "INBAND"];

/// The greatest number of digits of one injection in the tutorial's profile.
pub const MAX_SEQUENCE_LENGTH: usize = 16;

/// The shortest pause between two digits in milliseconds.
///
/// It is also the shortest silence that receivers are built for (ITU-T Q.24, AT&T column).
pub const MIN_INTER_DIGIT_PAUSE: u16 = 50;

/// The longest pause between two digits in milliseconds.
pub const MAX_INTER_DIGIT_PAUSE: u16 = 1000;

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

/// A payload that keeps all rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    /// The digits.
    pub sequence: Sequence,
    /// How they are sent.
    pub dtmf_type: DtmfType,
    /// The pause between two digits in milliseconds, 50 to 1000.
    pub inter_digit_pause: u16,
}

/// Checks `dtmfString` against the limits of the tutorial's profile.
pub fn parse_sequence(dtmf_string: &str) -> Result<Sequence, Error> {
    Sequence::parse(dtmf_string, Alphabet::Full, MAX_SEQUENCE_LENGTH).map_err(|error| match error {
        // These two are the tutorial's, word for word.
        SequenceError::Empty | SequenceError::TooLong { .. } => Error::invalid(error.to_string()),
        SequenceError::InvalidCharacter { .. } | SequenceError::TooManyPauses { .. } => {
            Error::invalid(format!("{error} in dtmfString"))
        }
    })
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

/// Checks `interDigitPause`, a JavaScript number of milliseconds: whole, 50 to 1000.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range was checked, and NaN is in no range"
)]
pub fn parse_pause(inter_digit_pause: f64) -> Result<u16, Error> {
    let lawful = (f64::from(MIN_INTER_DIGIT_PAUSE)..=f64::from(MAX_INTER_DIGIT_PAUSE))
        .contains(&inter_digit_pause)
        && inter_digit_pause.fract() == 0.0;
    if lawful {
        Ok(inter_digit_pause as u16)
    } else {
        Err(Error::invalid(format!(
            "Inter-digit pause must be between {MIN_INTER_DIGIT_PAUSE} and {MAX_INTER_DIGIT_PAUSE} milliseconds"
        )))
    }
}

/// Checks a whole payload. `None` stands for a value that is missing or no string.
///
/// The first broken rule is reported, in the order digits, type, pause.
pub fn validate(
    dtmf_string: Option<&str>,
    dtmf_type: Option<&str>,
    inter_digit_pause: f64,
) -> Result<Validation, Error> {
    Ok(Validation {
        sequence: parse_sequence(dtmf_string.unwrap_or_default())?,
        dtmf_type: parse_type(dtmf_type.unwrap_or_default())?,
        inter_digit_pause: parse_pause(inter_digit_pause)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Delivery;
    use crate::error::Code;
    use proptest::prelude::*;

    #[test]
    fn a_lawful_payload_passes() {
        let validation = validate(Some("12#d"), Some("SIPINFO"), 100.0).unwrap();
        assert_eq!(validation.sequence.expose(), "12#D");
        assert_eq!(validation.dtmf_type, DtmfType::SipInfo);
        assert_eq!(validation.inter_digit_pause, 100);
        assert!(!format!("{validation:?}").contains("12#"));
    }

    #[test]
    fn each_broken_rule_has_its_message() {
        const TYPE: &str = "Unsupported DTMF type: dtmfType must be RFC2833, SIPINFO or INBAND";
        const PAUSE: &str = "Inter-digit pause must be between 50 and 1000 milliseconds";
        let empty = "DTMF sequence must be a non-empty string";
        let long = "DTMF sequence exceeds maximum length of 16 characters";
        let digit = "Invalid DTMF character at position 2 (counted from 1): \
                     allowed are 0-9, *, # and A-D in dtmfString";
        let rfc = Some("RFC2833");
        let cases = [
            (None, rfc, 100.0, empty),
            (Some(""), rfc, 100.0, empty),
            (Some("11111111111111111"), rfc, 100.0, long),
            (Some("1x"), rfc, 100.0, digit),
            (Some("1"), None, 100.0, TYPE),
            (Some("1"), Some("rfc2833"), 100.0, TYPE),
            (Some("1"), Some("RFC4733"), 100.0, TYPE),
            (Some("1"), rfc, 49.0, PAUSE),
            (Some("1"), rfc, 1001.0, PAUSE),
            (Some("1"), rfc, 99.5, PAUSE),
            (Some("1"), rfc, -100.0, PAUSE),
            (Some("1"), rfc, 0.0, PAUSE),
            (Some("1"), rfc, f64::NAN, PAUSE),
            (Some("1"), rfc, f64::INFINITY, PAUSE),
            // The first broken rule wins.
            (Some(""), None, f64::NAN, empty),
        ];
        for (digits, dtmf_type, pause, message) in cases {
            let error = validate(digits, dtmf_type, pause).unwrap_err();
            assert_eq!(error.message, message);
            assert_eq!(error.code, Code::Invalid);
            assert_eq!(error.delivery, Delivery::NotSent);
        }
    }

    #[test]
    fn type_names_and_values_agree() {
        for name in SUPPORTED_TYPES {
            assert_eq!(parse_type(name).unwrap().as_str(), name);
        }
    }

    proptest! {
        #[test]
        fn pauses_are_the_whole_numbers_of_the_range(pause in 0_u16..2000, part in 0.0_f64..1.0) {
            let lawful = (50..=1000).contains(&pause);
            prop_assert_eq!(parse_pause(f64::from(pause)).ok(), lawful.then_some(pause));
            let broken = f64::from(pause) + part;
            prop_assert!(broken.fract() == 0.0 || parse_pause(broken).is_err());
        }
    }
}
