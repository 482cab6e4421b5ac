//! Hides everything of one exchange that must not be seen: its digits and its secrets.

use http::HeaderMap;
use serde_json::Value;

use super::digits::DigitRedactor;
use super::secrets;
use crate::Secret;

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

/// Hides digits and secrets in what a server says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Redactor<'a> {
    /// The digits in each form in which they were sent, unless they are to be shown.
    pub digits: &'a [DigitRedactor],
    /// The token and other secrets of the request, which a server may echo.
    pub secrets: &'a [Secret],
}

impl Redactor<'_> {
    /// The text without them.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let text = secrets::redacted(text, self.secrets);
        self.digits
            .iter()
            .fold(text, |text, digits| digits.text(&text).into_owned())
    }

    /// The value without them.
    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        let value = secrets::redacted_value(value, self.secrets);
        self.digits
            .iter()
            .fold(value, |value, digits| digits.value(value))
    }

    /// The text of a body without them: as JSON where it is JSON. `None` where there is nothing to hide.
    #[must_use]
    pub fn body(&self, text: &str) -> Option<String> {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => {
                let redacted = self.value(value.clone());
                (redacted != value).then(|| redacted.to_string())
            }
            Err(_) => Some(self.text(text)).filter(|redacted| redacted != text),
        }
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
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn headers_are_bounded() {
        let long = HeaderValue::try_from("x".repeat(HEADER_BYTES / 2)).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-first", long.clone());
        headers.insert("x-second", long);
        headers.insert("x-third", HeaderValue::from_static("short"));
        let kept = Redactor::default().headers(&headers);
        let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x-first", "x-third"]);
    }
}
