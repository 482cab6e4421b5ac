//! The certificate of a server on loopback.

use std::sync::Arc;

use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::{self, ServerConfig};

/// A certificate for `localhost`, and its text for `ca_bundle`.
pub struct Identity {
    signed: rcgen::CertifiedKey<rcgen::KeyPair>,
}

impl Identity {
    pub fn new(name: &str) -> Self {
        let signed = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        Self { signed }
    }

    /// Signed by itself, as `change` wants it.
    pub fn of(name: &str, change: impl FnOnce(&mut rcgen::CertificateParams)) -> Self {
        let signing_key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let cert = params.self_signed(&signing_key).unwrap();
        Self {
            signed: rcgen::CertifiedKey { cert, signing_key },
        }
    }

    pub fn key(&self) -> String {
        self.signed.signing_key.serialize_pem()
    }

    pub fn pem(&self) -> String {
        self.signed.cert.pem()
    }

    pub fn root(&self) -> rustls::pki_types::CertificateDer<'static> {
        self.signed.cert.der().clone()
    }

    pub fn config(&self, alpn: &[&str]) -> ServerConfig {
        self.config_with(
            alpn,
            rustls::ConfigBuilder::<ServerConfig, _>::with_no_client_auth,
        )
    }

    pub fn config_with(
        &self,
        alpn: &[&str],
        client_auth: impl FnOnce(
            rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>,
        )
            -> rustls::ConfigBuilder<ServerConfig, rustls::server::WantsServerCert>,
    ) -> ServerConfig {
        self.config_of(rustls::DEFAULT_VERSIONS, alpn, client_auth)
    }

    pub fn config_of(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
        alpn: &[&str],
        client_auth: impl FnOnce(
            rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>,
        )
            -> rustls::ConfigBuilder<ServerConfig, rustls::server::WantsServerCert>,
    ) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap();
        let key = PrivatePkcs8KeyDer::from(self.signed.signing_key.serialize_der());
        let mut config = client_auth(builder)
            .with_single_cert(vec![self.root()], key.into())
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}
