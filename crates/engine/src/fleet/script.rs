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

    /// The commands in a line, counted from 1, as ACLs name them. Some servers name no more than the line in which one
    /// was refused.
    #[must_use]
    pub fn commands_in(&self, line: usize) -> Vec<String> {
        let line = line
            .checked_sub(1)
            .and_then(|before| self.text.lines().nth(before));
        commands(line.unwrap_or_default()).collect()
    }

    /// All its commands, as ACLs name them.
    pub fn commands(&self) -> impl Iterator<Item = String> + use<> {
        commands(self.text)
    }

    /// Its SHA-1 in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

fn commands(text: &'static str) -> impl Iterator<Item = String> {
    let calls = text.split("redis.call('").skip(1);
    calls.filter_map(|call| Some(call.split_once('\'')?.0.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_by_their_line() {
        let script = Script::new(
            "local t = redis.call('TIME')\nreturn redis.call('GET', redis.call('GET', 'a'))",
        );
        assert_eq!(script.commands_in(1), ["time"]);
        assert_eq!(script.commands_in(2), ["get", "get"]);
        assert!(script.commands_in(0).is_empty() && script.commands_in(3).is_empty());
    }

    #[test]
    fn the_digest_is_that_of_redis() {
        // `SCRIPT LOAD "return 1"`.
        assert_eq!(
            Script::new("return 1").digest(),
            "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"
        );
    }
}
