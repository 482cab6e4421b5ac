//! Why two sides of a connection do not accept one another.

/// Why a TLS handshake cannot succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Untrusted {
    /// The time of the server's certificate is over.
    Expired,
    /// It has not begun.
    NotYetValid,
    /// The certificate is for other hosts.
    WrongName,
    /// The certificate names no host as RFC 9525 §6.3 wants it, in `subjectAltName`.
    NoName,
    /// No trusted authority signed it.
    UnknownIssuer,
    /// Its signature, or one above it, does not fit the key that it should be of.
    BadSignature,
    /// It is not for servers.
    WrongUse,
    /// It is signed by, or made for, an algorithm that is not supported.
    Unsupported,
    /// Anything else is wrong with it.
    Invalid,
    /// No version of TLS, cipher or kind of certificate in common.
    NothingInCommon,
    /// The server wants to know who this client is, and does not accept what it was shown.
    ClientUnknown,
}

impl Untrusted {
    /// The name that Node.js has for it (`tls`, X509 certificate error codes), or one in its manner.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "CERT_HAS_EXPIRED",
            Self::NotYetValid => "CERT_NOT_YET_VALID",
            Self::WrongName | Self::NoName => "ERR_TLS_CERT_ALTNAME_INVALID",
            Self::UnknownIssuer => "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            Self::BadSignature => "CERT_SIGNATURE_FAILURE",
            Self::WrongUse => "INVALID_PURPOSE",
            Self::Unsupported => "ERR_SSL_UNSUPPORTED_ALGORITHM",
            Self::Invalid => "CERT_UNTRUSTED",
            Self::NothingInCommon => "ERR_SSL_HANDSHAKE_FAILURE",
            Self::ClientUnknown => "ERR_SSL_CERTIFICATE_REQUIRED",
        }
    }
}
