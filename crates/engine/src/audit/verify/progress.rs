//! How far a verification is, and that no caller waits for it any more.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared with the caller that waits.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    given_up: AtomicBool,
}

impl Progress {
    /// Bytes that were read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Ends the verification with an error.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    pub(super) fn read(&self, bytes: u64) -> io::Result<()> {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.is_given_up() {
            return Err(io::Error::other("given up"));
        }
        Ok(())
    }
}
