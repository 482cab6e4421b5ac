//! HTTP: one seam, [`Transport`], and one client behind it, on `hyper-util`.
//!
//! [`DigitsTransport`] sends digits: the hot path, which must know whether its body was pulled.
//! [`ControlTransport`] sends everything else over connections of its own: tokens, discovery, masks and events.
//! Every connection of both takes turns with the other work of the engine (`paced`).
//!
//! What they share is written once: the settings, the trusted roots, the proxy decision (`network`), when a client
//! is made anew (`clients`), the course of an exchange (`exchange`) and the names of faults (`fault`).

use http::HeaderValue;

mod answer;
mod clients;
mod coding;
mod connector;
mod control;
mod digits;
mod exchange;
mod fault;
mod gate;
mod head;
mod keep_alive;
mod limits;
mod message;
mod network;
mod no_proxy;
mod options;
mod paced;
mod proxy;
mod proxy_variables;
mod sentences;
mod tap;
mod transport;
mod tunnel;
mod via;
mod witness;

pub use control::ControlTransport;
pub use digits::DigitsTransport;
pub use message::{Answer, AnswerBody, Fault, FaultKind, MAX_ANSWER_BYTES, Request};
pub use options::{ConnectionOptions, HttpOptions};
pub use proxy::{ProxyChoice, ProxyUse};
pub use proxy_variables::ProxyVariables;
pub use sentences::{Peer, sentence};
pub use transport::Transport;
pub use witness::{Witness, WitnessedBody};

/// The value of `Accept-Encoding`: no coding. Answers are short, and a compressed one costs both sides more than it saves.
pub(crate) const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Names this version of the package to the platform.
pub(crate) const OWN_USER_AGENT: &str = concat!("cxone-dtmf/", env!("CARGO_PKG_VERSION"));
