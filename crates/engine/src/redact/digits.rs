//! Finds the digits of one injection in a text, however they are written, and replaces them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use super::form::{is_separator, read};
use super::placeholder::PLACEHOLDER;
use super::word::{Before, begins_in_word};
use crate::payload::{Sequence, frequencies_of};

/// Sequences up to this length are hidden only where they stand alone: a `1` is part of most numbers.
const SHORT: usize = 2;

/// How many separators may stand between two digits: enough for `"1", "2"`. A run of white space
/// counts as one, as in an indented list.
const MOST_SEPARATORS: usize = 4;

/// Hides one sequence. `Debug` shows nothing of it; the memory is wiped on drop.
///
/// Found are, mixed at will from digit to digit: the digit itself (letters in both cases), full-width
/// digits, percent-encoding, the escapes of JSON and JavaScript, HTML entities, any of these applied
/// on top of another, and digits set apart by white space, dashes, dots, commas, slashes or quotes.
/// Not found are encodings of the text as a whole, such as base64.
pub struct DigitRedactor(pub(super) Zeroizing<Vec<char>>);

impl DigitRedactor {
    /// Hides the digits of an injection.
    #[must_use]
    pub fn new(sequence: &Sequence) -> Self {
        Self::from_digits(sequence.expose())
    }

    /// Hides digits of any length. What is no DTMF digit, such as a pause, is passed over;
    /// without a single digit it hides nothing.
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

    /// The text with every occurrence replaced by [`PLACEHOLDER`]. Without one it is the same text.
    ///
    /// Occurrences that overlap or touch are replaced together. Takes time in proportion to the
    /// lengths of text and sequence.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.occurrences(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut redacted = String::with_capacity(text.len());
        let mut copied = 0;
        for Range { start, end } in found {
            redacted.push_str(text.get(copied..start).unwrap_or_default());
            redacted.push_str(PLACEHOLDER);
            copied = end;
        }
        redacted.push_str(text.get(copied..).unwrap_or_default());
        Cow::Owned(redacted)
    }

    /// Where the digits stand: byte ranges on character bounds, in order, apart from each other.
    pub(super) fn occurrences(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut before = Before::default();
        for (start, character) in text.char_indices() {
            let rest = text.get(start..).unwrap_or_default();
            if let Some(length) = self.occurrence(rest)
                && self.may_hide(&before, start, rest.get(length..).unwrap_or_default())
            {
                let end = start + length;
                match found.last_mut() {
                    Some(last) if start <= last.end => last.end = last.end.max(end),
                    _ => found.push(start..end),
                }
            }
            before.pass(start, character, rest);
        }
        found
    }

    /// How many bytes the digits take when they stand at the very start of the text.
    ///
    /// No separator is a digit and no digit starts an escape, so there is one way to read and
    /// nothing to go back to.
    fn occurrence(&self, text: &str) -> Option<usize> {
        let mut wanted = self.0.iter();
        let (character, mut rest) = read(text)?;
        if character != *wanted.next()? {
            return None;
        }
        for digit in wanted {
            let mut separators = 0;
            let mut in_space = false;
            loop {
                let (character, after) = read(rest)?;
                rest = after;
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
        Some(text.len() - rest.len())
    }

    fn may_hide(&self, before: &Before, start: usize, after: &str) -> bool {
        self.0.len() > SHORT || (before.ends_word(start) && !begins_in_word(after))
    }
}

impl fmt::Debug for DigitRedactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digits]")
    }
}

#[cfg(test)]
mod tests;
