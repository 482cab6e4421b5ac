//! The TLS settings: which roots are trusted, which protocols are spoken, who this client is.

mod identity;
mod introduction;
mod pem;
mod pinned;

use std::sync::Arc;

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};

use crate::error::Error;

pub use identity::ClientCertificate;
pub(crate) use introduction::noting;
pub use pem::text_of;

/// The protocols offered in the handshake, the preferred one first (RFC 7301, RFC 9113 §3.2).
const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// Reads the certificates of the option `caBundle`.
pub(crate) fn ca_bundle(text: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates = pem::certificates("caBundle", text)?;
    if certificates.is_empty() {
        return Err(Error::invalid("caBundle holds no certificate in PEM form"));
    }
    Ok(certificates)
}

/// The certificates of the file that `NODE_EXTRA_CA_CERTS` names. A file without any is none of our business; a
/// certificate that cannot be used is an error here too, for whoever named it counts on it.
pub(crate) fn extra_ca(text: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    pem::certificates("NODE_EXTRA_CA_CERTS", text)
}

/// What one client's settings are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    /// Trusted besides Mozilla's and the system's.
    pub(crate) own: Vec<CertificateDer<'static>>,
    /// The chain of this client and its key.
    pub(crate) identity: Option<Arc<CertifiedKey>>,
}

/// Settings for a client: TLS 1.2 and 1.3, no 0-RTT (a replayed request would dial twice), no key log.
///
/// Reads the system's certificates from disk, which takes tens of milliseconds: not for the JavaScript thread.
/// Roots are Mozilla's, the system's as far as they can be read, and its own.
pub(crate) fn client_config(trust: Trust, http1_only: bool) -> Result<ClientConfig, rustls::Error> {
    let Trust { own, identity } = trust;
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    // Unreadable system certificates only make the set smaller.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    // Each was read before.
    roots.add_parsable_certificates(own.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let web_pki =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
    let verifier = Arc::new(pinned::Verifier {
        web_pki,
        named: own,
    });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(identity) => {
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity)))
        }
        None => builder.with_no_client_auth(),
    };
    config.client_auth_cert_resolver = Arc::new(introduction::Introduction {
        to_server: config.client_auth_cert_resolver,
    });
    // A client with ready-made settings does not add these itself.
    config.alpn_protocols = if http1_only {
        vec![HTTP_1.to_vec()]
    } else {
        vec![HTTP_2.to_vec(), HTTP_1.to_vec()]
    };
    Ok(config)
}

/// The same trust for a proxy that is spoken to by TLS itself, which is not told who this client is. Tunnels are opened by
/// HTTP/1.1.
pub(crate) fn for_proxies(config: &ClientConfig) -> ClientConfig {
    let mut config = config.clone();
    config.alpn_protocols = vec![HTTP_1.to_vec()];
    config.client_auth_cert_resolver = Arc::new(introduction::Nobody);
    // Tickets belong to the identity under which they were given.
    config.resumption = Resumption::default();
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
    fn whatever_is_done_to_a_bundle_no_certificate_is_lost() {
        let (one, two) = (authority(), authority());
        let indented = |text: &str| text.replace('\n', "\n   ");
        for bundle in [
            format!("\u{feff}{one}{two}"),
            format!("   {}\n\t{}", indented(&one), indented(&two)),
            format!("{}{}", one.trim_end(), two.trim_end()),
            format!("{one}{two}").replace('\n', "\r\n"),
            format!("{one}{two}").replace('\n', "\r"),
            format!("{one}{two}").replace("CERTIFICATE", "X509 CERTIFICATE"),
            format!("subject=/CN=a\n{one}# the other - see BEGINNING\n{two}the end"),
            one.lines()
                .chain(two.lines())
                .filter(|line| !line.is_empty())
                .collect::<Vec<_>>()
                .join(" \n\n"),
            format!(
                "{one}{}{two}",
                rcgen::KeyPair::generate().expect("key").serialize_pem()
            ),
            one.replace('\n', "") + &two.replace('\n', ""),
        ] {
            assert_eq!(ca_bundle(&bundle).expect(&bundle).len(), 2, "{bundle}");
            assert_eq!(extra_ca(&bundle).expect("valid").len(), 2);
        }
        let wide: Vec<u8> = [0xfeff]
            .into_iter()
            .chain(one.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(extra_ca(&text_of(&wide)).expect("valid").len(), 1);
        let latin = [b"# Autorit\xe9\n", one.as_bytes()].concat();
        assert_eq!(extra_ca(&text_of(&latin)).expect("valid").len(), 1);
        assert_eq!(extra_ca("nothing").expect("none").len(), 0);
    }

    #[test]
    fn a_certificate_that_cannot_be_used_has_a_place() {
        let one = authority();
        let of = |second: &str| {
            let bundle = format!("{one}{second}");
            let error = extra_ca(&bundle).expect_err(second);
            assert_eq!(
                error.message.replace("NODE_EXTRA_CA_CERTS", "caBundle"),
                ca_bundle(&bundle).expect_err(second).message
            );
            error.message.into_owned()
        };
        let line = one.matches('\n').count() + 1;
        let place = format!(
            "NODE_EXTRA_CA_CERTS has a certificate that cannot be used, number 2 at line {line}: "
        );
        let body = one.lines().nth(1).expect("base64");
        for (second, why) in [
            (one.replace(body, "%%%"), "base64"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".to_owned(),
                "X.509",
            ),
            (one.replace("-----END CERTIFICATE-----", ""), "no end"),
            (
                format!("-----BEGIN CERTIFICATE-----\n{body}\n{one}"),
                "no end",
            ),
            (one.replace("-----BEGIN", "----BEGIN"), "mark"),
            (
                one.replace("BEGIN CERTIFICATE", "begin certificate"),
                "mark",
            ),
            ("-----BEGIN CERTIFICATE".to_owned(), "incomplete"),
            (
                one.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
                "openssl x509",
            ),
        ] {
            let message = of(&second);
            assert!(
                message.starts_with(&place) && message.contains(why),
                "{message}"
            );
        }
    }

    #[test]
    fn a_client_certificate_has_its_own_key() {
        let signed = |_| {
            rcgen::generate_simple_self_signed(vec!["client.test".to_owned()]).expect("certificate")
        };
        let (one, other) = (signed(1), signed(2));
        let of = |cert: String, key: String| {
            ClientCertificate {
                cert,
                key: cxone_dtmf_options::Secret::new(key),
            }
            .read()
        };
        let key = one.signing_key.serialize_pem();
        assert!(of(one.cert.pem(), key.clone()).is_ok());
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        for (cert, key, why) in [
            (
                one.cert.pem(),
                other.signing_key.serialize_pem(),
                "clientCertificate.key does not belong",
            ),
            (
                one.cert.pem(),
                encrypted,
                "clientCertificate.key is encrypted",
            ),
            (
                one.cert.pem(),
                one.cert.pem(),
                "clientCertificate.key holds no",
            ),
            (key.clone(), key, "clientCertificate.cert holds no"),
        ] {
            let error = of(cert, key).expect_err(why);
            assert!(error.message.starts_with(why), "{error}");
        }
    }

    #[test]
    fn a_proxy_is_not_told_who_this_client_is() {
        let signed = rcgen::generate_simple_self_signed(vec!["client.test".to_owned()])
            .expect("certificate");
        let certificate = ClientCertificate {
            cert: signed.cert.pem(),
            key: cxone_dtmf_options::Secret::new(signed.signing_key.serialize_pem()),
        };
        let trust = Trust {
            own: Vec::new(),
            identity: Some(certificate.read().expect("valid")),
        };
        let config = client_config(trust, false).expect("config");
        assert!(config.client_auth_cert_resolver.has_certs());
        let to_proxy = for_proxies(&config).client_auth_cert_resolver;
        assert!(!to_proxy.has_certs() && to_proxy.resolve(&[], &[]).is_none());
    }

    #[test]
    fn no_early_data_and_the_protocols_that_were_asked_for() {
        let config = client_config(Trust::default(), false).expect("config");
        assert!(!config.enable_early_data);
        assert_eq!(config.alpn_protocols, [HTTP_2.to_vec(), HTTP_1.to_vec()]);
        let config = client_config(Trust::default(), true).expect("config");
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
        let lock = include_str!("../../../../Cargo.lock");
        let locked = |name: &&str| lock.contains(&format!("\nname = \"{name}\"\n"));
        let found: Vec<_> = providers.into_iter().filter(locked).collect();
        assert_eq!(found, ["ring"]);
    }
}
