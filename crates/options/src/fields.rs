//! Reads option objects field by field.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::nearest::nearest;
use crate::{MAX_MS, OptionError};

/// An option that is a switch or a list.
#[derive(Debug)]
pub enum FlagOrWords<T> {
    /// The switch.
    Flag(bool),
    /// The list.
    Words(Vec<T>),
}

/// An option that is a text or a list.
#[derive(Debug)]
pub enum TextOrTexts {
    /// The text.
    Text(String),
    /// The list.
    Texts(Vec<String>),
}

/// The fields of one object that have not been read yet. `Debug` shows no value.
pub struct Fields {
    /// What stands before the name of a field in messages, with its dot.
    prefix: String,
    rest: Map<String, Value>,
    /// The names that were asked for.
    known: Vec<&'static str>,
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.rest.keys()).finish()
    }
}

impl Fields {
    /// Reads the JSON text of an object whose fields stand in messages without a path. `what` names the object itself.
    pub fn parse(what: &str, json: &str) -> Result<Self, OptionError> {
        match serde_json::from_str(json) {
            Ok(Value::Object(rest)) => Ok(Self {
                prefix: String::new(),
                rest,
                known: Vec::new(),
            }),
            _ => Err(OptionError::new(what, "must be an object")),
        }
    }

    /// The fields of a value, which must be an object. `path` stands before their names in messages.
    pub fn of(value: Value, path: &str) -> Result<Self, OptionError> {
        match value {
            Value::Object(rest) => Ok(Self {
                prefix: format!("{path}."),
                rest,
                known: Vec::new(),
            }),
            _ => Err(OptionError::new(path, "must be an object")),
        }
    }

    /// The full name of a field.
    #[must_use]
    pub fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// The error of a field that breaks `rule`.
    #[must_use]
    pub fn error(&self, key: &str, rule: &str) -> OptionError {
        OptionError::new(&self.name(key), rule)
    }

    /// Fails when a field is left that was not read. Names that were asked for are suggested.
    pub fn finish(self) -> Result<(), OptionError> {
        let Some(key) = self.rest.keys().next() else {
            return Ok(());
        };
        let rule = "is not an option: check the spelling";
        Err(match nearest(key, &self.known) {
            Some(meant) => self.error(key, &format!("{rule}, did you mean {}?", self.name(meant))),
            None => self.error(key, rule),
        })
    }

    /// Makes a name known that is read elsewhere.
    pub fn know(&mut self, key: &'static str) {
        self.known.push(key);
    }

    /// Whether a field is there and has not been read yet.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.rest.contains_key(key)
    }

    /// The value of a field, as it is.
    pub fn take(&mut self, key: &'static str) -> Option<Value> {
        self.know(key);
        self.rest.shift_remove(key)
    }

    /// An object within this one.
    pub fn section(&mut self, key: &'static str) -> Result<Option<Self>, OptionError> {
        let name = self.name(key);
        self.take(key)
            .map(|value| Self::of(value, &name))
            .transpose()
    }

    /// Milliseconds, whole, at least `min` and at most [`MAX_MS`].
    pub fn millis(&mut self, key: &'static str, min: u64) -> Result<Option<Duration>, OptionError> {
        let millis = self.whole(key, min..=MAX_MS)?;
        Ok(millis.map(Duration::from_millis))
    }

    /// Milliseconds from 0 to [`MAX_MS`]; fractions are kept.
    pub fn fractional_millis(
        &mut self,
        key: &'static str,
    ) -> Result<Option<Duration>, OptionError> {
        let number = self.number(key, 0.0..=MAX_MS as f64)?;
        Ok(number.map(|millis| Duration::from_secs_f64(millis / 1_000.0)))
    }

    /// A whole number within these limits.
    pub fn whole(
        &mut self,
        key: &'static str,
        limits: RangeInclusive<u64>,
    ) -> Result<Option<u64>, OptionError> {
        let (min, max) = (limits.start(), limits.end());
        let rule = || format!("must be a whole number from {min} to {max}");
        self.read(key, rule, |value| {
            value.as_u64().filter(|number| limits.contains(number))
        })
    }

    /// A number within these limits.
    pub fn number(
        &mut self,
        key: &'static str,
        limits: RangeInclusive<f64>,
    ) -> Result<Option<f64>, OptionError> {
        let (min, max) = (limits.start(), limits.end());
        let rule = || format!("must be a number from {min} to {max}");
        self.read(key, rule, |value| {
            value.as_f64().filter(|number| limits.contains(number))
        })
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str) -> Result<Option<bool>, OptionError> {
        self.read(key, || "must be true or false".to_owned(), Value::as_bool)
    }

    /// Text that is not empty.
    pub fn text(&mut self, key: &'static str) -> Result<Option<String>, OptionError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(self.error(key, "must be a non-empty string")),
        }
    }

    /// A list of texts.
    pub fn texts(&mut self, key: &'static str) -> Result<Option<Vec<String>>, OptionError> {
        let rule = || "must be an array of strings".to_owned();
        self.read(key, rule, |value| {
            let texts = value.as_array()?.iter().map(Value::as_str);
            texts.map(|text| text.map(str::to_owned)).collect()
        })
    }

    /// A text, or a list of texts.
    pub fn text_or_texts(&mut self, key: &'static str) -> Result<Option<TextOrTexts>, OptionError> {
        match self.rest.get(key) {
            None | Some(Value::String(_)) => Ok(self.text(key)?.map(TextOrTexts::Text)),
            Some(Value::Array(_)) => Ok(self.texts(key)?.map(TextOrTexts::Texts)),
            Some(_) => Err(self.error(key, "must be a string or an array of strings")),
        }
    }

    /// An object whose names are the program's own and whose values are texts.
    pub fn named_texts(
        &mut self,
        key: &'static str,
    ) -> Result<Option<Vec<(String, String)>>, OptionError> {
        let entries = match self.take(key) {
            None => return Ok(None),
            Some(Value::Object(entries)) => entries,
            Some(_) => return Err(self.error(key, "must be an object of strings")),
        };
        let texts = entries.into_iter().zip(1..).map(|((name, value), number)| {
            let Value::String(text) = value else {
                // The name is not repeated before its form was checked.
                let rule = format!("must have strings only: entry {number} is none");
                return Err(self.error(key, &rule));
            };
            Ok((name, text))
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// One of several words.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, OptionError> {
        let rule = || format!("must be {}", listed(words));
        self.read(key, rule, |value| meaning(value, words))
    }

    /// `true`, `false` or a list of words.
    pub fn flag_or_words<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<FlagOrWords<T>>, OptionError> {
        let rule = || format!("must be true, false or an array of {}", listed(words));
        self.read(key, rule, |value| match value {
            Value::Bool(flag) => Some(FlagOrWords::Flag(*flag)),
            Value::Array(values) => {
                let meanings = values.iter().map(|value| meaning(value, words));
                meanings.collect::<Option<_>>().map(FlagOrWords::Words)
            }
            _ => None,
        })
    }

    /// Reads a field; `None` from `accept` breaks the rule.
    fn read<T>(
        &mut self,
        key: &'static str,
        rule: impl FnOnce() -> String,
        accept: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, OptionError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        match accept(&value) {
            Some(accepted) => Ok(Some(accepted)),
            None => Err(self.error(key, &rule())),
        }
    }
}

fn meaning<T: Copy>(value: &Value, words: &[(&str, T)]) -> Option<T> {
    let word = value.as_str()?;
    let (_, meaning) = words.iter().find(|(known, _)| *known == word)?;
    Some(*meaning)
}

fn listed<T>(words: &[(&str, T)]) -> String {
    let quoted: Vec<_> = words.iter().map(|(word, _)| format!("'{word}'")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: &Value) -> Fields {
        Fields::parse("config", &value.to_string()).expect("an object")
    }

    fn message<T>(result: Result<T, OptionError>) -> String {
        result.err().expect("a broken rule").to_string()
    }

    #[test]
    fn numbers_must_be_whole_and_within_their_limits() {
        for value in [
            json!(-1),
            json!(1.5),
            json!(0),
            json!(86_400_001),
            json!("5"),
            json!(null),
            json!(4_294_967_296_000_u64),
        ] {
            assert_eq!(
                message(fields(&json!({"timeoutMs": value})).millis("timeoutMs", 1)),
                "timeoutMs must be a whole number from 1 to 86400000",
                "{value}"
            );
        }
    }

    #[test]
    fn a_field_within_a_section_is_named_by_its_path() {
        let mut config = fields(&json!({"retry": {"baseMs": "x", "kapMs": 1}, "fleet": 1}));
        let mut retry = config.section("retry").expect("an object").expect("there");
        assert!(message(retry.millis("baseMs", 1)).starts_with("retry.baseMs must"));
        assert_eq!(
            message(retry.finish()),
            "retry.kapMs is not an option: check the spelling"
        );
        assert_eq!(message(config.section("fleet")), "fleet must be an object");
    }

    #[test]
    fn the_nearest_name_that_was_asked_for_is_suggested() {
        let mut config = fields(&json!({"timeout": 1}));
        assert_eq!(config.millis("timeoutMs", 1), Ok(None));
        assert_eq!(
            message(config.finish()),
            "timeout is not an option: check the spelling, did you mean timeoutMs?"
        );
        let mut config = fields(&json!({"retry": {"kapMs": 1}}));
        let mut retry = config.section("retry").expect("an object").expect("there");
        retry.know("capMs");
        assert!(message(retry.finish()).ends_with(", did you mean retry.capMs?"));
    }

    #[test]
    fn a_value_can_be_named_by_a_path_of_its_own() {
        let mut step = Fields::of(json!({"delayMs": 0.5, "times": 0}), "steps[3]").expect("object");
        assert_eq!(
            step.fractional_millis("delayMs"),
            Ok(Some(Duration::from_micros(500)))
        );
        assert_eq!(
            message(step.whole("times", 1..=1_000_000)),
            "steps[3].times must be a whole number from 1 to 1000000"
        );
        assert_eq!(
            message(Fields::of(json!([]), "steps[4]")),
            "steps[4] must be an object"
        );
    }

    #[test]
    fn words_must_be_known() {
        let words = [("408", 1), ("timeout", 2)];
        let mut some = fields(&json!({"a": ["timeout", "408"], "b": ["TIMEOUT"], "c": "timeout"}));
        let read = some.flag_or_words("a", &words);
        assert!(matches!(read, Ok(Some(FlagOrWords::Words(list))) if list == [2, 1]));
        assert!(some.flag_or_words("b", &words).is_err());
        assert_eq!(
            message(some.flag_or_words("c", &words)),
            "c must be true, false or an array of '408', 'timeout'"
        );
    }

    #[test]
    fn texts_are_not_empty_and_lists_hold_nothing_else() {
        let mut some = fields(&json!({"a": "", "b": ["x", 1], "c": {"n": "v", "m": 2}, "d": null}));
        assert_eq!(message(some.text("a")), "a must be a non-empty string");
        assert_eq!(message(some.texts("b")), "b must be an array of strings");
        assert_eq!(
            message(some.named_texts("c")),
            "c must have strings only: entry 2 is none"
        );
        assert!(some.flag("d").is_err());
        assert_eq!(some.text("e"), Ok(None));
    }
}
