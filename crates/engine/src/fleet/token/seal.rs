//! What makes a token unreadable for the store: AEAD under a key that only those know who know the secret of the grant.

use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::Secret;
use crate::auth::Granted;

/// Parts this use of the secret from every other (RFC 5869 §3.1, §3.2).
const SALT: &[u8] = b"cxone-dtmf fleet token";
const INFO: &[u8] = b"AES-256-GCM 1";

/// Between token and tenant. Neither can hold it.
const BETWEEN: u8 = b'\n';

/// Seals and opens tokens. Tokens are few: a random nonce of 96 bits is safe for 2^32 of them under one key.
pub(super) struct Seal {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Seal {
    /// The key is derived from the secrets of a grant by HKDF. `None` when the system cannot.
    pub fn new(secrets: &[&Secret]) -> Option<Self> {
        let mut material = Zeroizing::new(Vec::new());
        for secret in secrets {
            let secret = secret.expose().as_bytes();
            // With its length, so that no two lists read the same.
            material.extend_from_slice(&(secret.len() as u64).to_be_bytes());
            material.extend_from_slice(secret);
        }
        let derived: Prk = Salt::new(HKDF_SHA256, SALT).extract(&material);
        let key = derived.expand(&[INFO], &AES_256_GCM).ok()?;
        Some(Self {
            key: LessSafeKey::new(UnboundKey::from(key)),
            random: SystemRandom::new(),
        })
    }

    /// Token and tenant, bound to their place.
    pub fn seal(&self, granted: &Granted, place: &str) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let token = granted.access_token.expose().as_bytes();
        let tenant = granted.tenant.as_deref().unwrap_or_default().as_bytes();
        let mut sealed = Zeroizing::new(Vec::with_capacity(token.len() + 1 + tenant.len()));
        sealed.extend_from_slice(token);
        sealed.push(BETWEEN);
        sealed.extend_from_slice(tenant);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed,
            )
            .ok()?;
        Some([&nonce, &**sealed, tag.as_ref()].concat())
    }

    /// `None` for what was sealed with another secret, for another place, or was changed since.
    pub fn open(&self, sealed: &[u8], place: &str) -> Option<(Secret, Option<Arc<str>>)> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(sealed.to_vec());
        let text = self
            .key
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut text)
            .ok()?;
        let (token, tenant) = std::str::from_utf8(text)
            .ok()?
            .split_once(char::from(BETWEEN))?;
        let tenant = Some(tenant).filter(|tenant| !tenant.is_empty());
        Some((Secret::new(token.to_owned()), tenant.map(Arc::from)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn granted(tenant: Option<&str>) -> Granted {
        Granted {
            access_token: secret("token-canary"),
            lifetime: Duration::from_secs(60),
            refresh_token: Some(secret("refresh-canary")),
            tenant: tenant.map(Arc::from),
        }
    }

    fn seal(secrets: &[&str]) -> Seal {
        let secrets: Vec<_> = secrets.iter().map(|text| secret(text)).collect();
        Seal::new(&secrets.iter().collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn what_was_sealed_is_opened_with_the_same_secret_at_the_same_place() {
        for tenant in [None, Some("tenant-1")] {
            let sealed = seal(&["a", "b"]).seal(&granted(tenant), "here").unwrap();
            let shown = String::from_utf8_lossy(&sealed);
            assert!(!shown.contains("canary") && !shown.contains("tenant"));
            let (token, opened) = seal(&["a", "b"]).open(&sealed, "here").unwrap();
            assert_eq!(token.expose(), "token-canary");
            assert_eq!(opened.as_deref(), tenant);
        }
    }

    #[test]
    fn another_secret_or_place_opens_nothing() {
        let sealed = seal(&["a", "b"]).seal(&granted(None), "here").unwrap();
        for other in [&["ab"][..], &["a"], &["a", "B"], &["b", "a"]] {
            assert!(seal(other).open(&sealed, "here").is_none());
        }
        assert!(seal(&["a", "b"]).open(&sealed, "there").is_none());
    }

    #[test]
    fn every_changed_bit_is_found_and_nothing_too_short_is_read() {
        let seal = seal(&["a"]);
        let sealed = seal.seal(&granted(Some("t")), "here").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(seal.open(&changed, "here").is_none(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(seal.open(&sealed[..length], "here").is_none());
        }
    }

    #[test]
    fn two_seals_of_one_token_differ() {
        let seal = seal(&["a"]);
        let sealed = || seal.seal(&granted(None), "here").unwrap();
        assert_ne!(sealed(), sealed());
    }
}
