//! Who this client is, for servers that ask.

use std::sync::Arc;

use cxone_dtmf_options::{Fields, OptionError, Secret, options, secret, text};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::sign::CertifiedKey;

use super::pem;
use crate::error::Error;

options! {
    /// A certificate of this client with its key, for servers that ask. A proxy that is spoken to by TLS is not shown it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ClientCertificate {
        /// The text of the certificate in PEM form, with those of its issuers below it where the server has not all of them. It is shown to servers that ask, and to no proxy.
        pub cert: String = String::new() => text("cert").required();
        /// The text of its private key in PEM form, not encrypted. Our copies of it are wiped, that of the TLS library is not; it is printed nowhere.
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

    /// Both parts, which belong together, ready to sign.
    pub(crate) fn read(&self) -> Result<Arc<CertifiedKey>, Error> {
        let chain = pem::certificates("clientCertificate.cert", &self.cert)?;
        if chain.is_empty() {
            return Err(Error::invalid(
                "clientCertificate.cert holds no certificate in PEM form",
            ));
        }
        let key = pem::private_key("clientCertificate.key", self.key.expose())?;
        // The provider's own loader takes a copy, which it does not wipe.
        let signing = any_supported_type(&key).map_err(|_| {
            Error::invalid("clientCertificate.key is of a kind that is not supported: RSA, P-256, P-384 and Ed25519 are")
        })?;
        let certified = CertifiedKey::new(chain, signing);
        match certified.keys_match() {
            Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
                Err(Error::invalid(
                    "clientCertificate.key does not belong to clientCertificate.cert, whose first certificate must be the client's",
                ))
            }
            _ => Ok(Arc::new(certified)),
        }
    }
}
