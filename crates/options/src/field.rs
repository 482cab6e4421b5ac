//! An entry of an option table.

use serde_json::Value;

use crate::OptionError;
use crate::fields::Fields;
use crate::kinds::Kind;
use crate::spec::OptionSpec;

/// One option: its name in JavaScript, and how it is read.
#[derive(Clone, Copy, Debug)]
pub struct Field<K> {
    name: &'static str,
    pub(crate) kind: K,
    required: bool,
    only_with: Option<(&'static str, &'static [&'static str])>,
    default_doc: Option<&'static str>,
}

/// A value that may be absent.
pub trait Given<T> {
    /// The value, if there is one.
    fn given(&self) -> Option<&T>;
}

impl<T> Given<T> for T {
    fn given(&self) -> Option<&T> {
        Some(self)
    }
}

impl<T> Given<T> for Option<T> {
    fn given(&self) -> Option<&T> {
        self.as_ref()
    }
}

impl<K> Field<K> {
    /// An option of this kind.
    pub const fn new(name: &'static str, kind: K) -> Self {
        Self {
            name,
            kind,
            required: false,
            only_with: None,
            default_doc: None,
        }
    }

    /// It must be there.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It belongs to some values of another option.
    #[must_use]
    pub const fn only_with(
        mut self,
        option: &'static str,
        values: &'static [&'static str],
    ) -> Self {
        self.only_with = Some((option, values));
        self
    }

    /// What the default is, where that is no single value.
    #[must_use]
    pub const fn default_doc(mut self, text: &'static str) -> Self {
        self.default_doc = Some(text);
        self
    }
}

impl<K: Kind> Field<K> {
    /// Reads it, if it is there.
    pub fn read(&self, fields: &mut Fields) -> Result<Option<K::Value>, OptionError> {
        let read = self.kind.read(fields, self.name)?;
        if self.required && read.is_none() {
            return Err(self.missing(fields));
        }
        Ok(read)
    }

    /// Reads it; it must be there.
    pub fn read_required(&self, fields: &mut Fields) -> Result<K::Value, OptionError> {
        let read = self.kind.read(fields, self.name)?;
        read.ok_or_else(|| self.missing(fields))
    }

    fn missing(&self, fields: &Fields) -> OptionError {
        OptionError::missing(&fields.name(self.name), self.kind.rule())
    }

    /// Its row of the table.
    pub fn spec(&self, default: &impl Given<K::Value>, doc: &str) -> OptionSpec {
        let default = match default.given() {
            Some(value) if !self.required => self.kind.show(value),
            _ => Value::Null,
        };
        OptionSpec {
            default,
            ..self.required_spec(doc)
        }
    }

    /// Its row of the table, without a default.
    pub fn required_spec(&self, doc: &str) -> OptionSpec {
        OptionSpec {
            name: self.name,
            shape: self.kind.shape(),
            default: Value::Null,
            default_doc: self.default_doc,
            required: self.required,
            only_with: self.only_with,
            doc: doc.trim().to_owned(),
        }
    }
}
