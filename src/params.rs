//! The params of an injection as they cross.

use napi::bindgen_prelude::{Either, Uint8Array};
use zeroize::Zeroizing;

use cxone_dtmf_engine::api::{Params, telephony_v2};

/// Digits as text, or as bytes that `lib/` wipes when they have been copied.
pub type Digits = Either<String, Uint8Array>;

/// Copies digits into memory that is wiped. A byte that is no ASCII breaks the rule of digits at its place.
pub fn copied(digits: Digits) -> Zeroizing<String> {
    match digits {
        Either::A(text) => Zeroizing::new(text),
        Either::B(bytes) => {
            let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
            let characters = bytes.iter().map(|byte| char::from(*byte));
            text.extend(characters.map(|found| if found.is_ascii() { found } else { '?' }));
            text
        }
    }
}

/// Stands between texts that cross together. No id, type or digit may hold it.
const SEPARATOR: char = '\0';

/// How many texts the tutorial's profile has.
const TEXTS: usize = 5;

/// All texts of an injection in one: provider, line, call, type, digits. Each text that crosses costs as much as the rest
/// of the call (`docs/performance.md`).
pub struct Joined {
    texts: Zeroizing<String>,
    inter_digit_pause: f64,
}

impl Joined {
    /// `None` where one of the texts holds the separator: then it cannot be told which breaks its rule.
    pub fn new(texts: String, inter_digit_pause: f64) -> Option<Self> {
        let texts = Zeroizing::new(texts);
        (texts.split(SEPARATOR).count() == TEXTS).then_some(Self {
            texts,
            inter_digit_pause,
        })
    }

    /// What was joined.
    pub fn params(&self) -> Params {
        let mut texts = self.texts.split(SEPARATOR).map(str::to_owned);
        Params::TelephonyV2(telephony_v2::Params {
            telephony_provider_id: texts.next(),
            line_id: texts.next(),
            call_id: texts.next(),
            dtmf_type: texts.next(),
            dtmf_string: texts.next().map(Zeroizing::new),
            inter_digit_pause: self.inter_digit_pause,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_joined_comes_apart_in_its_order() {
        let joined = Joined::new(["p", "l", "c", "RFC2833", "1234#"].join("\0"), 150.0).unwrap();
        let Params::TelephonyV2(params) = joined.params() else {
            panic!("of another profile");
        };
        assert_eq!(params.telephony_provider_id.as_deref(), Some("p"));
        assert_eq!(params.line_id.as_deref(), Some("l"));
        assert_eq!(params.call_id.as_deref(), Some("c"));
        assert_eq!(params.dtmf_type.as_deref(), Some("RFC2833"));
        let digits = params.dtmf_string.unwrap();
        assert_eq!(digits.as_str(), "1234#");
    }

    #[test]
    fn a_separator_within_a_text_moves_nothing_to_another_place() {
        for texts in [
            &["p", "l", "c\0RFC2833", "1", "2"][..],
            &["p", "l", "c", "RFC2833", "1", "2"],
            &["p", "l", "c", "RFC2833"],
            &[],
        ] {
            assert!(Joined::new(texts.join("\0"), 150.0).is_none(), "{texts:?}");
        }
    }
}
