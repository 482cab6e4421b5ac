//! The params of an injection as they cross from JavaScript: values in one text, those that every profile has first.

use std::sync::Arc;

use http::HeaderValue;
use zeroize::Zeroizing;

use super::words::{self, Words};
use crate::error::Error;
use crate::payload::{Value, digits_text, required_id};
use crate::trace::{parse_correlation_id, parse_traceparent};

/// The params of one injection, for the profile of its injector: `correlationId`, `traceparent`, what names the call, the
/// digits, and the rest as the profile has them. `Debug` is left out: it would show digits.
pub struct Params {
    words: Zeroizing<String>,
    /// Digits that came as bytes: a text that JavaScript made of them could not be wiped.
    bytes: Option<Zeroizing<String>>,
}

impl Params {
    /// `words` is what [`Words`] reads, `bytes` are the digits that came apart from it.
    #[must_use]
    pub const fn new(words: Zeroizing<String>, bytes: Option<Zeroizing<String>>) -> Self {
        Self { words, bytes }
    }

    /// The values of a profile's params in their order.
    pub(super) fn pack(values: &[Value<'_>]) -> Self {
        let untraced = [Value::Missing, Value::Missing];
        Self::new(words::pack(&[&untraced, values].concat()), None)
    }

    /// With a correlation id, which a profile's own params do not have.
    #[must_use]
    pub fn correlated(mut self, id: &str) -> Self {
        if let Some(rest) = self.words.strip_prefix('-') {
            let id = words::pack(&[Value::Text(id)]);
            self.words = Zeroizing::new(format!("{}{rest}", *id));
        }
        self
    }

    pub(crate) fn correlation_id(&self) -> Result<Option<HeaderValue>, Error> {
        given(Words::of(&self.words).next(), parse_correlation_id)
    }

    pub(crate) fn traceparent(&self) -> Result<Option<HeaderValue>, Error> {
        let mut words = Words::of(&self.words);
        words.next();
        given(words.next(), parse_traceparent)
    }

    /// The id of the call, checked. `names` are those of the profile's params.
    pub fn call(&self, names: &[&str]) -> Result<Arc<str>, Error> {
        let mut values = self.values();
        let call = values.next().unwrap_or(Value::Missing);
        let name = names.first().copied().unwrap_or_default();
        required_id(name, call).map(Arc::from)
    }

    /// The digits as they were given.
    pub(crate) fn digits(&self) -> Result<&str, Error> {
        digits_text(self.values().nth(1).unwrap_or(Value::Missing))
    }

    /// What the profile takes apart.
    pub(super) fn values(&self) -> impl Iterator<Item = Value<'_>> {
        let mut words = Words::of(&self.words);
        words.next();
        words.next();
        let mut bytes = self.bytes.as_ref().map(|bytes| Value::Text(bytes));
        (0..).map(move |place| {
            let word = words.next();
            let apart = (place == 1).then(|| bytes.take()).flatten();
            apart.unwrap_or(word)
        })
    }
}

/// Checks what may be missing. What is no text breaks the rule as an empty one does.
fn given(
    value: Value<'_>,
    parse: impl FnOnce(&str) -> Result<HeaderValue, Error>,
) -> Result<Option<HeaderValue>, Error> {
    match value {
        Value::Missing => Ok(None),
        other => parse(other.text().unwrap_or_default()).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::super::telephony_v2;
    use super::*;

    fn packed(words: &str, bytes: Option<&str>) -> Params {
        let bytes = bytes.map(|bytes| Zeroizing::new(bytes.to_owned()));
        Params::new(Zeroizing::new(words.to_owned()), bytes)
    }

    #[test]
    fn what_every_profile_has_comes_first() {
        let params = packed("2:id-1:c2:121:p1:l6:INBAND#3:150", None);
        assert_eq!(params.correlation_id().unwrap().unwrap(), "id");
        assert_eq!(params.traceparent(), Ok(None));
        assert_eq!(&*params.call(&["callId"]).unwrap(), "c");
        assert_eq!(params.digits(), Ok("12"));
        let read = telephony_v2::Params::of(&params);
        assert_eq!(read.line_id.text(), Some("l"));
        assert!(matches!(read.inter_digit_pause, Value::Number(pause) if pause > 149.0));
        let again = read.pack();
        assert_eq!(again.words.as_str(), "--1:c2:121:p1:l6:INBAND#3:150");
    }

    #[test]
    fn one_that_is_wrong_leaves_the_others() {
        let params = packed("2: x4:nope1:c!----", None);
        assert!(params.correlation_id().is_err() && params.traceparent().is_err());
        assert!(params.call(&["callId"]).is_ok() && params.digits().is_err());
        let error = packed("--!----", None).call(&["sessionId"]).unwrap_err();
        assert_eq!(error.message, "sessionId must be a string");
        let error = packed("!!", None).correlation_id().unwrap_err();
        assert!(error.message.starts_with("correlationId must be"));
    }

    #[test]
    fn digits_that_came_as_bytes_stand_for_those_of_the_text() {
        let params = packed("--1:c-1:p", Some("12"));
        assert_eq!(params.digits(), Ok("12"));
        let read = telephony_v2::Params::of(&params);
        assert_eq!(read.telephony_provider_id.text(), Some("p"));
        assert_eq!(read.dtmf_string.text(), Some("12"));
    }
}
