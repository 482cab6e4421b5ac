//! Switches and choices.

use serde_json::{Value, json};

use super::{Kind, Read};
use crate::field::Field;
use crate::fields::Fields;
use crate::spec::Shape;

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

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<bool> {
        fields.flag(name)
    }

    fn shape(&self) -> Shape {
        Shape::of("flag")
    }

    fn show(&self, value: &bool) -> Value {
        json!(value)
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

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<T> {
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
