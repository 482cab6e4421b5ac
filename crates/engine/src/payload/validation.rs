//! The rules of a payload of the tutorial's profile. The first words of each message are the tutorial's.

use super::dtmf_type::{DtmfType, parse_type};
use super::inter_digit_pause::parse_pause;
use super::length::LengthRule;
use super::sequence::{Alphabet, Sequence, SequenceError};
use crate::error::Error;

/// The greatest number of digits of one request in the tutorial's profile.
pub const MAX_SEQUENCE_LENGTH: usize = 16;

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

/// Checks a whole payload of one request. `None` stands for a value that is missing or no string.
///
/// The first broken rule is reported, in the order digits, type, pause.
pub fn validate(
    dtmf_string: Option<&str>,
    dtmf_type: Option<&str>,
    inter_digit_pause: f64,
) -> Result<Validation, Error> {
    let sequence = parse(dtmf_string, MAX_SEQUENCE_LENGTH).map_err(explain)?;
    check(sequence, dtmf_type, inter_digit_pause)
}

/// The same for an injection, which may go out in several requests.
pub fn validate_within(
    length: LengthRule,
    dtmf_string: Option<&str>,
    dtmf_type: Option<&str>,
    inter_digit_pause: f64,
) -> Result<Validation, Error> {
    let sequence = parse(dtmf_string, length.most()).map_err(|error| match error {
        SequenceError::TooLong { .. } => length.too_long(),
        _ => explain(error),
    })?;
    check(sequence, dtmf_type, inter_digit_pause)
}

fn parse(dtmf_string: Option<&str>, most: usize) -> Result<Sequence, SequenceError> {
    Sequence::parse(dtmf_string.unwrap_or_default(), Alphabet::Full, most)
}

fn explain(error: SequenceError) -> Error {
    match error {
        // These two are the tutorial's, word for word.
        SequenceError::Empty | SequenceError::TooLong { .. } => Error::invalid(error.to_string()),
        SequenceError::InvalidCharacter { .. } | SequenceError::TooManyPauses { .. } => {
            Error::invalid(format!("{error} in dtmfString"))
        }
    }
}

fn check(
    sequence: Sequence,
    dtmf_type: Option<&str>,
    inter_digit_pause: f64,
) -> Result<Validation, Error> {
    Ok(Validation {
        sequence,
        dtmf_type: parse_type(dtmf_type.unwrap_or_default())?,
        inter_digit_pause: parse_pause(inter_digit_pause)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Delivery;
    use crate::error::Code;

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
    fn a_long_sequence_needs_split_and_has_a_limit_too() {
        let validate = |digits: usize, split: bool| {
            let length = LengthRule {
                per_request: MAX_SEQUENCE_LENGTH,
                split,
            };
            validate_within(length, Some(&"1".repeat(digits)), Some("RFC2833"), 100.0)
                .map(|valid| valid.sequence.len())
                .map_err(|error| error.message.into_owned())
        };
        let tutorial = "DTMF sequence exceeds maximum length of 16 characters";
        assert_eq!(validate(16, false), Ok(16));
        assert_eq!(
            validate(17, false).unwrap_err(),
            format!("{tutorial}: the option split: true sends up to 128 in several requests")
        );
        assert_eq!(validate(128, true), Ok(128));
        assert_eq!(
            validate(129, true).unwrap_err(),
            "DTMF sequence exceeds maximum length of 128 characters, in all requests together (split)"
        );
    }
}
