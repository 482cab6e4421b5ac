//! What binds a record to all that came before it.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::{digest, hmac};
use zeroize::Zeroizing;

use crate::error::Error;

/// The shortest key: 128 bits, below which guessing comes into reach (NIST SP 800-107 §5.3.4).
pub(super) const MIN_KEY_BYTES: usize = 16;

/// What the key itself is authenticated with to name it.
const KEY_ID_CONTEXT: &[u8] = b"cxone-dtmf audit key id";

/// Bytes of the key's name: enough to tell keys apart.
const KEY_ID_BYTES: usize = 8;

/// The key of a log. Its bytes are wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// Takes ownership of the bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Error> {
        let bytes = Zeroizing::new(bytes);
        if bytes.len() < MIN_KEY_BYTES {
            return Err(Error::invalid(format!(
                "auditLog.key must have at least {MIN_KEY_BYTES} bytes: take them from a random generator"
            )));
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The value that ends a line, as its text: 32 bytes in base64url without padding (RFC 4648 §5).
///
/// It is never decoded. A text has unused bits in its last character, so two texts may decode alike;
/// compared as texts, no bit of a line is without meaning.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mac([u8; MAC_CHARS]);

/// Characters of a [`Mac`].
pub(super) const MAC_CHARS: usize = 43;

impl Mac {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only letters of the alphabet are ever in it.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// A text that was read somewhere, if it has the form of one.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let letters: [u8; MAC_CHARS] = text.as_bytes().try_into().ok()?;
        letters
            .into_iter()
            .all(is_of_alphabet)
            .then_some(Self(letters))
    }

    fn of(hash: &[u8]) -> Self {
        let mut letters = [b'A'; MAC_CHARS];
        // 32 bytes always fit into 43 letters.
        let _ = BASE64_URL_SAFE_NO_PAD.encode_slice(hash, &mut letters);
        Self(letters)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a text has the form of the name of a key.
pub(super) fn is_key_id(text: &str) -> bool {
    text.len() == (KEY_ID_BYTES * 8).div_ceil(6) && text.bytes().all(is_of_alphabet)
}

const fn is_of_alphabet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// How the lines of a log are sealed.
pub struct Seal(Algorithm);

enum Algorithm {
    /// Anybody can compute it: shows damage, not forgery.
    Sha256,
    /// Only who has the key can compute it.
    HmacSha256 { key: hmac::Key, id: String },
}

impl Seal {
    /// With a key, HMAC-SHA-256 (RFC 2104), else SHA-256.
    #[must_use]
    pub fn new(key: Option<&Key>) -> Self {
        Self(key.map_or(Algorithm::Sha256, |key| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &key.0);
            let id = hmac::sign(&key, KEY_ID_CONTEXT);
            let id = id.as_ref().get(..KEY_ID_BYTES).unwrap_or_default();
            Algorithm::HmacSha256 {
                id: base64url(id),
                key,
            }
        }))
    }

    /// The name in the log.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self.0 {
            Algorithm::Sha256 => "sha256",
            Algorithm::HmacSha256 { .. } => "hmac-sha256",
        }
    }

    /// Names the key, and tells nothing of it that a sealed line does not tell.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        match &self.0 {
            Algorithm::Sha256 => None,
            Algorithm::HmacSha256 { id, .. } => Some(id),
        }
    }

    /// Seals a line that follows the one with `previous`; only the first of a chain follows none.
    #[must_use]
    pub fn mac(&self, previous: Option<&Mac>, line: &[u8]) -> Mac {
        let previous = previous.map_or("", Mac::as_str).as_bytes();
        match &self.0 {
            Algorithm::Sha256 => {
                let mut digest = digest::Context::new(&digest::SHA256);
                digest.update(previous);
                digest.update(line);
                Mac::of(digest.finish().as_ref())
            }
            Algorithm::HmacSha256 { key, .. } => {
                let mut signing = hmac::Context::with_key(key);
                signing.update(previous);
                signing.update(line);
                Mac::of(signing.sign().as_ref())
            }
        }
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm())
    }
}

fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(vec![byte; 20]).unwrap()
    }

    #[test]
    fn base64url_is_that_of_the_standard() {
        // RFC 4648 §10, and the two letters in which the alphabets differ.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xfb, 0xff, 0xbf]), "-_-_");
    }

    #[test]
    fn seals_are_those_of_the_standards() {
        // RFC 4231 §4.2, and FIPS 180-2 appendix B.1, each in base64url.
        let sealed = Seal::new(Some(&key(0x0b))).mac(None, b"Hi There");
        assert_eq!(
            sealed.as_str(),
            "sDRMYdjbOFNcqK_OrwvxK4gdwgDJgz2nJuk3bC4yz_c"
        );
        assert_eq!(
            Seal::new(None).mac(None, b"abc").as_str(),
            "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
        );
    }

    #[test]
    fn a_seal_depends_on_key_line_and_what_came_before() {
        let seal = Seal::new(Some(&key(1)));
        let first = seal.mac(None, b"{}");
        let others = [
            seal.mac(None, b"{ }"),
            seal.mac(Some(&first), b"{}"),
            Seal::new(Some(&key(2))).mac(None, b"{}"),
            Seal::new(None).mac(None, b"{}"),
        ];
        assert!(others.iter().all(|other| *other != first));
        assert_eq!(first.as_str().len(), MAC_CHARS);
        assert_eq!(Mac::from_text(first.as_str()), Some(first));
    }

    #[test]
    fn a_key_is_named_but_not_shown() {
        let (one, two) = (Seal::new(Some(&key(1))), Seal::new(Some(&key(2))));
        assert_eq!(one.key_id().unwrap().len(), 11);
        assert_ne!(one.key_id(), two.key_id());
        assert_eq!(format!("{:?} {one:?}", key(1)), "[redacted] hmac-sha256");
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(Key::new(vec![7; 15]).is_err());
        assert!(Key::new(vec![7; 16]).is_ok());
    }
}
