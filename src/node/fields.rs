//! Reads option objects field by field, so that every error names the field and the rule.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::config::{MAX_COUNT, MAX_DURATION};
use crate::error::Error;

/// The fields of one object that have not been read yet.
pub struct Fields {
    path: String,
    rest: Map<String, Value>,
}

impl Fields {
    /// Reads the JSON text of an object. `what` names it in errors.
    pub fn parse(what: &str, json: &str) -> Result<Self, Error> {
        match serde_json::from_str(json) {
            Ok(Value::Object(rest)) => Ok(Self {
                path: String::new(),
                rest,
            }),
            _ => Err(Error::invalid(format!("{what} must be an object"))),
        }
    }

    /// Fails when a field is left that nobody asked for.
    pub fn finish(self) -> Result<(), Error> {
        match self.rest.keys().next() {
            None => Ok(()),
            Some(name) => Err(Error::invalid(format!(
                "{}{name} is not an option: check the spelling",
                self.path
            ))),
        }
    }

    /// Whether a field is there and has not been read yet.
    pub fn has(&self, name: &str) -> bool {
        self.rest.contains_key(name)
    }

    /// An object within this one.
    pub fn section(&mut self, name: &str) -> Result<Option<Self>, Error> {
        match self.rest.remove(name) {
            None => Ok(None),
            Some(Value::Object(rest)) => Ok(Some(Self {
                path: format!("{}{name}.", self.path),
                rest,
            })),
            Some(_) => Err(self.wrong(name, "must be an object")),
        }
    }

    /// Milliseconds, whole, at least `min` and at most a day.
    pub fn millis(&mut self, name: &str, min: u64) -> Result<Option<Duration>, Error> {
        let max = u64::try_from(MAX_DURATION.as_millis()).unwrap_or(u64::MAX);
        let millis = self.whole(name, min, max)?;
        Ok(millis.map(Duration::from_millis))
    }

    /// A whole number, at least `min` and at most a million.
    pub fn count(&mut self, name: &str, min: u64) -> Result<Option<u32>, Error> {
        let count = self.whole(name, min, MAX_COUNT.into())?;
        Ok(count.and_then(|count| u32::try_from(count).ok()))
    }

    /// A whole number within these limits.
    pub fn whole(&mut self, name: &str, min: u64, max: u64) -> Result<Option<u64>, Error> {
        let Some(value) = self.rest.remove(name) else {
            return Ok(None);
        };
        match value.as_u64().filter(|number| (min..=max).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(name, &format!("must be a whole number from {min} to {max}"))),
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Error> {
        match self.rest.remove(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(self.wrong(name, "must be true or false")),
        }
    }

    /// Text that is not empty.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.rest.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "must be a non-empty string")),
        }
    }

    /// Text that must be there.
    pub fn required_text(&mut self, name: &str) -> Result<String, Error> {
        self.text(name)?
            .ok_or_else(|| self.wrong(name, "is missing: it must be a non-empty string"))
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, Error> {
        match self.rest.remove(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .into_iter()
                .map(|value| match value {
                    Value::String(text) => Ok(text),
                    _ => Err(self.wrong(name, "must be an array of strings")),
                })
                .collect(),
            Some(_) => Err(self.wrong(name, "must be an array of strings")),
        }
    }

    /// A text, or a list of texts.
    pub fn text_or_texts(&mut self, name: &str) -> Result<Option<TextOrTexts>, Error> {
        match self.rest.get(name) {
            None => Ok(None),
            Some(Value::Array(_)) => self.texts(name).map(TextOrTexts::Texts).map(Some),
            Some(Value::String(_)) => Ok(self.text(name)?.map(TextOrTexts::Text)),
            Some(_) => Err(self.wrong(name, "must be a string or an array of strings")),
        }
    }

    /// An object whose names are the program's own and whose values are texts.
    pub fn named_texts(&mut self, name: &str) -> Result<Vec<(String, String)>, Error> {
        match self.rest.remove(name) {
            None => Ok(Vec::new()),
            Some(Value::Object(entries)) => entries
                .into_iter()
                .enumerate()
                .map(|(index, (key, value))| match value {
                    Value::String(text) => Ok((key, text)),
                    // The key is not repeated before its form was checked.
                    _ => Err(self.wrong(
                        name,
                        &format!("must have strings only: entry {} is none", index + 1),
                    )),
                })
                .collect(),
            Some(_) => Err(self.wrong(name, "must be an object of strings")),
        }
    }

    /// One of several words.
    pub fn choice<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Error> {
        let Some(value) = self.rest.remove(name) else {
            return Ok(None);
        };
        let chosen = words
            .iter()
            .find(|(word, _)| value.as_str() == Some(word))
            .map(|(_, meaning)| *meaning);
        match chosen {
            Some(meaning) => Ok(Some(meaning)),
            None => Err(self.wrong(name, &format!("must be {}", listed(words)))),
        }
    }

    /// `true`, `false` or a list of words.
    pub fn flag_or_words<T: Copy>(
        &mut self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<FlagOrWords<T>>, Error> {
        let wrong = |fields: &Self| {
            fields.wrong(
                name,
                &format!("must be true, false or an array of {}", listed(words)),
            )
        };
        match self.rest.remove(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(FlagOrWords::Flag(flag))),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| {
                    words
                        .iter()
                        .find(|(word, _)| value.as_str() == Some(word))
                        .map(|(_, meaning)| *meaning)
                })
                .collect::<Option<Vec<_>>>()
                .map(FlagOrWords::Words)
                .map(Some)
                .ok_or_else(|| wrong(self)),
            Some(_) => Err(wrong(self)),
        }
    }

    fn wrong(&self, name: &str, rule: &str) -> Error {
        Error::invalid(format!("{}{name} {rule}", self.path))
    }
}

/// An option that is a switch or a list.
pub enum FlagOrWords<T> {
    /// The switch.
    Flag(bool),
    /// The list.
    Words(Vec<T>),
}

/// An option that is a text or a list.
pub enum TextOrTexts {
    /// The text.
    Text(String),
    /// The list.
    Texts(Vec<String>),
}

fn listed<T>(words: &[(&str, T)]) -> String {
    let quoted: Vec<_> = words.iter().map(|(word, _)| format!("'{word}'")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::parse("config", json).unwrap()
    }

    fn message<T>(result: Result<T, Error>) -> String {
        result.err().unwrap().message.into_owned()
    }

    #[test]
    fn numbers_must_be_whole_and_within_their_limits() {
        for json in [
            r#"{"timeoutMs":-1}"#,
            r#"{"timeoutMs":1.5}"#,
            r#"{"timeoutMs":0}"#,
            r#"{"timeoutMs":86400001}"#,
            r#"{"timeoutMs":"5"}"#,
            r#"{"timeoutMs":null}"#,
            r#"{"timeoutMs":4294967296000}"#,
        ] {
            assert_eq!(
                message(fields(json).millis("timeoutMs", 1)),
                "timeoutMs must be a whole number from 1 to 86400000",
                "{json}"
            );
        }
    }

    #[test]
    fn a_field_within_a_section_is_named_by_its_path() {
        let mut retry = fields(r#"{"retry":{"baseMs":"x","kapMs":1}}"#)
            .section("retry")
            .unwrap()
            .unwrap();
        assert!(message(retry.millis("baseMs", 1)).starts_with("retry.baseMs must"));
        assert_eq!(
            message(retry.finish()),
            "retry.kapMs is not an option: check the spelling"
        );
    }

    #[test]
    fn words_must_be_known() {
        let words = [("408", 1), ("timeout", 2)];
        let mut some = fields(r#"{"a":["timeout","408"],"b":["TIMEOUT"],"c":"timeout"}"#);
        assert!(
            matches!(some.flag_or_words("a", &words), Ok(Some(FlagOrWords::Words(list))) if list == [2, 1])
        );
        assert!(some.flag_or_words("b", &words).is_err());
        assert_eq!(
            message(some.flag_or_words("c", &words)),
            "c must be true, false or an array of '408', 'timeout'"
        );
    }
}
