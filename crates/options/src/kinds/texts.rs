//! Texts, and what is read of them.

use serde_json::{Value, json};

use super::{Kind, Read};
use crate::field::Field;
use crate::fields::{Fields, TextOrTexts};
use crate::spec::Shape;
use crate::{OptionError, Secret};

/// Text that is not empty, which a function reads. What that says of a wrong one names the option.
#[derive(Clone, Copy, Debug)]
pub struct Parsed<T> {
    parse: fn(String) -> Result<T, OptionError>,
    show: fn(&T) -> Value,
    /// What is said of what is no text, in place of the usual rule.
    rule: Option<&'static str>,
    secret: bool,
}

/// An option whose text is read by `parse`; `show` is the way back.
#[must_use]
pub const fn parsed<T>(
    name: &'static str,
    parse: fn(String) -> Result<T, OptionError>,
    show: fn(&T) -> Value,
) -> Field<Parsed<T>> {
    let kind = Parsed {
        parse,
        show,
        rule: None,
        secret: false,
    };
    Field::new(name, kind)
}

/// An option that is a text.
#[must_use]
pub const fn text(name: &'static str) -> Field<Parsed<String>> {
    parsed(name, Ok, |text| json!(text))
}

/// An option that is a secret.
#[must_use]
pub const fn secret(name: &'static str) -> Field<Parsed<Secret>> {
    let mut field = parsed(name, |text| Ok(Secret::new(text)), |_| Value::Null);
    field.kind.secret = true;
    field
}

impl<T> Field<Parsed<T>> {
    /// With this rule for what is no text.
    #[must_use]
    pub const fn with_rule(mut self, rule: &'static str) -> Self {
        self.kind.rule = Some(rule);
        self
    }
}

impl<T> Kind for Parsed<T> {
    type Value = T;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<T> {
        let text = fields.text(name);
        let text = match self.rule {
            Some(rule) => text.map_err(|_| fields.error(name, rule))?,
            None => text?,
        };
        text.map(self.parse).transpose()
    }

    fn shape(&self) -> Shape {
        Shape {
            secret: self.secret,
            ..Shape::of("text")
        }
    }

    fn show(&self, value: &T) -> Value {
        (self.show)(value)
    }
}

/// A list of texts, which a function reads.
#[derive(Clone, Copy, Debug)]
pub struct Texts<T> {
    parse: fn(&str, &[String]) -> Result<T, OptionError>,
}

/// An option that is a list of texts. `parse` gets its full name too.
#[must_use]
pub const fn texts<T>(
    name: &'static str,
    parse: fn(&str, &[String]) -> Result<T, OptionError>,
) -> Field<Texts<T>> {
    Field::new(name, Texts { parse })
}

impl<T> Kind for Texts<T> {
    type Value = T;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<T> {
        let texts = fields.texts(name)?;
        let parse = |texts: Vec<_>| (self.parse)(&fields.name(name), &texts);
        texts.map(parse).transpose()
    }

    fn shape(&self) -> Shape {
        Shape::of("texts")
    }
}

/// A text or a list of texts, which a function reads.
#[derive(Clone, Copy, Debug)]
pub struct Either<T> {
    parse: fn(TextOrTexts) -> Result<T, OptionError>,
    rule: &'static str,
}

/// An option that is a text or a list of texts. `rule` is what a missing one must be.
#[must_use]
pub const fn text_or_texts<T>(
    name: &'static str,
    parse: fn(TextOrTexts) -> Result<T, OptionError>,
    rule: &'static str,
) -> Field<Either<T>> {
    Field::new(name, Either { parse, rule })
}

impl<T> Kind for Either<T> {
    type Value = T;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<T> {
        fields.text_or_texts(name)?.map(self.parse).transpose()
    }

    fn shape(&self) -> Shape {
        Shape::of("text-or-texts")
    }

    fn rule(&self) -> &'static str {
        self.rule
    }
}
