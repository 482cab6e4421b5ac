//! Why the store did not answer as it should. No error repeats what a server said beyond its code, nor a URL.

use std::fmt;

use redis::{ErrorKind, RedisError};

/// Why a script has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// There is no connection.
    Unreachable,
    /// The TLS handshake failed.
    Tls,
    /// No answer within `fleet.timeoutMs`. The command may have been carried out, or may be later.
    TimedOut,
    /// The connection ended before the answer. The command may have been carried out.
    Lost,
    /// User or password are wrong, or missing.
    Login,
    /// The server does not speak RESP3.
    TooOld,
    /// The server answered with this error code.
    Refused(String),
    /// The server may have lost leases that still last.
    LeasesUncertain,
    /// The reply is none of those that the script gives.
    Unreadable,
    /// The keys are at another node of a cluster (`MOVED` or `ASK`).
    Redirected {
        /// Host and port, as the server names them.
        address: String,
        /// `ASK`: for this one command only.
        ask: bool,
    },
}

impl StoreError {
    /// Whether the connection is of no use any more.
    pub(super) fn ends_connection(&self) -> bool {
        match self {
            Self::Lost => true,
            // A master that became a replica: the address may lead to the new master now.
            Self::Refused(code) => matches!(code.as_str(), "READONLY" | "MASTERDOWN" | "LOADING"),
            _ => false,
        }
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        if let Some((address, _)) = error.redirect_node() {
            return Self::Redirected {
                address: address.to_owned(),
                ask: error.code() == Some("ASK"),
            };
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        match error.kind() {
            ErrorKind::AuthenticationFailed => Self::Login,
            ErrorKind::RESP3NotSupported => Self::TooOld,
            ErrorKind::Io => Self::Lost,
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::Unreadable,
            _ => match error.code() {
                Some("NOAUTH" | "WRONGPASS") => Self::Login,
                Some(code) => Self::Refused(
                    code.chars()
                        .filter(char::is_ascii_alphanumeric)
                        .take(32)
                        .collect(),
                ),
                None => Self::Lost,
            },
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Unreachable => "there is no connection: check fleet.url, network and server",
            Self::Tls => {
                "the TLS handshake failed: check the certificate, or pass the root of a private authority as fleet.caBundle"
            }
            Self::TimedOut => {
                "no answer within fleet.timeoutMs: check network and load of the server"
            }
            Self::Lost => "the connection was lost",
            Self::Login => "user or password are refused: check those in fleet.url",
            Self::TooOld => "the server is too old: Redis 6 or Valkey is needed",
            Self::LeasesUncertain => "it may have forgotten who presses digits",
            Self::Unreadable => {
                "the answer is not understood: all processes of a fleet must run the same version"
            }
            Self::Redirected { .. } => {
                "the server is a node of a cluster: pass fleet.url as an array"
            }
            Self::Refused(code) => {
                let advice = match code.as_str() {
                    "NOPERM" => "the user may not run a command that is needed: see docs/fleet.md",
                    "OOM" => "the server is out of memory",
                    "READONLY" => "it is a replica: point fleet.url at the master",
                    _ => "see its log",
                };
                return write!(f, "the server answered {code}: {advice}");
            }
        };
        f.write_str(text)
    }
}

impl std::error::Error for StoreError {}
