//! The transport of the digits: HTTP/1.1 and HTTP/2 over TCP and TLS, through a proxy where one has a say.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use http::header::HeaderValue;
use http::uri::Scheme;
use http::{Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use super::clients::{Client, Clients};
use super::connector::Connector;
use super::exchange::exchange;
use super::gate::Gates;
use super::limits::{MOST_HEADER_BYTES, MOST_HEADERS};
use super::message::{Answer, Fault, Request};
use super::network::{Network, SETUP};
use super::options::HttpOptions;
use super::proxy::ProxyUse;
use super::proxy_variables::ProxyVariables;
use super::tap::Ride;
use super::transport::Transport;
use super::witness::WitnessedBody;
use crate::BoxFuture;
use crate::clock::WallClock;
use crate::error::Error;

/// Carries requests over the network, on `hyper-util`.
///
/// # What is sent twice: nothing
///
/// The client follows no redirect and repeats no request. One thing it does: a request that was queued on a kept
/// connection is moved to a new one when the kept one turns out to be closed and hands the request back *unstarted*.
/// Such a request was never encoded; its body was not pulled, and the witness is still unset. A request whose
/// writing began is never handed back.
///
/// # When the witness is set
///
/// When the connection pulls the body, which is just before it is written. HTTP/1.1 pulls it before it flushes
/// the head. HTTP/2 pulls it when it opens the stream, even when the flow-control window then holds the body back;
/// a request that waits for a free stream is not pulled. A witness that is set thus means "may have left".
/// Where the *head* may carry the digits (no body, or an address with a query), the body proves nothing;
/// for these the witness is set when the exchange ends in any other way than without a connection.
///
/// # Connections
///
/// An HTTP/1.1 connection is closed when its exchange is given up; an HTTP/2 stream is reset. HTTP/2 sends no
/// keep-alive pings: an idle connection is dropped after `pool_idle`, and a dead one in use would only end a wait
/// earlier whose outcome is unknown all the same.
pub struct DigitsTransport {
    pub(super) network: Network,
    clients: Clients<Hyper>,
}

/// The client of both transports.
#[derive(Clone)]
pub(super) struct Hyper {
    client: legacy::Client<Connector, WitnessedBody>,
    /// Of hosts whose connections are kept.
    gates: Option<Arc<Gates>>,
}

impl DigitsTransport {
    /// Checks the options; the client itself is made at the first send, off the calling thread.
    ///
    /// `wall` tells that the machine slept: connections of before the sleep are not used again.
    pub fn new(options: HttpOptions, wall: WallClock) -> Result<Self, Error> {
        let variables = ProxyVariables::read(|name| std::env::var(name).ok());
        Self::in_environment(options, variables, wall)
    }

    /// The same, with what the environment said of proxies.
    pub fn in_environment(
        options: HttpOptions,
        variables: ProxyVariables,
        wall: WallClock,
    ) -> Result<Self, Error> {
        Ok(Self {
            network: Network::new(options, variables, wall)?,
            clients: Clients::default(),
        })
    }
}

impl Transport for DigitsTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(exchange(&self.network, &self.clients, request))
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            // A failure comes again at the send, which has a way to report it.
            let _ = self.network.tls().await;
        })
    }

    fn proxy_use(&self, uri: &Uri) -> ProxyUse {
        self.network.proxy_use(uri)
    }
}

impl fmt::Debug for DigitsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigitsTransport")
            .field("options", &self.network.options)
            .finish_non_exhaustive()
    }
}

impl Client for Hyper {
    type Body = Incoming;
    type Error = legacy::Error;

    fn build(network: &Network, tls: &Arc<ClientConfig>, max_idle: usize) -> Result<Self, Fault> {
        let options = &network.options;
        let agent = options
            .user_agent
            .as_deref()
            .map(HeaderValue::try_from)
            .transpose()
            .map_err(|_| SETUP)?;
        let connector = Connector::new(
            tls,
            network.proxies.clone(),
            agent.as_ref(),
            options.connect_timeout,
        );
        let client = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(options.pool_idle)
            .pool_max_idle_per_host(max_idle)
            .http1_max_headers(MOST_HEADERS)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http2_max_header_list_size(MOST_HEADER_BYTES)
            .build(connector);
        let may_share = max_idle > 0 && !options.http1_only;
        Ok(Self {
            client,
            gates: may_share.then(Arc::default),
        })
    }

    fn follow(request: &mut http::Request<WitnessedBody>) -> Option<Ride> {
        Some(Ride::of(request))
    }

    async fn send(
        &self,
        request: http::Request<WitnessedBody>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        let lead = match (&self.gates, request.uri().authority()) {
            (Some(gates), Some(host)) if request.uri().scheme() == Some(&Scheme::HTTPS) => {
                gates.pass(host).await
            }
            _ => None,
        };
        let mut ride = request.body().given_ride();
        let mut answering = pin!(self.client.request(request));
        if let Some((lead, ride)) = lead.zip(ride.as_mut()) {
            tokio::select! {
                biased;
                shared = ride.connected() => lead.opened(shared),
                answer = &mut answering => return answer,
            }
        }
        answering.await
    }
}
