//! What is asked of a transport, and what it says: facts, never texts.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};

use super::witness::Witness;
use crate::error::Untrusted;

/// Answers longer than this are not read further.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// One request. `Debug` shows neither headers nor body nor path.
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The whole address, already checked.
    pub uri: Uri,
    /// All headers; secrets among them are marked sensitive.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Set when the connection takes the body.
    pub witness: Witness,
    /// The bound on the whole exchange, the answer's body included.
    pub timeout: Duration,
    /// Whether the request must travel on a connection of its own, which is closed after it.
    pub fresh_connection: bool,
    /// How many bytes of the answer's body are read at most, before and after its codings are undone.
    pub most_answer_bytes: usize,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("timeout", &self.timeout)
            .field("fresh_connection", &self.fresh_connection)
            .finish_non_exhaustive()
    }
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerBody {
    /// Read to its end.
    Whole(Bytes),
    /// The connection ended or the time ran out before its end.
    Cut,
    /// Longer than [`Request::most_answer_bytes`], where it is coded as it is or decoded.
    TooLarge,
    /// Under a content coding of this name that is not known here, or that the body does not keep to.
    Coded(&'static str),
}

/// The platform answered with a status line.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, as far as it could be read.
    pub body: AnswerBody,
}

/// What went wrong before a status line was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The host name could not be looked up.
    NameLookup,
    /// Nothing accepts connections there, or the network has no way to it.
    ConnectionRefused,
    /// No connection within the connect time-out.
    ConnectTimeout,
    /// The TLS handshake broke off.
    TlsHandshake,
    /// The two sides do not accept one another, and will not.
    Certificate(Untrusted),
    /// A proxy opened no tunnel: the status it answered, or none where it hung up or was not understood.
    Proxy(Option<u16>),
    /// The other side said that it did not process the request (HTTP/2 `REFUSED_STREAM`, `GOAWAY`).
    StreamRefused,
    /// No answer within the time of the attempt.
    TimedOut,
    /// The connection ended before a status line.
    ConnectionLost,
    /// The client could not be set up or the request not be built.
    Setup,
}

impl FaultKind {
    /// The cause that errors of this fault have.
    #[must_use]
    pub const fn cause(self) -> Option<Untrusted> {
        match self {
            Self::Certificate(why) => Some(why),
            _ => None,
        }
    }
}

/// No answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What happened.
    pub kind: FaultKind,
}
