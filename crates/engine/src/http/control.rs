//! The transport of everything that is not digits: tokens, discovery, masks and events.

use std::fmt;
use std::sync::Arc;

use http::Uri;

use super::clients::Clients;
use super::digits::{DigitsTransport, Hyper};
use super::exchange::exchange;
use super::message::{Answer, Fault, Request};
use super::proxy::ProxyUse;
use super::transport::Transport;
use crate::BoxFuture;

/// Carries requests with the settings and the roots of a digits' transport, over connections of its own: what
/// [`DigitsTransport`] says of sending, of the witness and of connections holds here as well.
pub struct ControlTransport {
    digits: Arc<DigitsTransport>,
    clients: Clients<Hyper>,
}

impl ControlTransport {
    /// The one that shares the settings of this transport.
    #[must_use]
    pub fn beside(digits: Arc<DigitsTransport>) -> Self {
        Self {
            digits,
            clients: Clients::default(),
        }
    }
}

impl Transport for ControlTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(exchange(&self.digits.network, &self.clients, request))
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        self.digits.ready()
    }

    fn proxy_use(&self, uri: &Uri) -> ProxyUse {
        self.digits.proxy_use(uri)
    }
}

impl fmt::Debug for ControlTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlTransport")
            .field("digits", &self.digits)
            .finish_non_exhaustive()
    }
}
