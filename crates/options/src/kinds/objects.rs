//! Objects within objects.

use super::{Kind, Read};
use crate::OptionError;
use crate::field::Field;
use crate::fields::Fields;
use crate::spec::{OptionSpec, Shape};

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

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<T> {
        let Some(mut section) = fields.section(name)? else {
            return Ok(None);
        };
        let value = (self.read)(&mut section)?;
        section.finish()?;
        (self.check)(&value)?;
        Ok(Some(value))
    }

    fn shape(&self) -> Shape {
        Shape::object((self.options)())
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

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<Fields> {
        fields.section(name)
    }

    fn shape(&self) -> Shape {
        Shape::object((self.options)())
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

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<Self::Value> {
        fields.named_texts(name)
    }

    fn shape(&self) -> Shape {
        // The key of a gateway may be among them.
        Shape {
            secret: true,
            ..Shape::of("named-texts")
        }
    }
}
