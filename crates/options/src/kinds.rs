//! The kinds of options: how a value is read, and what the table says of it.

use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};

use crate::field::Field;
use crate::fields::{Fields, TextOrTexts};
use crate::spec::{OptionSpec, Shape};
use crate::{MAX_COUNT, MAX_MS, OptionError, Secret};

/// A kind of option.
pub trait Kind {
    /// What is read.
    type Value;

    /// Reads the option, if it is there.
    fn read(
        &self,
        fields: &mut Fields,
        name: &'static str,
    ) -> Result<Option<Self::Value>, OptionError>;

    /// What a value must be.
    fn shape(&self) -> Shape;

    /// A value as JavaScript would write it; `Null` where the table must not or cannot show it.
    fn show(&self, value: &Self::Value) -> Value;

    /// What a required option must be, for the message that it is missing.
    fn rule(&self) -> &'static str {
        "must be a non-empty string"
    }
}

/// Whole milliseconds, at most [`MAX_MS`].
#[derive(Clone, Copy, Debug)]
pub struct Millis {
    min: u64,
}

/// An option in whole milliseconds, from `min` to [`MAX_MS`].
#[must_use]
pub const fn millis(name: &'static str, min: u64) -> Field<Millis> {
    Field::new(name, Millis { min })
}

impl Kind for Millis {
    type Value = Duration;

    fn read(
        &self,
        fields: &mut Fields,
        name: &'static str,
    ) -> Result<Option<Duration>, OptionError> {
        fields.millis(name, self.min)
    }

    fn shape(&self) -> Shape {
        Shape {
            unit: Some("ms"),
            ..Shape::within("milliseconds", self.min, MAX_MS)
        }
    }

    fn show(&self, value: &Duration) -> Value {
        json!(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Milliseconds that may have fractions, from 0 to [`MAX_MS`].
#[derive(Clone, Copy, Debug)]
pub struct FractionalMillis;

/// An option in milliseconds that may have fractions.
#[must_use]
pub const fn fractional_millis(name: &'static str) -> Field<FractionalMillis> {
    Field::new(name, FractionalMillis)
}

impl Kind for FractionalMillis {
    type Value = Duration;

    fn read(
        &self,
        fields: &mut Fields,
        name: &'static str,
    ) -> Result<Option<Duration>, OptionError> {
        fields.fractional_millis(name)
    }

    fn shape(&self) -> Shape {
        Shape {
            unit: Some("ms"),
            ..Shape::within("number", 0, MAX_MS)
        }
    }

    fn show(&self, value: &Duration) -> Value {
        json!(value.as_secs_f64() * 1_000.0)
    }
}

/// A whole number within limits, of any type that holds them.
#[derive(Clone, Copy, Debug)]
pub struct Whole<T> {
    kind: &'static str,
    min: u64,
    max: u64,
    unit: Option<&'static str>,
    value: PhantomData<T>,
}

impl<T> Whole<T> {
    const fn new(kind: &'static str, min: u64, max: u64, unit: Option<&'static str>) -> Self {
        Self {
            kind,
            min,
            max,
            unit,
            value: PhantomData,
        }
    }
}

/// An option that counts something, from `min` to [`MAX_COUNT`].
#[must_use]
pub const fn count(name: &'static str, min: u64) -> Field<Whole<u32>> {
    Field::new(name, Whole::new("count", min, MAX_COUNT as u64, None))
}

/// A [`count`] that bounds the length of a queue or list.
#[must_use]
pub const fn length(name: &'static str, min: u64) -> Field<Whole<usize>> {
    Field::new(name, Whole::new("count", min, MAX_COUNT as u64, None))
}

/// An option that is a whole number.
#[must_use]
pub const fn whole<T>(
    name: &'static str,
    min: u64,
    max: u64,
    unit: Option<&'static str>,
) -> Field<Whole<T>> {
    Field::new(name, Whole::new("whole", min, max, unit))
}

impl<T: TryFrom<u64> + Copy> Kind for Whole<T>
where
    u64: TryFrom<T>,
{
    type Value = T;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<T>, OptionError> {
        let number = fields.whole(name, self.min..=self.max)?;
        Ok(number.and_then(|number| T::try_from(number).ok()))
    }

    fn shape(&self) -> Shape {
        Shape {
            unit: self.unit,
            ..Shape::within(self.kind, self.min, self.max)
        }
    }

    fn show(&self, value: &T) -> Value {
        json!(u64::try_from(*value).ok())
    }
}

/// A number within limits.
#[derive(Clone, Debug)]
pub struct Number {
    limits: RangeInclusive<f64>,
}

/// An option that is a number.
#[must_use]
pub const fn number(name: &'static str, limits: RangeInclusive<f64>) -> Field<Number> {
    Field::new(name, Number { limits })
}

impl Kind for Number {
    type Value = f64;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<f64>, OptionError> {
        fields.number(name, self.limits.clone())
    }

    fn shape(&self) -> Shape {
        Shape::within("number", *self.limits.start(), *self.limits.end())
    }

    fn show(&self, value: &f64) -> Value {
        json!(value)
    }
}

/// `true` or `false`.
#[derive(Clone, Copy, Debug)]
pub struct Flag;

/// An option that is `true` or `false`.
#[must_use]
pub const fn flag(name: &'static str) -> Field<Flag> {
    Field::new(name, Flag)
}

impl Kind for Flag {
    type Value = bool;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<bool>, OptionError> {
        fields.flag(name)
    }

    fn shape(&self) -> Shape {
        Shape::of("flag")
    }

    fn show(&self, value: &bool) -> Value {
        json!(value)
    }
}

/// Text that is not empty.
#[derive(Clone, Copy, Debug)]
pub struct Text;

/// An option that is a text.
#[must_use]
pub const fn text(name: &'static str) -> Field<Text> {
    Field::new(name, Text)
}

impl Kind for Text {
    type Value = String;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<String>, OptionError> {
        fields.text(name)
    }

    fn shape(&self) -> Shape {
        Shape::of("text")
    }

    fn show(&self, value: &String) -> Value {
        json!(value)
    }
}

/// Text that is shown nowhere.
#[derive(Clone, Copy, Debug)]
pub struct SecretText;

/// An option that is a secret.
#[must_use]
pub const fn secret(name: &'static str) -> Field<SecretText> {
    Field::new(name, SecretText)
}

impl Kind for SecretText {
    type Value = Secret;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<Secret>, OptionError> {
        Ok(fields.text(name)?.map(Secret::new))
    }

    fn shape(&self) -> Shape {
        Shape {
            secret: true,
            ..Shape::of("text")
        }
    }

    fn show(&self, _: &Secret) -> Value {
        Value::Null
    }
}

/// Text that a function reads. What it says of a wrong one names the option.
#[derive(Clone, Copy, Debug)]
pub struct Parsed<T> {
    kind: &'static str,
    parse: fn(&str) -> Result<T, OptionError>,
    show: fn(&T) -> Value,
    /// What is said of what is no text, in place of the usual rule.
    rule: Option<&'static str>,
}

/// An option whose text is read by `parse`; `show` is the way back.
#[must_use]
pub const fn parsed<T>(
    name: &'static str,
    kind: &'static str,
    parse: fn(&str) -> Result<T, OptionError>,
    show: fn(&T) -> Value,
) -> Field<Parsed<T>> {
    let kind = Parsed {
        kind,
        parse,
        show,
        rule: None,
    };
    Field::new(name, kind)
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

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<T>, OptionError> {
        let text = fields.text(name);
        let text = match self.rule {
            Some(rule) => text.map_err(|_| fields.error(name, rule))?,
            None => text?,
        };
        text.map(|text| (self.parse)(&text)).transpose()
    }

    fn shape(&self) -> Shape {
        Shape::of(self.kind)
    }

    fn show(&self, value: &T) -> Value {
        (self.show)(value)
    }
}

/// A list of texts that a function reads.
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

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<T>, OptionError> {
        let texts = fields.texts(name)?;
        let parse = |texts: Vec<_>| (self.parse)(&fields.name(name), &texts);
        texts.map(parse).transpose()
    }

    fn shape(&self) -> Shape {
        Shape::of("texts")
    }

    fn show(&self, _: &T) -> Value {
        Value::Null
    }
}

/// A text or a list of texts that a function reads.
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

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<T>, OptionError> {
        fields.text_or_texts(name)?.map(self.parse).transpose()
    }

    fn shape(&self) -> Shape {
        Shape::of("text-or-texts")
    }

    fn show(&self, _: &T) -> Value {
        Value::Null
    }

    fn rule(&self) -> &'static str {
        self.rule
    }
}

/// An object whose names are the program's own and whose values are texts.
#[derive(Clone, Copy, Debug)]
pub struct NamedTexts;

/// An option that is an object of texts.
#[must_use]
pub const fn named_texts(name: &'static str) -> Field<NamedTexts> {
    Field::new(name, NamedTexts)
}

impl Kind for NamedTexts {
    type Value = Vec<(String, String)>;

    fn read(
        &self,
        fields: &mut Fields,
        name: &'static str,
    ) -> Result<Option<Self::Value>, OptionError> {
        fields.named_texts(name)
    }

    fn shape(&self) -> Shape {
        Shape::of("named-texts")
    }

    fn show(&self, _: &Self::Value) -> Value {
        Value::Null
    }
}

/// One of several words.
#[derive(Clone, Copy, Debug)]
pub struct Choice<T: 'static> {
    words: &'static [(&'static str, T)],
}

/// An option that is one of these words.
#[must_use]
pub const fn choice<T>(
    name: &'static str,
    words: &'static [(&'static str, T)],
) -> Field<Choice<T>> {
    Field::new(name, Choice { words })
}

impl<T: Copy + PartialEq> Kind for Choice<T> {
    type Value = T;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<T>, OptionError> {
        fields.choice(name, self.words)
    }

    fn shape(&self) -> Shape {
        Shape {
            choices: self.words.iter().map(|(word, _)| *word).collect(),
            ..Shape::of("choice")
        }
    }

    fn show(&self, value: &T) -> Value {
        let word = self.words.iter().find(|(_, meaning)| meaning == value);
        json!(word.map(|(word, _)| word))
    }
}

/// An object with options of its own.
#[derive(Clone, Copy, Debug)]
pub struct Section<T> {
    read: fn(&mut Fields) -> Result<T, OptionError>,
    check: fn(&T) -> Result<(), OptionError>,
    options: fn() -> Vec<OptionSpec>,
}

/// An option that is an object, whose options `read` reads and `options` tells.
#[must_use]
pub const fn section<T>(
    name: &'static str,
    read: fn(&mut Fields) -> Result<T, OptionError>,
    options: fn() -> Vec<OptionSpec>,
) -> Field<Section<T>> {
    let kind = Section {
        read,
        check: |_| Ok(()),
        options,
    };
    Field::new(name, kind)
}

impl<T> Field<Section<T>> {
    /// With a rule that several of its options take part in.
    #[must_use]
    pub const fn checked(mut self, check: fn(&T) -> Result<(), OptionError>) -> Self {
        self.kind.check = check;
        self
    }
}

impl<T> Kind for Section<T> {
    type Value = T;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<T>, OptionError> {
        let Some(mut section) = fields.section(name)? else {
            return Ok(None);
        };
        let value = (self.read)(&mut section)?;
        section.finish()?;
        (self.check)(&value)?;
        Ok(Some(value))
    }

    fn shape(&self) -> Shape {
        Shape {
            options: (self.options)(),
            ..Shape::of("object")
        }
    }

    fn show(&self, _: &T) -> Value {
        Value::Null
    }
}

/// An object whose options depend on others: its fields are handed on unread.
#[derive(Clone, Copy, Debug)]
pub struct Unread {
    options: fn() -> Vec<OptionSpec>,
}

/// An option that is an object, which is read later.
#[must_use]
pub const fn unread(name: &'static str, options: fn() -> Vec<OptionSpec>) -> Field<Unread> {
    Field::new(name, Unread { options })
}

impl Kind for Unread {
    type Value = Fields;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Result<Option<Fields>, OptionError> {
        fields.section(name)
    }

    fn shape(&self) -> Shape {
        Shape {
            options: (self.options)(),
            ..Shape::of("object")
        }
    }

    fn show(&self, _: &Fields) -> Value {
        Value::Null
    }
}
