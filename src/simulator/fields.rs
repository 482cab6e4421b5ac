//! Reads options from JSON and names the field that breaks a rule.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Map, Value};

/// The longest time that an option takes: one day.
pub(super) const MAX_MS: u64 = 86_400_000;

/// An option breaks a rule. The text names the field and the rule, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError(String);

impl OptionError {
    pub(super) fn new(field: &str, rule: &str) -> Self {
        Self(format!("{field} {rule}"))
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionError {}

/// The fields of one JSON object; what nobody took is unknown.
pub(super) struct Fields {
    path: String,
    map: Map<String, Value>,
}

impl Fields {
    /// `path` names the object in messages.
    pub(super) fn of(value: Value, path: &str) -> Result<Self, OptionError> {
        match value {
            Value::Object(map) => Ok(Self {
                path: path.to_owned(),
                map,
            }),
            _ => Err(OptionError::new(path, "must be an object")),
        }
    }

    /// The full name of a field.
    pub(super) fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    pub(super) fn error(&self, key: &str, rule: &str) -> OptionError {
        OptionError::new(&self.name(key), rule)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.map.shift_remove(key)
    }

    pub(super) fn object(&mut self, key: &str) -> Result<Option<Self>, OptionError> {
        let name = self.name(key);
        self.take(key)
            .map(|value| Self::of(value, &name))
            .transpose()
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, OptionError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(self.error(key, "must be a non-empty string")),
        }
    }

    pub(super) fn boolean(&mut self, key: &str) -> Result<Option<bool>, OptionError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(self.error(key, "must be true or false")),
        }
    }

    pub(super) fn whole(
        &mut self,
        key: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, OptionError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        match value.as_u64() {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(self.error(
                key,
                &format!(
                    "must be a whole number from {} to {}",
                    range.start(),
                    range.end()
                ),
            )),
        }
    }

    pub(super) fn number(
        &mut self,
        key: &str,
        range: RangeInclusive<f64>,
    ) -> Result<Option<f64>, OptionError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(self.error(
                key,
                &format!("must be a number from {} to {}", range.start(), range.end()),
            )),
        }
    }

    /// A duration in milliseconds; fractions are kept.
    pub(super) fn milliseconds(&mut self, key: &str) -> Result<Option<Duration>, OptionError> {
        let number = self.number(key, 0.0..=MAX_MS as f64)?;
        Ok(number.map(|ms| Duration::from_secs_f64(ms / 1_000.0)))
    }

    /// Every field was taken.
    pub(super) fn finish(self) -> Result<(), OptionError> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(key) => Err(self.error(key, "is not a known option")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_broken_rule_names_the_field() {
        let mut fields = Fields::of(json!({"a": -1, "b": 1.5, "c": null}), "options").unwrap();
        let error = fields.whole("a", 0..=9).unwrap_err().to_string();
        assert_eq!(error, "options.a must be a whole number from 0 to 9");
        assert!(fields.whole("b", 0..=9).is_err());
        assert!(fields.boolean("c").is_err());
        assert_eq!(fields.text("d"), Ok(None));
    }

    #[test]
    fn a_field_that_nobody_took_is_unknown() {
        let fields = Fields::of(json!({"prot": 1}), "options").unwrap();
        assert_eq!(
            fields.finish().unwrap_err().to_string(),
            "options.prot is not a known option"
        );
    }
}
