//! Which client a request is sent with: the one that keeps connections, or the one that keeps none.

use std::error::Error as StdError;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use rustls::ClientConfig;

use super::message::Fault;
use super::network::Network;
use super::tap::Ride;
use super::witness::WitnessedBody;
use crate::sleep::Clocks;

/// An HTTP client as the transports need it. A clone shares the connections.
pub(super) trait Client: Clone + Send + Sync + 'static {
    /// The body of an answer.
    type Body: Body<Data = Bytes, Error: Send> + Send + Unpin;
    /// No answer.
    type Error: StdError + Send + 'static;

    /// Makes one, in well under a millisecond. With `max_idle` 0 it keeps no connection, so there is never one to take.
    fn build(network: &Network, tls: &Arc<ClientConfig>, max_idle: usize) -> Result<Self, Fault>;

    /// Follows a request to the connection that it gets, where that can be done.
    fn follow(_request: &mut Request<WitnessedBody>) -> Option<Ride> {
        None
    }

    /// Sends once.
    fn send(
        &self,
        request: Request<WitnessedBody>,
    ) -> impl Future<Output = Result<Response<Self::Body>, Self::Error>> + Send;
}

/// The clients of one transport.
pub(super) struct Clients<C> {
    keeping: Mutex<Option<(C, Clocks)>>,
    fresh: Mutex<Option<C>>,
}

impl<C> Default for Clients<C> {
    fn default() -> Self {
        Self {
            keeping: Mutex::default(),
            fresh: Mutex::default(),
        }
    }
}

impl<C: Client> Clients<C> {
    /// The client for the next request.
    pub(super) async fn client(&self, network: &Network, fresh: bool) -> Result<C, Fault> {
        let tls = network.tls().await?;
        if fresh {
            self.fresh(network, tls)
        } else {
            self.keeping(network, tls)
        }
    }

    /// Made anew when the machine slept since the last request: its connections may be dead.
    fn keeping(&self, network: &Network, tls: &Arc<ClientConfig>) -> Result<C, Fault> {
        let now = network.clocks();
        let mut slot = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((client, last_used)) = slot.as_mut()
            && !now.parted_since(*last_used)
        {
            *last_used = now;
            return Ok(client.clone());
        }
        let client = C::build(network, tls, network.options.max_idle_per_host)?;
        *slot = Some((client.clone(), now));
        Ok(client)
    }

    fn fresh(&self, network: &Network, tls: &Arc<ClientConfig>) -> Result<C, Fault> {
        let mut slot = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = slot.as_ref() {
            return Ok(client.clone());
        }
        let client = C::build(network, tls, 0)?;
        *slot = Some(client.clone());
        Ok(client)
    }
}
