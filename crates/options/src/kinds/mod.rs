//! The kinds of options: how a value is read, and what the table says of it.

use serde_json::Value;

use crate::OptionError;
use crate::fields::Fields;
use crate::spec::Shape;

mod numbers;
mod objects;
mod texts;
mod words;

pub use numbers::{
    FractionalMillis, Millis, Number, Whole, count, fractional_millis, length, millis, number,
    whole,
};
pub use objects::{NamedTexts, Section, Unread, named_texts, section, unread};
pub use texts::{Either, Parsed, Texts, parsed, secret, text, text_or_texts, texts};
pub use words::{Choice, Flag, choice, flag};

/// What was read: nothing where the option is absent.
pub type Read<T> = Result<Option<T>, OptionError>;

/// A kind of option.
pub trait Kind {
    /// What is read.
    type Value;

    /// Reads the option, if it is there.
    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<Self::Value>;

    /// What a value must be.
    fn shape(&self) -> Shape;

    /// A value as JavaScript would write it; `Null` where the table must not or cannot show it.
    fn show(&self, _: &Self::Value) -> Value {
        Value::Null
    }

    /// What is said of a required option that is missing.
    fn rule(&self) -> &'static str {
        "must be a non-empty string"
    }
}
