//! What a log can be told, with the defaults and the limits of every value.

use std::sync::Arc;
use std::time::Duration;

use super::location::Location;
use super::seal::Key;

/// When a record counts as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When the disk has it: it outlives a power failure.
    #[default]
    Fsync,
    /// When the operating system has it: it outlives the process.
    Os,
    /// At once. A process that ends takes with it what was not yet written.
    None,
}

/// What happens to injections while the log cannot be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// They fail, unsent.
    #[default]
    Block,
    /// They go on, and the log says how many records it lost when it can be written again.
    Continue,
}

/// When a new file is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// A file is not longer than this, but for the records that were written at once. Default 64 MiB.
    pub bytes: u64,
    /// A file is not written to for longer than this. Default 24 h.
    pub age: Duration,
}

/// The smallest file that is worth a name.
pub const MIN_ROTATE_BYTES: u64 = 4 * 1024;

/// The largest file: beyond it a value is a mistake of units.
pub const MAX_ROTATE_BYTES: u64 = 16 * 1024 * 1024 * 1024;

/// The longest time until a new file, in hours: a year.
pub const MAX_ROTATE_HOURS: u32 = 366 * 24;

impl Default for Rotation {
    fn default() -> Self {
        Self {
            bytes: 64 * 1024 * 1024,
            age: Duration::from_secs(24 * 60 * 60),
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

/// The settings of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where it is kept.
    pub location: Location,
    /// What it is sealed with. Without a key it shows damage, but not forgery.
    pub key: Option<Key>,
    /// When a record counts as written.
    pub durability: Durability,
    /// What happens to injections while it cannot be written.
    pub on_failure: OnFailure,
    /// When a new file is begun.
    pub rotation: Rotation,
    /// The machine's name.
    pub host: Arc<str>,
}

impl Options {
    /// The defaults, at a place.
    #[must_use]
    pub fn at(location: Location) -> Self {
        Self {
            location,
            key: None,
            durability: Durability::default(),
            on_failure: OnFailure::default(),
            rotation: Rotation::default(),
            host: "localhost".into(),
        }
    }
}
