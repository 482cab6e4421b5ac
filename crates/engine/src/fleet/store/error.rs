//! Why the store did not answer as it should. No error repeats what a server said beyond its code, nor a URL.

use std::fmt;

use redis::{ErrorKind, RedisError};

use super::refusal::{Refusal, Right};
use crate::fleet::script::Script;

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
    /// The server does not speak RESP3.
    TooOld,
    /// The server answered with an error.
    Refused(Refusal),
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
    /// An error of the server with this code.
    pub(super) fn refused(code: &str) -> Self {
        Self::Refused(Refusal::of(code))
    }

    /// Whether the server answered with this code.
    pub(super) fn is(&self, code: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == code)
    }

    /// Whether the connection is of no use any more.
    pub(super) fn ends_connection(&self) -> bool {
        match self {
            Self::Lost => true,
            Self::Refused(refusal) => refusal.ends_connection(),
            _ => false,
        }
    }

    /// Whether the server is reached and on its way to a state in which it answers: worth waiting for as long as the
    /// caller waits.
    pub(in crate::fleet) fn settles(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.settles())
    }

    /// The same, with the commands of the script that the user may not run.
    pub(super) fn in_script(self, script: &Script) -> Self {
        match self {
            Self::Refused(Refusal {
                code,
                missing: Some(Right::Line(line)),
            }) => Self::Refused(Refusal {
                code,
                missing: Some(Right::Commands(script.commands_in(line))),
            }),
            other => other,
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
        match (error.kind(), error.code()) {
            (ErrorKind::RESP3NotSupported, _) => Self::TooOld,
            (ErrorKind::Io, _) => Self::Lost,
            (ErrorKind::Parse | ErrorKind::UnexpectedReturnType, _) => Self::Unreadable,
            (_, Some(code)) => {
                Self::Refused(Refusal::read(code, error.detail().unwrap_or_default()))
            }
            (ErrorKind::AuthenticationFailed, None) => Self::refused("WRONGPASS"),
            (_, None) => Self::Lost,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "there is no connection: check fleet.url, network and server",
            Self::Tls => {
                "the TLS handshake failed: check the certificate, or pass the root of a private authority as fleet.caBundle"
            }
            Self::TimedOut => {
                "no answer within fleet.timeoutMs: check network and load of the server"
            }
            Self::Lost => "the connection was lost",
            Self::TooOld => "the server is too old: Redis 6 or Valkey is needed",
            Self::LeasesUncertain => "it may have forgotten who presses digits",
            Self::Unreadable => {
                "the answer is not understood: all processes of a fleet must run the same version"
            }
            Self::Redirected { .. } => {
                "the server is a node of a cluster: pass fleet.url as an array"
            }
            Self::Refused(refusal) => return refusal.fmt(f),
        })
    }
}

impl std::error::Error for StoreError {}
