//! Values that cannot print themselves and are wiped when dropped.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A client secret or a token. `Debug` prints `[redacted]`; there is no `Display` and no `Serialize`.
///
/// Clones share one text, so there is one copy in memory, wiped when the last clone is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes ownership of the text; it is wiped when the last clone is dropped.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// The text itself. Every use of this method is a place where the secret may leave.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_nothing_of_the_text() {
        assert_eq!(
            format!("{:?}", Secret::new("hunter2".to_owned())),
            "[redacted]"
        );
    }
}
