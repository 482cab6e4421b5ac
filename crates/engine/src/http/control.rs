//! The transport of everything that is not digits: tokens, discovery, masks and events.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::uri::Authority;
use http::{Response, Uri};
use reqwest::redirect;
use rustls::ClientConfig;

use super::clients::{Client, Clients};
#[cfg(target_os = "linux")]
use super::connector::UNACKNOWLEDGED;
use super::connector::{KEEPALIVE, PROBES};
use super::digits::DigitsTransport;
use super::exchange::exchange;
use super::keep_alive::KeepAlive;
use super::limits::{MOST_HEADER_BYTES, MOST_HEADERS};
use super::message::{Answer, Fault, FaultKind, Request};
use super::network::{Network, SETUP};
use super::proxy::ProxyUse;
use super::transport::Transport;
use super::witness::WitnessedBody;
use crate::BoxFuture;

/// Hosts that are remembered; with more the memory begins anew.
const MOST_HOSTS: usize = 64;

/// Carries requests on `reqwest`, made with the settings and the roots of a digits' transport.
///
/// Resends, redirects and the proxies of the environment are switched off where its clients are built, so that what
/// [`DigitsTransport`] says of sending, of the witness and of connections holds here as well.
///
/// Connections of `reqwest` cannot be seen. So a host that keeps them for less than they are kept here, or that did not
/// answer as `reqwest` can read it, is asked by the digits' transport from then on.
pub struct ControlTransport {
    digits: Arc<DigitsTransport>,
    clients: Clients<reqwest::Client>,
    peculiar: Mutex<HashSet<Authority>>,
}

impl ControlTransport {
    /// The one that shares the settings of this transport.
    #[must_use]
    pub fn beside(digits: Arc<DigitsTransport>) -> Self {
        Self {
            digits,
            clients: Clients::default(),
            peculiar: Mutex::default(),
        }
    }

    fn peculiar(&self) -> MutexGuard<'_, HashSet<Authority>> {
        self.peculiar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what its answer says of a host.
    fn learn(&self, host: Authority, answer: &Result<Answer, Fault>) {
        let is_peculiar = match answer {
            Ok(answer) => {
                let said = KeepAlive::of(&answer.headers);
                let idle = self.digits.network.options.pool_idle;
                said.most.is_some() || said.time.is_some_and(|time| time < idle)
            }
            Err(fault) => fault.kind == FaultKind::ConnectionLost,
        };
        if is_peculiar {
            let mut hosts = self.peculiar();
            if hosts.len() >= MOST_HOSTS {
                hosts.clear();
            }
            hosts.insert(host);
        }
    }
}

impl Transport for ControlTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>> {
        let network = &self.digits.network;
        let host = request.uri.authority().cloned();
        let is_peculiar = (host.as_ref()).is_some_and(|host| self.peculiar().contains(host));
        if is_peculiar || network.proxy(&request.uri).is_some() {
            return self.digits.send(request);
        }
        Box::pin(async move {
            let answer = exchange(network, &self.clients, request).await;
            if let Some(host) = host {
                self.learn(host, &answer);
            }
            answer
        })
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

impl Client for reqwest::Client {
    type Body = reqwest::Body;
    type Error = reqwest::Error;

    fn build(network: &Network, tls: &Arc<ClientConfig>, max_idle: usize) -> Result<Self, Fault> {
        let options = &network.options;
        let builder = Self::builder()
            // The configuration is copied, its verifier and its session tickets are shared.
            .tls_backend_preconfigured(ClientConfig::clone(tls))
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(options.pool_idle)
            .pool_max_idle_per_host(max_idle)
            .http1_max_headers(MOST_HEADERS)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http2_max_header_list_size(MOST_HEADER_BYTES)
            .tcp_keepalive(KEEPALIVE)
            .tcp_keepalive_interval(KEEPALIVE)
            .tcp_keepalive_retries(PROBES);
        #[cfg(target_os = "linux")]
        let builder = builder.tcp_user_timeout(UNACKNOWLEDGED);
        builder.build().map_err(|_| SETUP)
    }

    async fn send(
        &self,
        request: http::Request<WitnessedBody>,
    ) -> Result<Response<reqwest::Body>, reqwest::Error> {
        // The address is parsed again, which changes nothing: it was written by a `Url`, or of checked parts.
        let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))?;
        self.execute(request).await.map(Into::into)
    }
}
