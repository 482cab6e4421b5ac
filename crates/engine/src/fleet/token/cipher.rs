//! Makes a token unreadable for the store: AEAD under a key that is derived from the secrets of the grant.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::Secret;
use crate::auth::{Granted, Tenant};

/// Keep this use of the secrets apart from every other (RFC 5869 §3.1, §3.2).
const SALT: &[u8] = b"cxone-dtmf fleet token";
const INFO: &[u8] = b"AES-256-GCM 2";
const NAME_INFO: &[u8] = b"name 1";

/// Between token and tenant. A token cannot contain it.
const SEPARATOR: u8 = b'\n';

/// Encrypts and decrypts tokens. They are few: a random nonce of 96 bits is safe for 2^32 of them under one key.
pub(super) struct TokenCipher {
    key: LessSafeKey,
    name: String,
    random: SystemRandom,
}

/// The length of the name of a key. Long enough that no two secrets share it by accident.
struct NameLength;

impl KeyType for NameLength {
    fn len(&self) -> usize {
        9
    }
}

impl TokenCipher {
    /// The key is derived from the secrets of a grant by HKDF. `None` when the system cannot.
    pub(super) fn new(secrets: &[&Secret]) -> Option<Self> {
        let mut material = Zeroizing::new(Vec::new());
        for secret in secrets {
            let secret = secret.expose().as_bytes();
            // With its length, so that no two lists read the same.
            material.extend_from_slice(&(secret.len() as u64).to_be_bytes());
            material.extend_from_slice(secret);
        }
        let derived: Prk = Salt::new(HKDF_SHA256, SALT).extract(&material);
        let key = derived.expand(&[INFO], &AES_256_GCM).ok()?;
        let mut name = [0; 9];
        derived
            .expand(&[NAME_INFO], NameLength)
            .and_then(|name_key| name_key.fill(&mut name))
            .ok()?;
        Some(Self {
            key: LessSafeKey::new(UnboundKey::from(key)),
            name: BASE64_URL_SAFE_NO_PAD.encode(name),
            random: SystemRandom::new(),
        })
    }

    /// Names the secrets from which the key is derived, and tells as little of them as the ciphertexts do.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Token and tenant, bound to `associated_data`.
    pub(super) fn encrypt(&self, granted: &Granted, associated_data: &str) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let token = granted.access_token.expose().as_bytes();
        let tenant = serde_json::to_vec(&granted.tenant.as_deref()).ok()?;
        let mut buffer = Zeroizing::new(Vec::with_capacity(token.len() + 1 + tenant.len()));
        buffer.extend_from_slice(token);
        buffer.push(SEPARATOR);
        buffer.extend_from_slice(&tenant);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated_data.as_bytes()),
                &mut buffer,
            )
            .ok()?;
        Some([&nonce, &**buffer, tag.as_ref()].concat())
    }

    /// `None` for what was encrypted with another secret or other associated data, or was changed since.
    pub(super) fn decrypt(
        &self,
        ciphertext: &[u8],
        associated_data: &str,
    ) -> Option<(Secret, Option<Arc<Tenant>>)> {
        let (nonce, ciphertext) = ciphertext.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(ciphertext.to_vec());
        let text = self
            .key
            .open_in_place(nonce, Aad::from(associated_data.as_bytes()), &mut text)
            .ok()?;
        let (token, tenant) = std::str::from_utf8(text)
            .ok()?
            .split_once(char::from(SEPARATOR))?;
        let tenant: Option<Tenant> = serde_json::from_str(tenant).ok()?;
        Some((Secret::new(token.to_owned()), tenant.map(Arc::new)))
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
            tenant: tenant.map(|id| {
                Arc::new(Tenant {
                    id: Some(id.into()),
                    issuer: Some("https://issuer\n".to_owned()),
                    resource_server: None,
                })
            }),
        }
    }

    fn cipher(secrets: &[&str]) -> TokenCipher {
        let secrets: Vec<_> = secrets.iter().map(|text| secret(text)).collect();
        TokenCipher::new(&secrets.iter().collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn what_was_encrypted_is_decrypted_with_the_same_secrets_and_data() {
        for tenant in [None, Some("tenant-1")] {
            let ciphertext = cipher(&["a", "b"])
                .encrypt(&granted(tenant), "here")
                .unwrap();
            let shown = String::from_utf8_lossy(&ciphertext);
            assert!(!shown.contains("canary") && !shown.contains("tenant"));
            let (token, opened) = cipher(&["a", "b"]).decrypt(&ciphertext, "here").unwrap();
            assert_eq!(token.expose(), "token-canary");
            assert_eq!(opened, granted(tenant).tenant);
        }
    }

    #[test]
    fn other_secrets_or_data_decrypt_nothing() {
        let ciphertext = cipher(&["a", "b"]).encrypt(&granted(None), "here").unwrap();
        for other in [&["ab"][..], &["a"], &["a", "B"], &["b", "a"]] {
            assert!(cipher(other).decrypt(&ciphertext, "here").is_none());
        }
        assert!(cipher(&["a", "b"]).decrypt(&ciphertext, "there").is_none());
    }

    #[test]
    fn every_changed_bit_is_found_and_nothing_too_short_is_read() {
        let cipher = cipher(&["a"]);
        let ciphertext = cipher.encrypt(&granted(Some("t")), "here").unwrap();
        for bit in 0..ciphertext.len() * 8 {
            let mut changed = ciphertext.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(cipher.decrypt(&changed, "here").is_none(), "bit {bit}");
        }
        for length in 0..ciphertext.len() {
            assert!(cipher.decrypt(&ciphertext[..length], "here").is_none());
        }
    }

    #[test]
    fn two_ciphertexts_of_one_token_differ() {
        let cipher = cipher(&["a"]);
        let encrypted = || cipher.encrypt(&granted(None), "here").unwrap();
        assert_ne!(encrypted(), encrypted());
    }
}
