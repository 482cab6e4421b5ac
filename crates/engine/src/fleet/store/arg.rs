//! The arguments of a script.

use std::time::Duration;

/// An argument of a script.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A whole number.
    Number(u64),
    /// The run id of the server that the script reaches. Another run may have lost data.
    RunId,
}

impl Arg<'_> {
    /// Whole milliseconds.
    #[must_use]
    pub fn millis(duration: Duration) -> Self {
        Self::Number(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }
}
