//! The TLS settings: which roots are trusted, which protocols are spoken.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::Error;

/// The protocols offered in the handshake, the preferred one first (RFC 7301, RFC 9113 §3.2).
const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// Reads the certificates of the option `caBundle`.
///
/// The error names the option and never repeats a part of the text: a private key that is passed by mistake
/// must not get into a log.
pub(crate) fn ca_bundle(pem: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| Error::invalid("caBundle is not readable as PEM"))?;
    if certificates.is_empty() {
        return Err(Error::invalid("caBundle holds no certificate in PEM form"));
    }
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store
            .add(certificate.clone())
            .map_err(|_| Error::invalid("caBundle holds a certificate that cannot be used"))?;
    }
    Ok(certificates)
}

/// The certificates of the file that `NODE_EXTRA_CA_CERTS` names.
///
/// Node.js warns of an unreadable file and goes on without it; what cannot be read is left out here too.
pub(crate) fn extra_ca(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .filter_map(Result::ok)
        .collect()
}

/// Settings for a client: TLS 1.2 and 1.3, no 0-RTT (a replayed request would dial twice), no key log.
///
/// Reads the system's certificates from disk, which takes tens of milliseconds: not for the JavaScript thread.
/// Roots are Mozilla's, the system's as far as they can be read, and `own`.
pub(crate) fn client_config(
    own: Vec<CertificateDer<'static>>,
    http1_only: bool,
) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    // Unreadable system certificates only make the set smaller.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(own);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A client with ready-made settings does not add these itself.
    config.alpn_protocols = if http1_only {
        vec![HTTP_1.to_vec()]
    } else {
        vec![HTTP_2.to_vec(), HTTP_1.to_vec()]
    };
    Ok(config)
}

/// The same trust for a proxy that is spoken to by TLS itself. Tunnels are opened by HTTP/1.1.
pub(crate) fn for_proxies(config: &ClientConfig) -> ClientConfig {
    let mut config = config.clone();
    config.alpn_protocols = vec![HTTP_1.to_vec()];
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> String {
        rcgen::generate_simple_self_signed(vec!["ca.test".to_owned()])
            .expect("certificate")
            .cert
            .pem()
    }

    #[test]
    fn a_bundle_may_hold_several_certificates() {
        let pem = format!("{}\n# a comment\n{}", authority(), authority());
        assert_eq!(ca_bundle(&pem).expect("valid").len(), 2);
    }

    #[test]
    fn a_bad_bundle_is_named_and_not_repeated() {
        let key = rcgen::KeyPair::generate().expect("key").serialize_pem();
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
        let broken =
            "-----BEGIN CERTIFICATE-----\n%%%%hunter2\n-----END CERTIFICATE-----".to_owned();
        for text in [String::new(), "hunter2".to_owned(), key, garbage, broken] {
            let message = ca_bundle(&text).expect_err("invalid").message;
            assert!(message.starts_with("caBundle "), "{message}");
            for line in text.lines().filter(|line| !line.is_empty()) {
                assert!(!message.contains(line), "{message}");
            }
        }
    }

    #[test]
    fn extra_certificates_that_cannot_be_read_are_left_out() {
        assert_eq!(extra_ca("nothing").len(), 0);
        assert_eq!(extra_ca(&authority()).len(), 1);
    }

    #[test]
    fn no_early_data_and_the_protocols_that_were_asked_for() {
        let config = client_config(Vec::new(), false).expect("config");
        assert!(!config.enable_early_data);
        assert_eq!(config.alpn_protocols, [HTTP_2.to_vec(), HTTP_1.to_vec()]);
        let config = client_config(Vec::new(), true).expect("config");
        assert_eq!(config.alpn_protocols, [HTTP_1.to_vec()]);
    }

    /// Of every platform, and of the tests too: `Cargo.lock` lists whatever any build can take.
    #[test]
    fn one_crypto_provider_is_in_the_build() {
        let providers = [
            "ring",
            "aws-lc-rs",
            "boring",
            "graviola",
            "mbedtls",
            "openssl",
            "rustls-rustcrypto",
            "rustls-symcrypt",
            "wolfssl",
        ];
        let lock = include_str!("../../../Cargo.lock");
        let locked = |name: &&str| lock.contains(&format!("\nname = \"{name}\"\n"));
        let found: Vec<_> = providers.into_iter().filter(locked).collect();
        assert_eq!(found, ["ring"]);
    }
}
