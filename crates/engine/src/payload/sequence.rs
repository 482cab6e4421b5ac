//! The digits of an injection.

use std::fmt;

use zeroize::Zeroizing;

use super::frequencies::frequencies_of;
use super::value::Value;
use crate::error::Error;

/// Which digits a profile accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// `0-9`, `*`, `#` and `A-D`: all sixteen events of RFC 4733 §3.2.
    Full,
    /// `0-9`, `*` and `#`: what a telephone has.
    Telephone,
}

impl Alphabet {
    /// Whether the digit belongs to the alphabet. Letters are accepted in both cases.
    #[must_use]
    pub fn has(self, digit: char) -> bool {
        frequencies_of(digit).is_some() && (self == Self::Full || !digit.is_ascii_alphabetic())
    }

    const fn rule(self) -> &'static str {
        match self {
            Self::Full => "0-9, *, # and A-D",
            Self::Telephone => "0-9, * and #",
        }
    }
}

/// One to `max` digits in upper case.
///
/// Often a card number or a PIN: `Debug` prints `[digits]`, there is no `Display` and no `Serialize`,
/// and the memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Sequence(Zeroizing<String>);

impl Sequence {
    /// Checks a text against the limits of a profile.
    ///
    /// `max` is the greatest number of digits. Nothing is trimmed: a space is an invalid digit.
    pub fn parse(text: &str, alphabet: Alphabet, max: usize) -> Result<Self, SequenceError> {
        if text.is_empty() {
            return Err(SequenceError::Empty);
        }
        if text.chars().nth(max).is_some() {
            return Err(SequenceError::TooLong { max });
        }
        // Room for all of it at once: growing would leave copies behind that are not wiped.
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        for (before, digit) in text.chars().enumerate() {
            if !alphabet.has(digit) {
                return Err(SequenceError::InvalidCharacter {
                    position: before + 1,
                    alphabet,
                });
            }
            digits.push(digit.to_ascii_uppercase());
        }
        Ok(Self(digits))
    }

    /// The digits themselves. Every use of this method is a place where they may leave.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// How many digits there are, at least 1.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a sequence is never empty by construction"
    )]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The same as a 32-bit number, which is enough for any profile's limit.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The digits in as few pieces of at most `most` as there can be, cut evenly: the lengths differ by one at most, so
    /// that no piece is a lone `#`, which an answer that repeats it could not be told to hide.
    #[must_use]
    pub fn pieces(&self, most: usize) -> Vec<Self> {
        let mut left = self.len().div_ceil(most.max(1));
        let mut pieces = Vec::with_capacity(left);
        let mut rest = self.0.as_str();
        while !rest.is_empty() {
            let length = rest.len().div_ceil(left.max(1));
            let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            pieces.push(Self(Zeroizing::new(piece.to_owned())));
            rest = after;
            left = left.saturating_sub(1);
        }
        pieces
    }

    /// Whether carriers and IVRs pass every digit everywhere: true when there is no A-D.
    ///
    /// False is information, not an error.
    #[must_use]
    pub fn carrier_compatible(&self) -> bool {
        self.0.chars().all(|digit| Alphabet::Telephone.has(digit))
    }

    /// The low and high frequency of each digit in hertz. They reveal the digits: treat them alike.
    pub fn frequencies(&self) -> impl Iterator<Item = [u16; 2]> + '_ {
        self.0.chars().filter_map(frequencies_of)
    }
}

/// The text of `dtmfString`, where it is one.
pub fn digits_text(dtmf_string: Value<'_>) -> Result<&str, Error> {
    match dtmf_string {
        Value::Text(text) => Ok(text),
        Value::Number(_) => Err(Error::invalid(format!(
            "{}: a number loses its leading zeros, so pass dtmfString as a string",
            SequenceError::Empty
        ))),
        _ => Err(Error::invalid(SequenceError::Empty.to_string())),
    }
}

/// Digits in upper case, as they are sent. `w` and `W` are pauses of different length and stay as they are.
#[must_use]
pub fn as_sent(digits: &str) -> Zeroizing<String> {
    let mut sent = Zeroizing::new(String::with_capacity(digits.len()));
    sent.extend(digits.chars().map(|digit| match frequencies_of(digit) {
        Some(_) => digit.to_ascii_uppercase(),
        None => digit,
    }));
    sent
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digits]")
    }
}

/// Which rule a text breaks. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SequenceError {
    /// There is nothing to press.
    Empty,
    /// More digits than the profile allows.
    TooLong {
        /// The greatest number of digits.
        max: usize,
    },
    /// A character is not in the alphabet.
    InvalidCharacter {
        /// Its position, counted from 1.
        position: usize,
        /// What is allowed.
        alphabet: Alphabet,
    },
    /// More pauses than a sequence may have.
    TooManyPauses {
        /// The greatest number of pauses.
        max: usize,
    },
}

impl fmt::Display for SequenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("DTMF sequence must be a non-empty string"),
            Self::TooLong { max } => {
                write!(
                    f,
                    "DTMF sequence exceeds maximum length of {max} characters"
                )
            }
            Self::InvalidCharacter { position, alphabet } => write!(
                f,
                "Invalid DTMF character at position {position} (counted from 1): allowed are {}",
                alphabet.rule()
            ),
            Self::TooManyPauses { max } => {
                write!(f, "DTMF sequence has more than {max} pauses")
            }
        }
    }
}

impl std::error::Error for SequenceError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Sequence, SequenceError> {
        Sequence::parse(text, Alphabet::Full, 16)
    }

    #[test]
    fn takes_all_sixteen_digits_in_both_cases() {
        let sequence = parse("0123456789*#abcD").unwrap();
        assert_eq!(sequence.expose(), "0123456789*#ABCD");
        assert_eq!(sequence.len(), 16);
        assert!(!sequence.carrier_compatible());
        assert!(parse("0123456789*#").unwrap().carrier_compatible());
    }

    #[test]
    fn says_which_rule_is_broken_word_for_word() {
        let cases = [
            ("", "DTMF sequence must be a non-empty string"),
            (
                "12345678901234567",
                "DTMF sequence exceeds maximum length of 16 characters",
            ),
            (
                "12 4",
                "Invalid DTMF character at position 3 (counted from 1): allowed are 0-9, *, # and A-D",
            ),
            (
                "１",
                "Invalid DTMF character at position 1 (counted from 1): allowed are 0-9, *, # and A-D",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn limits_come_from_the_caller() {
        assert_eq!(
            Sequence::parse("12345678901234567890", Alphabet::Telephone, 20)
                .unwrap()
                .len(),
            20
        );
        assert_eq!(
            Sequence::parse("123", Alphabet::Full, 2)
                .unwrap_err()
                .to_string(),
            "DTMF sequence exceeds maximum length of 2 characters"
        );
        assert_eq!(
            Sequence::parse("1A", Alphabet::Telephone, 20)
                .unwrap_err()
                .to_string(),
            "Invalid DTMF character at position 2 (counted from 1): allowed are 0-9, * and #"
        );
    }

    #[test]
    fn frequencies_follow_the_digits() {
        let tones: Vec<_> = parse("1d").unwrap().frequencies().collect();
        assert_eq!(tones, [[697, 1209], [941, 1633]]);
    }

    #[test]
    fn debug_prints_no_digit() {
        assert_eq!(format!("{:?}", parse("4111").unwrap()), "[digits]");
    }

    proptest! {
        #[test]
        fn accepts_exactly_the_language(text in "\\PC{0,18}|[0-9*#A-Da-d]{0,18}") {
            let valid = (1..=16).contains(&text.chars().count())
                && text.chars().all(|c| "0123456789*#ABCDabcd".contains(c));
            prop_assert_eq!(parse(&text).is_ok(), valid);
        }

        #[test]
        fn pieces_are_few_even_and_together_the_whole(text in "[0-9*#A-D]{1,128}", most in 1_usize..24) {
            let sequence = Sequence::parse(&text, Alphabet::Full, 128).unwrap();
            let pieces = sequence.pieces(most);
            let joined: String = pieces.iter().map(Sequence::expose).collect();
            prop_assert_eq!(joined, text);
            prop_assert_eq!(pieces.len(), sequence.len().div_ceil(most));
            let lengths: Vec<_> = pieces.iter().map(Sequence::len).collect();
            let (shortest, longest) = (lengths.iter().min().unwrap(), lengths.iter().max().unwrap());
            prop_assert!(*longest <= most && longest - shortest <= 1, "{lengths:?}");
        }

        #[test]
        fn errors_and_debug_never_hold_the_text(text in "[0-9]{3,15}[x ]") {
            let error = parse(&text).unwrap_err();
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains(&text));
        }
    }
}
