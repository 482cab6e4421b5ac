//! Options, each written once: a table entry gives the field, its default, its limits, the reader and the row that
//! documents show.
//!
//! | | |
//! |---|---|
//! | [`options!`] | writes a struct of options, one entry an option |
//! | [`Field`], [`Kind`] | an entry: [`millis`], [`count`], [`flag`], [`text`], [`choice`], [`section`]… |
//! | [`OptionSpec`] | the row of the table |
//! | [`Fields`] | the object that is read; every error names the field and the rule, and never the value |

mod error;
mod field;
mod fields;
mod kinds;
mod nearest;
mod secret;
mod spec;
mod table;

pub use error::OptionError;
pub use field::{Field, Given};
pub use fields::{Fields, FlagOrWords, TextOrTexts};
pub use kinds::{
    Choice, Either, Flag, FractionalMillis, Kind, Millis, NamedTexts, Number, Parsed, SecretText,
    Section, Text, Texts, Unread, Whole, choice, count, flag, fractional_millis, length, millis,
    named_texts, number, parsed, secret, section, text, text_or_texts, texts, unread, whole,
};
pub use secret::Secret;
pub use spec::{OptionSpec, Shape};

/// The longest time that an option takes, in milliseconds: one day. Beyond it a value is a mistake of units.
pub const MAX_MS: u64 = 86_400_000;

/// The largest count that an option takes.
pub const MAX_COUNT: u32 = 1_000_000;
