//! Bytes that are wiped when the last clone is dropped.

use zeroize::Zeroizing;

/// The text of a body or of a header.
pub(super) struct Wiped(pub(super) Zeroizing<String>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
