//! The texts of an injection in one: each text that crosses from JavaScript costs as much as the rest of the call
//! (`docs/performance.md`), and taking them apart can wait until the injection is validated.

use zeroize::Zeroizing;

use super::telephony_v2::Params;

/// Stands between the texts. No id, type or digit may hold it.
const SEPARATOR: char = '\0';

/// How many texts the tutorial's profile has.
const TEXTS: usize = 5;

/// Provider, line, call, type and digits of the tutorial's profile, in this order. `Debug` is left out: it would show digits.
pub struct PackedParams {
    texts: Zeroizing<String>,
    inter_digit_pause: f64,
}

impl PackedParams {
    /// `None` where one of the texts holds the separator: then it cannot be told which breaks its rule.
    #[must_use]
    pub fn new(texts: String, inter_digit_pause: f64) -> Option<Self> {
        let texts = Zeroizing::new(texts);
        (texts.split(SEPARATOR).count() == TEXTS).then_some(Self {
            texts,
            inter_digit_pause,
        })
    }

    /// What was packed.
    #[must_use]
    pub fn unpack(&self) -> Params {
        let mut texts = self.texts.split(SEPARATOR).map(str::to_owned);
        Params {
            telephony_provider_id: texts.next(),
            line_id: texts.next(),
            call_id: texts.next(),
            dtmf_type: texts.next(),
            dtmf_string: texts.next().map(Zeroizing::new),
            inter_digit_pause: self.inter_digit_pause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_apart_in_its_order() {
        let packed = PackedParams::new(["p", "l", "c", "RFC2833", "1234#"].join("\0"), 150.0);
        let params = packed.unwrap().unpack();
        assert_eq!(params.telephony_provider_id.as_deref(), Some("p"));
        assert_eq!(params.line_id.as_deref(), Some("l"));
        assert_eq!(params.call_id.as_deref(), Some("c"));
        assert_eq!(params.dtmf_type.as_deref(), Some("RFC2833"));
        assert_eq!(params.dtmf_string.unwrap().as_str(), "1234#");
    }

    #[test]
    fn a_separator_within_a_text_moves_nothing_to_another_place() {
        for texts in [
            &["p", "l", "c\0RFC2833", "1", "2"][..],
            &["p", "l", "c", "RFC2833", "1", "2"],
            &["p", "l", "c", "RFC2833"],
            &[],
        ] {
            assert!(
                PackedParams::new(texts.join("\0"), 150.0).is_none(),
                "{texts:?}"
            );
        }
    }
}
