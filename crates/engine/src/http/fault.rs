//! What a failed exchange was, told by the types of its causes and never by their texts.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy as client;
use rustls::{AlertDescription, CertificateError};

use super::connector::{ConnectTimedOut, LookupFailed};
use super::message::FaultKind;
use super::tunnel::TunnelRefused;
use crate::error::Untrusted;

/// How one exchange failed that brought no status line.
pub(super) struct Failure {
    /// Its name.
    pub(super) kind: FaultKind,
    /// Whether the request may have had a connection.
    pub(super) connected: bool,
}

/// Reads the error of a client. `tls` says that the address is https, `unjudged` that the server may still have been
/// looking at who this client is.
///
/// Without a connection the request was not written. With one, a server that shuts this client out and the two ways in
/// which HTTP/2 declines a request are told apart from a lost connection.
pub(super) fn read(error: &(dyn StdError + 'static), tls: bool, unjudged: bool) -> Failure {
    let unconnected = |kind| Failure {
        kind,
        connected: false,
    };
    if find(error).is_some_and(client::Error::is_connect) {
        return unconnected(connecting(error, tls));
    }
    let refused = causes(error).any(|cause| cause.downcast_ref().is_some_and(is_refusal));
    // At any other time the same alert says nothing of the request, which may have been read whole before.
    let shut_out = match find(error) {
        Some(rustls::Error::AlertReceived(alert)) if unjudged => complaint(*alert),
        _ => None,
    };
    Failure {
        kind: match shut_out {
            Some(why @ Untrusted::ClientUnknown) => FaultKind::Certificate(why),
            _ if refused => FaultKind::StreamRefused,
            _ => FaultKind::ConnectionLost,
        },
        connected: true,
    }
}

fn connecting(error: &(dyn StdError + 'static), tls: bool) -> FaultKind {
    if has_cause::<LookupFailed>(error) {
        return FaultKind::NameLookup;
    }
    if let Some(TunnelRefused { status }) = find(error) {
        return FaultKind::Proxy(*status);
    }
    if let Some(error) = find(error) {
        return handshake(error);
    }
    // The time-out spans name lookup, TCP, proxy and TLS: which of them was slow cannot be told by type.
    if has_cause::<ConnectTimedOut>(error) {
        return FaultKind::ConnectTimeout;
    }
    let io = causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        // A wrapper around another error says nothing itself.
        .find(|error| error.get_ref().is_none() || error.kind() != io::ErrorKind::Other);
    match io.map(io::Error::kind) {
        Some(
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe,
        ) if tls => FaultKind::TlsHandshake,
        Some(io::ErrorKind::TimedOut) => FaultKind::ConnectTimeout,
        _ => FaultKind::ConnectionRefused,
    }
}

fn has_cause<E: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    find::<E>(error).is_some()
}

/// The first of this type among the causes.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    causes(error).find_map(<dyn StdError>::downcast_ref)
}

/// Tells what will stay as it is from what may pass.
fn handshake(error: &rustls::Error) -> FaultKind {
    use rustls::Error as Tls;
    let why = match error {
        Tls::InvalidCertificate(why) => certificate(why),
        Tls::InvalidCertRevocationList(_) => Untrusted::Invalid,
        Tls::NoCertificatesPresented
        | Tls::UnsupportedNameType
        | Tls::PeerIncompatible(_)
        | Tls::NoApplicationProtocol => Untrusted::NothingInCommon,
        Tls::AlertReceived(alert) => match complaint(*alert) {
            Some(why) => why,
            None => return FaultKind::TlsHandshake,
        },
        _ => return FaultKind::TlsHandshake,
    };
    FaultKind::Certificate(why)
}

fn certificate(error: &CertificateError) -> Untrusted {
    use CertificateError as Bad;
    match error {
        Bad::Expired | Bad::ExpiredContext { .. } => Untrusted::Expired,
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => Untrusted::NotYetValid,
        Bad::NotValidForNameContext { presented, .. } if presented.is_empty() => Untrusted::NoName,
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Untrusted::WrongName,
        // Of the last, that a server presents the certificate of an authority, is by far the most frequent.
        Bad::UnknownIssuer | Bad::Other(_) => Untrusted::UnknownIssuer,
        Bad::BadSignature => Untrusted::BadSignature,
        Bad::InvalidPurpose | Bad::InvalidPurposeContext { .. } => Untrusted::WrongUse,
        Bad::UnsupportedSignatureAlgorithmContext { .. }
        | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Untrusted::Unsupported,
        _ => Untrusted::Invalid,
    }
}

/// The complaints that the other side makes of this one (RFC 8446 §6.2).
fn complaint(alert: AlertDescription) -> Option<Untrusted> {
    match alert {
        AlertDescription::ProtocolVersion
        | AlertDescription::HandshakeFailure
        | AlertDescription::InsufficientSecurity
        | AlertDescription::NoApplicationProtocol => Some(Untrusted::NothingInCommon),
        AlertDescription::UnrecognisedName => Some(Untrusted::WrongName),
        AlertDescription::CertificateRequired
        | AlertDescription::NoCertificate
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => Some(Untrusted::ClientUnknown),
        _ => None,
    }
}

/// Whether the other side said that it did not process the request (RFC 9113 §8.7).
///
/// h2 gives the error of a received `GOAWAY` only to streams above its last stream id; a stream at or below it
/// goes on, and fails with an I/O error when the connection ends.
fn is_refusal(error: &h2::Error) -> bool {
    error.is_remote()
        && (error.is_go_away()
            || (error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM)))
}

/// The error and everything under it. The inner error of an `io::Error` is not its `source`, so it is asked for.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map(|inner| inner as &(dyn StdError + 'static));
        inner.or_else(|| error.source())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_reach_into_wrapped_io_errors() {
        let tls = rustls::Error::NoApplicationProtocol;
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, tls));
        let found: Option<&rustls::Error> = find(&wrapped);
        assert!(matches!(found, Some(rustls::Error::NoApplicationProtocol)));
    }

    #[test]
    fn passing_trouble_and_final_refusals_of_a_handshake() {
        use rustls::{Error as Tls, InvalidMessage, PeerIncompatible};
        let of = FaultKind::Certificate;
        let unsupported = CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id: Vec::new(),
            supported_algorithms: Vec::new(),
        };
        let ciphers = PeerIncompatible::NoCipherSuitesInCommon;
        #[rustfmt::skip]
        let cases = [
            (Tls::InvalidCertificate(CertificateError::Expired), of(Untrusted::Expired)),
            (Tls::InvalidCertificate(CertificateError::NotValidYet), of(Untrusted::NotYetValid)),
            (Tls::InvalidCertificate(CertificateError::NotValidForName), of(Untrusted::WrongName)),
            (Tls::InvalidCertificate(CertificateError::UnknownIssuer), of(Untrusted::UnknownIssuer)),
            (Tls::InvalidCertificate(CertificateError::InvalidPurpose), of(Untrusted::WrongUse)),
            (Tls::InvalidCertificate(CertificateError::BadEncoding), of(Untrusted::Invalid)),
            (Tls::InvalidCertificate(unsupported), of(Untrusted::Unsupported)),
            (Tls::PeerIncompatible(ciphers), of(Untrusted::NothingInCommon)),
            (Tls::AlertReceived(AlertDescription::ProtocolVersion), of(Untrusted::NothingInCommon)),
            (Tls::AlertReceived(AlertDescription::HandshakeFailure), of(Untrusted::NothingInCommon)),
            (Tls::AlertReceived(AlertDescription::CertificateRequired), of(Untrusted::ClientUnknown)),
            (Tls::AlertReceived(AlertDescription::UnknownCA), of(Untrusted::ClientUnknown)),
            (Tls::AlertReceived(AlertDescription::InternalError), FaultKind::TlsHandshake),
            (Tls::InvalidMessage(InvalidMessage::InvalidContentType), FaultKind::TlsHandshake),
            (Tls::DecryptError, FaultKind::TlsHandshake),
        ];
        for (error, expected) in cases {
            assert_eq!(handshake(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn a_reason_without_a_received_frame_is_no_refusal() {
        assert!(!is_refusal(&h2::Error::from(h2::Reason::REFUSED_STREAM)));
    }
}
