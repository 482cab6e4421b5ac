//! Who this client is, for servers that ask.

use cxone_dtmf_options::{Fields, OptionError, Secret, options, secret, text};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::pem;
use crate::error::Error;

options! {
    /// A certificate of this client with its key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ClientCertificate {
        /// The text of the certificate in PEM form, with those of its issuers below it where the server has not all of them.
        pub cert: String = String::new() => text("cert").required();
        /// The text of its private key in PEM form, not encrypted. It is kept in memory that is wiped, and printed nowhere.
        pub key: Secret = Secret::new(String::new()) => secret("key").required();
    }
}

impl ClientCertificate {
    /// Reads the object of options.
    pub(crate) fn section(fields: &mut Fields) -> Result<Self, OptionError> {
        let unsaid = Self {
            cert: String::new(),
            key: Secret::new(String::new()),
        };
        unsaid.over(fields)
    }

    /// Checks that the two texts belong together.
    pub(crate) fn check(&self) -> Result<(), OptionError> {
        self.read().map(|_| ()).map_err(OptionError::from)
    }

    /// Both parts, which belong together.
    pub(crate) fn read(
        &self,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
        let chain = pem::certificates("clientCertificate.cert", &self.cert)?;
        if chain.is_empty() {
            return Err(Error::invalid(
                "clientCertificate.cert holds no certificate in PEM form",
            ));
        }
        let key = pem::private_key("clientCertificate.key", self.key.expose())?;
        let provider = rustls::crypto::ring::default_provider();
        let signing = provider.key_provider.load_private_key(key.clone_key());
        let signing = signing.map_err(|_| {
            Error::invalid("clientCertificate.key is of a kind that is not supported: RSA, P-256, P-384 and Ed25519 are")
        })?;
        match CertifiedKey::new(chain.clone(), signing).keys_match() {
            Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
                Err(Error::invalid(
                    "clientCertificate.key does not belong to clientCertificate.cert, whose first certificate must be the client's",
                ))
            }
            _ => Ok((chain, key)),
        }
    }
}
