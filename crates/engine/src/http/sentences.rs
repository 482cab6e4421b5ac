//! What an error says of a fault: one row for each, in the words of what was to be reached.

use std::borrow::Cow;

use super::message::FaultKind;

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
    if let FaultKind::Proxy(Some(status)) = fault {
        return refused_by_proxy(status, peer).into();
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
        FaultKind::Certificate => (
            "the platform's certificate or TLS version is not acceptable: check apiUrl, or pass the root of a private authority as caBundle",
            "Cannot reach the token endpoint: its certificate or protocol is not acceptable; check caBundle",
        ),
        FaultKind::Proxy(_) => (
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
