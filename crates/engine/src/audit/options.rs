//! What a log can be told, with the defaults and the limits of every value.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cxone_dtmf_options::{
    Field, Fields, Kind, OptionError, OptionSpec, Parsed, Read, Shape, choice, options, section,
    text, whole,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::seal::Key;

/// When a record counts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When the disk has it: it outlives a power failure.
    Fsync,
    /// When the operating system has it: it outlives the process.
    Os,
    /// At once. A process that ends takes with it what was not yet written.
    None,
}

impl Durability {
    /// The values and their names in JavaScript.
    const NAMED: [(&'static str, Self); 3] = [
        ("fsync", Self::Fsync),
        ("os", Self::Os),
        ("none", Self::None),
    ];
}

/// What happens to injections while the log cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// They fail, unsent.
    Block,
    /// They go on, and the log says in a `gap` which records it lost when it can be written again.
    Continue,
}

impl OnFailure {
    /// The values and their names in JavaScript.
    const NAMED: [(&'static str, Self); 2] = [("block", Self::Block), ("continue", Self::Continue)];
}

/// The smallest file that is worth a name.
const MIN_ROTATE_BYTES: u64 = 4 * 1024;

/// The largest file: beyond it a value is a mistake of units.
const MAX_ROTATE_BYTES: u64 = 16 * 1024 * 1024 * 1024;

/// The longest time until a new file, in hours: a year.
const MAX_ROTATE_HOURS: u64 = 366 * 24;

options! {
    /// When a new file is begun.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Rotation {
        /// The length at which a new file is begun. A file is longer only by the records that were written at once.
        pub bytes: u64 = 64 * 1024 * 1024 => whole::<u64>("bytes", MIN_ROTATE_BYTES, MAX_ROTATE_BYTES, Some("bytes"));
        /// The age at which a new file is begun.
        pub age: Duration = Duration::from_secs(24 * SECONDS_PER_HOUR) => Field::new("hours", Hours);
    }
}

const SECONDS_PER_HOUR: u64 = 60 * 60;

/// Whole hours, from one to [`MAX_ROTATE_HOURS`].
#[derive(Clone, Copy, Debug)]
struct Hours;

impl Kind for Hours {
    type Value = Duration;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<Duration> {
        let hours = fields.whole(name, 1..=MAX_ROTATE_HOURS)?;
        Ok(hours.map(|hours| Duration::from_secs(hours * SECONDS_PER_HOUR)))
    }

    fn shape(&self) -> Shape {
        Shape {
            unit: Some("hours"),
            ..Shape::within("whole", 1, MAX_ROTATE_HOURS)
        }
    }

    fn show(&self, value: &Duration) -> Value {
        json!(value.as_secs() / SECONDS_PER_HOUR)
    }
}

/// The key of the chain, which comes as base64 of its bytes.
#[derive(Clone, Copy, Debug)]
struct ChainKey;

impl Kind for ChainKey {
    type Value = Key;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<Key> {
        let key = fields.text(name)?.map(|text| {
            let bytes = BASE64_STANDARD.decode(&*Zeroizing::new(text));
            Key::new(bytes.unwrap_or_default())
        });
        Ok(key.transpose()?)
    }

    fn shape(&self) -> Shape {
        Shape {
            secret: true,
            ..Shape::of("text-or-bytes")
        }
    }
}

impl Rotation {
    /// Whether a file of that length and age is followed by a new one.
    #[must_use]
    pub fn is_due(&self, bytes: u64, age: Duration) -> bool {
        bytes >= self.bytes || age >= self.age
    }
}

options! {
    /// The settings of a log.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Options {
        given {
            /// The folder in which every process makes files of its own. It must exist.
            pub directory: PathBuf,
        }
        /// The key of the chain (HMAC-SHA-256), at least 16 bytes. Without it the chain shows damage, but not forgery.
        pub key: Option<Key> = None => Field::new("key", ChainKey);
        /// When a record counts as written: when the disk has it, when the operating system has it, or at once.
        pub durability: Durability = Durability::Fsync => choice("durability", &Durability::NAMED);
        /// What happens to injections while it cannot be written: they fail unsent, or go on.
        pub on_failure: OnFailure = OnFailure::Block => choice("onFailure", &OnFailure::NAMED);
        /// When a new file is begun.
        pub rotation: Rotation = Rotation::default()
            => section("rotate", |fields| Rotation::default().over(fields), Rotation::options);
        /// The machine's name.
        pub host: Arc<str> = "localhost".into();
        elsewhere {
            /// Takes an anchor, three lines of text, to be kept elsewhere. With it the loss of the log's end can be seen.
            "onAnchor": "function";
        }
    }
}

const DIRECTORY: Field<Parsed<String>> = text("directory").required();

impl Options {
    /// The defaults, in a folder.
    #[must_use]
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self::defaults(directory.into())
    }

    /// Reads `auditLog`. The name of the host comes later.
    pub fn read(fields: &mut Fields) -> Result<Self, OptionError> {
        match DIRECTORY.read(fields)? {
            Some(directory) if !directory.is_empty() => Self::at(directory).over(fields),
            _ => {
                let rule = "must have a directory: the folder in which the log is kept";
                Err(OptionError::new("auditLog", rule))
            }
        }
    }

    /// All rows of the table.
    #[must_use]
    pub fn table() -> Vec<OptionSpec> {
        let directory = "The folder, which must exist. Every process makes files of its own in it, with mode 0600.";
        let place = DIRECTORY.required().required_spec(directory);
        std::iter::once(place).chain(Self::options()).collect()
    }
}
