//! The params of an injection as one text. Each value that crosses from JavaScript costs as much as the rest of the
//! call (`docs/performance.md`), and taking the text apart can wait until the injection is validated.
//!
//! Each value has its length before it, in UTF-16 units as JavaScript counts them: `7:call-17`. So any text may hold
//! anything, and `-` tells a value that is missing from one that is empty.

use zeroize::Zeroizing;

use super::{agent_session, telephony_v2};

/// The values of one profile's params in the order in which `unpack` of that profile takes them. `Debug` is left out: it
/// would show digits.
pub struct PackedParams {
    values: Zeroizing<String>,
    /// Digits that came as bytes: a text that JavaScript made of them could not be wiped.
    digits: Option<Zeroizing<String>>,
}

impl PackedParams {
    /// `digits` are those that came apart from the text.
    #[must_use]
    pub fn new(values: String, digits: Option<Zeroizing<String>>) -> Self {
        Self {
            values: Zeroizing::new(values),
            digits,
        }
    }

    /// `lib/api/telephony-v2.js` packs in the same order.
    pub(in crate::api) fn telephony_v2(self) -> telephony_v2::Params {
        let mut values = Values(&self.values);
        telephony_v2::Params {
            telephony_provider_id: values.text(),
            line_id: values.text(),
            call_id: values.text(),
            dtmf_type: values.text(),
            inter_digit_pause: values.number().unwrap_or(f64::NAN),
            dtmf_string: self.digits.or(values.text().map(Zeroizing::new)),
        }
    }

    /// `lib/api/agent-session.js` packs in the same order.
    pub(in crate::api) fn agent_session(self) -> agent_session::Params {
        let mut values = Values(&self.values);
        agent_session::Params {
            session_id: values.text(),
            tone_duration: values.number(),
            inter_digit_pause: values.number(),
            contact_id: values.text(),
            mask_recording: values.next() == Some("true"),
            dtmf_string: self.digits.or(values.text().map(Zeroizing::new)),
        }
    }
}

/// What is left of the values.
struct Values<'a>(&'a str);

impl<'a> Values<'a> {
    /// The next value. `None` where it is missing.
    fn next(&mut self) -> Option<&'a str> {
        if let Some(rest) = self.0.strip_prefix('-') {
            self.0 = rest;
            return None;
        }
        let (length, rest) = self.0.split_once(':')?;
        let (value, rest) = split_utf16(rest, length.parse().ok()?)?;
        self.0 = rest;
        Some(value)
    }

    fn text(&mut self) -> Option<String> {
        self.next().map(str::to_owned)
    }

    /// As JavaScript writes numbers, which Rust reads alike.
    fn number(&mut self) -> Option<f64> {
        self.next().and_then(|value| value.parse().ok())
    }
}

/// Splits after so many UTF-16 units.
fn split_utf16(text: &str, units: usize) -> Option<(&str, &str)> {
    let mut rest = text.chars();
    let mut left = units;
    while left > 0 {
        left = left.checked_sub(rest.next()?.len_utf16())?;
    }
    text.split_at_checked(text.len() - rest.as_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(values: &str) -> PackedParams {
        PackedParams::new(values.to_owned(), None)
    }

    #[test]
    fn what_was_packed_comes_apart_in_its_order() {
        let params = packed("1:p1:l1:c7:RFC28333:1505:1234#").telephony_v2();
        assert_eq!(params.telephony_provider_id.as_deref(), Some("p"));
        assert_eq!(params.line_id.as_deref(), Some("l"));
        assert_eq!(params.call_id.as_deref(), Some("c"));
        assert_eq!(params.dtmf_type.as_deref(), Some("RFC2833"));
        assert!((params.inter_digit_pause - 150.0).abs() < f64::EPSILON);
        assert_eq!(params.dtmf_string.unwrap().as_str(), "1234#");

        let params = packed("1:s3:120-1:c4:true2:1w").agent_session();
        assert_eq!(params.session_id.as_deref(), Some("s"));
        assert_eq!(params.tone_duration, Some(120.0));
        assert_eq!(params.inter_digit_pause, None);
        assert_eq!(params.contact_id.as_deref(), Some("c"));
        assert!(params.mask_recording);
        assert_eq!(params.dtmf_string.unwrap().as_str(), "1w");
    }

    #[test]
    fn missing_empty_and_odd_values_are_told_apart() {
        let params = packed("-0:9:1:-😀\0é-3:NaN-").telephony_v2();
        assert_eq!(params.telephony_provider_id, None);
        assert_eq!(params.line_id.as_deref(), Some(""));
        // The length counts UTF-16 units: the face has two.
        assert_eq!(params.call_id.as_deref(), Some("1:-😀\0é-3"));
    }

    #[test]
    fn numbers_are_those_of_javascript() {
        for (text, number) in [
            ("0", 0.0),
            ("1e+21", 1e21),
            ("1.5", 1.5),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            let params = packed(&format!("-{}:{text}3:NaN-5:false-", text.len())).agent_session();
            assert_eq!(params.tone_duration, Some(number), "{text}");
            assert!(params.inter_digit_pause.is_some_and(f64::is_nan));
            assert!(!params.mask_recording);
        }
    }

    #[test]
    fn digits_that_came_as_bytes_stand_for_those_of_the_text() {
        let digits = Some(Zeroizing::new("12".to_owned()));
        let params = PackedParams::new("-----".to_owned(), digits).telephony_v2();
        assert_eq!(params.dtmf_string.unwrap().as_str(), "12");
        assert!(params.inter_digit_pause.is_nan());
    }

    #[test]
    fn what_no_packer_makes_is_missing() {
        for odd in ["", "7", "x:", "9:short", "1:😀"] {
            assert_eq!(packed(odd).telephony_v2().telephony_provider_id, None);
        }
    }
}
