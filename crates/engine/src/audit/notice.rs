//! What the log tells those who use it.

use super::anchor::Anchor;

/// Something that happened to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// What to keep elsewhere.
    Anchor(Anchor),
    /// It cannot be written.
    Failed {
        /// Why, and what to do.
        why: String,
    },
    /// It can be written again.
    Restored,
    /// A file was removed while it was written, and what was in it is gone: another one is begun.
    Removed {
        /// Its name.
        file: String,
    },
}

/// Is told what happens to a log, on the thread that writes it.
pub trait Observer: Send + Sync + 'static {
    /// Must not wait for anything.
    fn notice(&self, notice: &Notice);
}
