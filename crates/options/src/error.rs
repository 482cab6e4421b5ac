//! The error of an option.

use std::fmt;

/// An option breaks a rule. The text names the field and the rule, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError(String);

impl OptionError {
    /// `field` is the full name of the option; `rule` follows it in the message.
    #[must_use]
    pub fn new(field: &str, rule: &str) -> Self {
        Self(format!("{field} {rule}"))
    }

    /// The error of an option that must be there. `rule` is what it must be.
    #[must_use]
    pub fn missing(field: &str, rule: &str) -> Self {
        Self::new(field, &format!("is missing: it {rule}"))
    }

    /// The error of a checker that names the option itself.
    #[must_use]
    pub fn saying(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionError {}
