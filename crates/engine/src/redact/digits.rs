//! Finds the digits of one injection in a text.

use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use super::word::stands_alone;
use crate::payload::{Sequence, frequencies_of};

/// Sequences up to this length are hidden only where they stand alone: a `1` is part of most numbers.
const SHORT: usize = 2;

/// How many separators may stand between two digits: enough for `"1", "2"`. A run of white space
/// counts as one, as in an indented list.
const MOST_SEPARATORS: usize = 4;

/// Finds one sequence. `Debug` shows nothing of it; the memory is wiped on drop.
///
/// Found are, mixed at will from digit to digit: the digit itself (letters in both cases), full-width digits, and digits set
/// apart by white space, dashes, dots, commas, slashes, colons, bars or quotes.
pub struct DigitRedactor(Zeroizing<Vec<char>>);

impl DigitRedactor {
    /// Finds the digits of an injection.
    #[must_use]
    pub fn new(sequence: &Sequence) -> Self {
        Self::from_digits(sequence.expose())
    }

    /// Finds digits of any length. What is no DTMF digit, such as a pause, is passed over;
    /// without a single digit it finds nothing.
    #[must_use]
    pub fn from_digits(digits: &str) -> Self {
        let mut wanted = Zeroizing::new(Vec::with_capacity(digits.len()));
        wanted.extend(
            digits
                .chars()
                .filter(|digit| frequencies_of(*digit).is_some())
                .map(|digit| digit.to_ascii_uppercase()),
        );
        Self(wanted)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_short(&self) -> bool {
        self.len() <= SHORT
    }

    /// Whether they may be among bytes: the first of them may begin there.
    pub(super) fn may_be_among(&self, bytes: &[u8]) -> bool {
        self.len() <= bytes.len() && bytes.iter().any(|byte| self.is_lead(*byte))
    }

    /// Whether the first of them may begin with this byte: as ASCII, or full-width, in three bytes from U+FF00 on.
    fn is_lead(&self, byte: u8) -> bool {
        let first = self.0.first().and_then(|first| u8::try_from(*first).ok());
        byte == 0xEF || Some(byte.to_ascii_uppercase()) == first
    }

    /// As a number, where a platform could read them as one.
    pub(super) fn number(&self) -> Option<f64> {
        let digits: Zeroizing<String> = Zeroizing::new(self.0.iter().collect());
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().ok())?
    }

    /// Where they stand: byte ranges on character bounds, in order. They may overlap.
    ///
    /// Takes time in proportion to the lengths of text and sequence.
    pub(super) fn occurrences(&self, text: &str) -> Vec<Range<usize>> {
        // Most bytes begin nothing, so that characters are read behind the others alone.
        let bytes = text.bytes().enumerate();
        let found = bytes.filter_map(|(start, byte)| {
            if !self.is_lead(byte) {
                return None;
            }
            let length = self.occurrence(text.get(start..)?)?;
            Some(start..start + length)
        });
        found
            .filter(|range| !self.is_short() || stands_alone(text, range))
            .collect()
    }

    /// How many bytes the digits take when they stand at the very start of the text.
    ///
    /// No separator is a digit, so there is one way to read and nothing to go back to.
    fn occurrence(&self, text: &str) -> Option<usize> {
        let mut wanted = self.0.iter();
        let mut characters = text.chars();
        if fold(characters.next()?) != *wanted.next()? {
            return None;
        }
        for digit in wanted {
            let mut separators = 0;
            let mut in_space = false;
            loop {
                let character = fold(characters.next()?);
                if character == *digit {
                    break;
                }
                if !is_separator(character) {
                    return None;
                }
                if !(in_space && character.is_whitespace()) {
                    separators += 1;
                }
                in_space = character.is_whitespace();
                if separators > MOST_SEPARATORS {
                    return None;
                }
            }
        }
        Some(text.len() - characters.as_str().len())
    }
}

impl fmt::Debug for DigitRedactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digits]")
    }
}

/// Whether a text is made of digits and separators alone.
pub(super) fn is_part(text: &str) -> bool {
    text.chars()
        .map(fold)
        .all(|character| frequencies_of(character).is_some() || is_separator(character))
}

/// What may stand between two digits of one sequence.
///
/// A plus is a space in form encoding. Invisible characters count, since they are not seen in a log.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '.' | ',' | '/' | '_' | '|' | ':' | ';' | '"' | '\'' | '`' | '+'
            // Hyphens and dashes, the minus sign, quotation marks.
            | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2018}'..='\u{201F}'
            // Soft hyphen, zero-width space and joiners, word joiner, byte order mark.
            | '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'
        )
}

/// Full-width forms (U+FF01 to U+FF5E) lie in the order of ASCII.
fn fold(character: char) -> char {
    let narrow = match character {
        '\u{FF01}'..='\u{FF5E}' => u32::from(character)
            .checked_sub(0xFEE0)
            .and_then(char::from_u32)
            .unwrap_or(character),
        _ => character,
    };
    narrow.to_ascii_uppercase()
}

#[cfg(test)]
mod tests;
