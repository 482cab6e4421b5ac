//! The rules of a payload of the tutorial's profile. The first words of each message are the tutorial's.

use super::dtmf_type::{DtmfType, parse_type};
use super::inter_digit_pause::parse_pause;
use super::length::LengthRule;
use super::sequence::{Alphabet, Sequence, SequenceError, digits_text};
use super::value::Value;
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

/// Checks a whole payload of one request.
///
/// The first broken rule is reported, in the order digits, type, pause.
pub fn validate(
    dtmf_string: Value<'_>,
    dtmf_type: Value<'_>,
    inter_digit_pause: Value<'_>,
) -> Result<Validation, Error> {
    let digits = digits_text(dtmf_string)?;
    let sequence = parse(digits, MAX_SEQUENCE_LENGTH).map_err(explain)?;
    check(sequence, dtmf_type, inter_digit_pause)
}

/// The same for an injection, which may go out in several requests.
pub fn validate_within(
    length: LengthRule,
    dtmf_string: Value<'_>,
    dtmf_type: Value<'_>,
    inter_digit_pause: Value<'_>,
) -> Result<Validation, Error> {
    let digits = digits_text(dtmf_string)?;
    let sequence = parse(digits, length.most()).map_err(|error| match error {
        SequenceError::TooLong { .. } => length.too_long(),
        _ => explain(error),
    })?;
    check(sequence, dtmf_type, inter_digit_pause)
}

fn parse(digits: &str, most: usize) -> Result<Sequence, SequenceError> {
    Sequence::parse(digits, Alphabet::Full, most)
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
    dtmf_type: Value<'_>,
    inter_digit_pause: Value<'_>,
) -> Result<Validation, Error> {
    Ok(Validation {
        sequence,
        dtmf_type: parse_type(dtmf_type)?,
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
        let validation = validate("12#d".into(), "SIPINFO".into(), 100.0.into()).unwrap();
        assert_eq!(validation.sequence.expose(), "12#D");
        assert_eq!(validation.dtmf_type, DtmfType::SipInfo);
        assert_eq!(validation.inter_digit_pause, 100);
        assert!(!format!("{validation:?}").contains("12#"));
    }

    #[test]
    fn each_broken_rule_has_its_message() {
        const TYPE: &str = "Unsupported DTMF type: dtmfType must be RFC2833, SIPINFO or INBAND";
        const NO_TYPE: &str =
            "Unsupported DTMF type: dtmfType must be a string, one of RFC2833, SIPINFO and INBAND";
        const WHOLE: &str = "interDigitPause must be a whole number of milliseconds";
        const NO_PAUSE: &str =
            "interDigitPause must be a whole number of milliseconds, given as a number";
        const NUMBER: &str = "DTMF sequence must be a non-empty string: \
            a number loses its leading zeros, so pass dtmfString as a string";
        const PAUSE: &str = "Inter-digit pause must be between 50 and 1000 milliseconds";
        let empty = "DTMF sequence must be a non-empty string";
        let long = "DTMF sequence exceeds maximum length of 16 characters";
        let digit = "Invalid DTMF character at position 2 (counted from 1): \
                     allowed are 0-9, *, # and A-D in dtmfString";
        let text = Value::Text;
        let (one, rfc) = (text("1"), text("RFC2833"));
        let pause = Value::Number;
        let cases = [
            (Value::Missing, rfc, pause(100.0), empty),
            (Value::Other, rfc, pause(100.0), empty),
            (text(""), rfc, pause(100.0), empty),
            (pause(1.0), rfc, pause(100.0), NUMBER),
            (text("11111111111111111"), rfc, pause(100.0), long),
            (text("1x"), rfc, pause(100.0), digit),
            (one, Value::Missing, pause(100.0), NO_TYPE),
            (one, pause(1.0), pause(100.0), NO_TYPE),
            (one, text("rfc2833"), pause(100.0), TYPE),
            (one, text("RFC4733"), pause(100.0), TYPE),
            (one, rfc, pause(49.0), PAUSE),
            (one, rfc, pause(1001.0), PAUSE),
            (one, rfc, pause(-100.0), PAUSE),
            (one, rfc, pause(0.0), PAUSE),
            (one, rfc, pause(99.5), WHOLE),
            (one, rfc, pause(f64::NAN), WHOLE),
            (one, rfc, pause(f64::INFINITY), WHOLE),
            (one, rfc, text("100"), NO_PAUSE),
            (one, rfc, Value::Missing, NO_PAUSE),
            // The first broken rule wins.
            (text(""), Value::Missing, pause(f64::NAN), empty),
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
            let digits = "1".repeat(digits);
            validate_within(length, (&*digits).into(), "RFC2833".into(), 100.0.into())
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
