//! What an error says of a fault: one row for each, in the words of what was to be reached.

use std::borrow::Cow;

use super::message::FaultKind;
use crate::error::Untrusted;

/// What a request was to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The API, with digits, or with a request for a recording or for events.
    Platform,
    /// The endpoint that grants tokens.
    TokenEndpoint,
}

/// Why there was no answer, and what to do. Of the platform it is said before the request was handed over; a request
/// for a token does no harm when it is carried out unheard.
#[must_use]
pub fn sentence(fault: FaultKind, peer: Peer) -> Cow<'static, str> {
    match fault {
        FaultKind::Proxy(Some(status)) => return refused_by_proxy(status, peer).into(),
        FaultKind::Certificate(why) => return not_trusted(why, peer).into(),
        _ => {}
    }
    let (platform, token_endpoint) = match fault {
        FaultKind::NameLookup => (
            "the host name of the platform could not be looked up: check apiUrl and the name service",
            "Cannot reach the token endpoint: its host name could not be looked up; check authUrl and the DNS",
        ),
        FaultKind::ConnectionRefused => (
            "nobody accepts connections at apiUrl: check host, port and network",
            "Cannot reach the token endpoint: nobody accepts connections there; check authUrl and the network",
        ),
        FaultKind::ConnectTimeout => (
            "no connection within connectTimeoutMs: check host, port and firewalls",
            "Cannot reach the token endpoint: no connection within the connect time-out; check the network",
        ),
        FaultKind::TlsHandshake => (
            "the TLS handshake with the platform broke off",
            "Cannot reach the token endpoint: the TLS handshake broke off; try again",
        ),
        FaultKind::Certificate(_) | FaultKind::Proxy(_) => (
            "the proxy opened no tunnel to the platform and said no status: check that proxy is the address of an HTTP proxy",
            "Cannot reach the token endpoint: the proxy opened no tunnel and said no status; check that proxy is the address of an HTTP proxy",
        ),
        FaultKind::Setup => (
            "the HTTP client could not be set up",
            "Cannot reach the token endpoint: the request could not be set up; check authUrl, proxy and caBundle",
        ),
        FaultKind::TimedOut => (
            "no connection took the request in time",
            "OAuth authentication failed: no answer of the token endpoint within the time-out; try again",
        ),
        FaultKind::ConnectionLost => (
            "the connection ended before it took the request",
            "OAuth authentication failed: the connection to the token endpoint was lost; try again",
        ),
        FaultKind::StreamRefused => (
            "the platform refused to process the request",
            "OAuth authentication failed: the token endpoint did not take the request; try again",
        ),
    };
    match peer {
        Peer::Platform => platform.into(),
        Peer::TokenEndpoint => token_endpoint.into(),
    }
}

fn refused_by_proxy(status: u16, peer: Peer) -> String {
    let beginning = match peer {
        Peer::Platform => "the proxy opened no tunnel to the platform",
        Peer::TokenEndpoint => "Cannot reach the token endpoint: the proxy opened no tunnel",
    };
    let advice = match status {
        407 => {
            "it wants another user name and password: write them into the address of the proxy, percent-encoded"
        }
        401 | 403 | 405 => "its rules forbid this host or port: have them allowed there",
        500..=599 => "it may not reach the host itself: try again, and check the proxy",
        _ => "check the proxy and its rules",
    };
    format!("{beginning} ({status}): {advice}")
}

fn not_trusted(why: Untrusted, peer: Peer) -> String {
    let (beginning, address) = match (why, peer) {
        (Untrusted::NothingInCommon | Untrusted::ClientUnknown, Peer::Platform) => {
            ("no TLS with the platform", "apiUrl")
        }
        (Untrusted::NothingInCommon | Untrusted::ClientUnknown, Peer::TokenEndpoint) => {
            ("Cannot reach the token endpoint: no TLS with it", "authUrl")
        }
        (_, Peer::Platform) => ("the platform's certificate is not acceptable", "apiUrl"),
        (_, Peer::TokenEndpoint) => (
            "Cannot reach the token endpoint: its certificate is not acceptable",
            "authUrl",
        ),
    };
    let what = match why {
        Untrusted::Expired => {
            "it has expired: it must be renewed there, unless the clock of this machine is wrong"
        }
        Untrusted::NotYetValid => "its time has not begun: check the clock of this machine",
        Untrusted::WrongName => {
            return format!(
                "{beginning}: it is for another host: check the host name in {address}"
            );
        }
        Untrusted::NoName => {
            "it names no host in subjectAltName, and a common name does not count: it must be made anew, with openssl by -addext subjectAltName=DNS:<host>"
        }
        Untrusted::UnknownIssuer => {
            "no authority that is trusted here signed it: pass the root of a private authority, or the server's own certificate, as caBundle"
        }
        Untrusted::BadSignature => {
            "its signature does not fit the authority that is trusted under that name: pass the newest certificate of that authority as caBundle; an RSA key of less than 2048 bits is not supported"
        }
        Untrusted::WrongUse => {
            "it is not for servers (extendedKeyUsage): the server needs another one, for serverAuth"
        }
        Untrusted::Unsupported => {
            "it, or that of its authority, has a key or a signature that is not supported, such as one on P-521: the server needs one with RSA, P-256, P-384 or Ed25519"
        }
        Untrusted::Invalid => "it breaks a rule of X.509: it must be made anew",
        Untrusted::NothingInCommon => {
            "the server and this client have no version of TLS, cipher or kind of certificate in common: the server needs TLS 1.2 or 1.3, and a certificate with RSA, P-256, P-384 or Ed25519 (P-521 is not supported)"
        }
        Untrusted::ClientUnknown => {
            "the server wants a certificate of this client, or another one: pass clientCertificate"
        }
    };
    format!("{beginning}: {what}")
}
