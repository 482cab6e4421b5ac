//! A Lua script and its digest, by which servers know it.

use std::fmt::Write as _;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// A script. Redis names scripts by their SHA-1 (`EVALSHA`); nothing rests on its strength.
#[derive(Debug)]
pub struct Script {
    text: &'static str,
    digest: String,
}

impl Script {
    /// A script with this text.
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        let digest = digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
            // Writing into a string never fails.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Self { text, digest }
    }

    /// The Lua itself.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Its SHA-1 in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_redis() {
        // `SCRIPT LOAD "return 1"`.
        assert_eq!(
            Script::new("return 1").digest(),
            "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"
        );
    }
}
