//! Hides everything of one exchange that must not be seen: its digits and its secrets.

use std::ops::Range;

use http::HeaderMap;

use super::decodings::{self, Search};
use super::digits::DigitRedactor;
use super::placeholder::PLACEHOLDER;
use super::secrets;
use crate::{Secret, json};

/// Headers that carry credentials by their purpose.
const CREDENTIAL_HEADERS: [&str; 7] = [
    "set-cookie",
    "set-cookie2",
    "cookie",
    "authorization",
    "proxy-authorization",
    "authentication-info",
    "proxy-authentication-info",
];

/// How many bytes of headers are kept, names and values: an error may be kept for long, and a server may send any number.
const HEADER_BYTES: usize = 64 << 10;

/// Stands where something was taken out, while the rest is searched: it is part of no encoding and of nothing that is sought.
const GAP: char = '\0';

/// Hides digits and secrets in what a server says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Redactor<'a> {
    /// The digits in each form in which they were sent, unless they are to be shown.
    pub digits: &'a [DigitRedactor],
    /// The token and other secrets of the request, which a server may echo.
    pub secrets: &'a [Secret],
}

impl Redactor<'_> {
    /// The text without them: [`PLACEHOLDER`] where they stand, or in place of the whole where they come about by decoding.
    /// Occurrences that overlap or touch are replaced together.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let found = self.occurrences(text);
        let rest = without(text, &found, GAP.encode_utf8(&mut [0; 4]));
        if decodings::reveal(&rest, self) {
            return PLACEHOLDER.to_owned();
        }
        without(text, &found, PLACEHOLDER)
    }

    /// The text of a body without them: as JSON where it is JSON. `None` where there is nothing to hide.
    #[must_use]
    pub fn body(&self, text: &str) -> Option<String> {
        match json::read(text) {
            Some(value) => {
                let redacted = self.value(value.clone());
                // Of a name that is there twice the text has both values.
                let differs = redacted != value || self.text(text) != text;
                differs.then(|| redacted.to_string())
            }
            None => Some(self.text(text)).filter(|redacted| redacted != text),
        }
    }

    /// Where something stands as it is: byte ranges on character bounds, in order, apart from each other.
    pub(super) fn occurrences(&self, text: &str) -> Vec<Range<usize>> {
        let digits = self
            .digits
            .iter()
            .flat_map(|digits| digits.occurrences(text));
        let secrets = (self.secrets.iter()).flat_map(|secret| secrets::occurrences(text, secret));
        let mut all: Vec<_> = digits.chain(secrets).collect();
        all.sort_by_key(|range| range.start);
        all.dedup_by(|next, last| {
            let touches = next.start <= last.end;
            if touches {
                last.end = last.end.max(next.end);
            }
            touches
        });
        all
    }

    /// What a platform could read as a number.
    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> {
        let digits = self.digits.iter().filter_map(DigitRedactor::number);
        digits.chain(self.secrets.iter().filter_map(secrets::number))
    }

    /// The headers without them, and without those that carry credentials. Several values of one name are joined by a
    /// comma, as axios programs know it.
    #[must_use]
    pub fn headers(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        let names = headers.keys().map(http::HeaderName::as_str);
        let redacted = names.filter(|name| !carries_credentials(name)).map(|name| {
            let values: Vec<_> = headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            (self.text(name), self.text(&values.join(", ")))
        });
        bounded(redacted)
    }
}

impl Search for Redactor<'_> {
    fn is_in(&self, text: &str) -> bool {
        !self.occurrences(text).is_empty()
    }

    fn is_in_noise(&self, text: &str) -> bool {
        let digits = self.digits.iter().filter(|digits| !digits.is_short());
        let secrets = self
            .secrets
            .iter()
            .filter(|secret| !secrets::is_short(secret));
        digits
            .into_iter()
            .any(|digits| !digits.occurrences(text).is_empty())
            || secrets
                .into_iter()
                .any(|secret| text.contains(secret.expose()))
    }

    fn may_be_among(&self, bytes: &[u8]) -> bool {
        let digits = self.digits.iter().any(|digits| digits.may_be_among(bytes));
        let may_be = |secret: &[u8]| {
            secret.first().is_some_and(|first| bytes.contains(first)) && secret.len() <= bytes.len()
        };
        digits || (self.secrets.iter()).any(|secret| may_be(secret.expose().as_bytes()))
    }

    fn shortest(&self) -> Option<usize> {
        let digits = self.digits.iter().map(DigitRedactor::len);
        let secrets = self.secrets.iter().map(|secret| secret.expose().len());
        digits.chain(secrets).filter(|length| *length > 0).min()
    }
}

/// The text with another in place of each range.
fn without(text: &str, ranges: &[Range<usize>], instead: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut copied = 0;
    for Range { start, end } in ranges {
        shown.push_str(text.get(copied..*start).unwrap_or_default());
        shown.push_str(instead);
        copied = *end;
    }
    shown.push_str(text.get(copied..).unwrap_or_default());
    shown
}

/// The headers but for those that would make it more than 64 KB in all.
pub fn bounded(headers: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut left = HEADER_BYTES;
    let fit = headers.filter(|(name, value)| {
        let rest = left.checked_sub(name.len() + value.len());
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    fit.collect()
}

/// Whether a header carries credentials by its purpose. The name is in lower case.
#[must_use]
pub fn carries_credentials(header: &str) -> bool {
    CREDENTIAL_HEADERS.contains(&header)
}

#[cfg(test)]
mod tests;
