//! The real transport: HTTP/1.1 and HTTP/2 over TCP and TLS.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{CONTENT_LENGTH, HeaderValue, PROXY_AUTHORIZATION};
use http::uri::Scheme;
use http::{HeaderMap, Method, Uri};
use hyper_util::client::legacy;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use url::Url;

use super::connector::Connector;
use super::fault::{Way, kind_of};
use super::options::HttpOptions;
use super::proxy::ProxyUse;
use super::proxy_variables::ProxyVariables;
use super::witness::{Witness, WitnessedBody};
use super::{Answer, Fault, FaultKind, Request, Transport, answer};
use crate::BoxFuture;
use crate::clock::WallClock;
use crate::error::Error;
use crate::sleep::Clocks;
use crate::tls;

/// Carries requests over the network.
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
pub struct HttpTransport {
    options: HttpOptions,
    own_roots: Vec<CertificateDer<'static>>,
    proxies: Option<Arc<Matcher>>,
    variables: ProxyVariables,
    wall: WallClock,
    tls: Arc<OnceCell<Arc<ClientConfig>>>,
    pooled: Mutex<Option<Pooled>>,
    fresh: Mutex<Option<Client>>,
}

type Client = legacy::Client<Connector, WitnessedBody>;

struct Pooled {
    client: Client,
    last_used: Clocks,
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl HttpTransport {
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
        let mut own_roots = options
            .ca_bundle
            .as_deref()
            .map_or_else(|| Ok(Vec::new()), tls::ca_bundle)?;
        own_roots.extend(
            options
                .extra_ca
                .as_deref()
                .map_or_else(Vec::new, tls::extra_ca),
        );
        let proxies = options.proxy.matcher(&variables)?.map(Arc::new);
        Ok(Self {
            options,
            own_roots,
            proxies,
            variables,
            wall,
            tls: Arc::default(),
            pooled: Mutex::new(None),
            fresh: Mutex::new(None),
        })
    }

    async fn exchange(&self, request: Request) -> Result<Answer, Fault> {
        let started = Instant::now();
        let timeout = request.timeout;
        let way = Way {
            tls: request.uri.scheme() == Some(&Scheme::HTTPS),
        };
        // Dropped after everything that runs below, on every way out.
        let mut departure = Departure {
            witness: request.witness.clone(),
            head_carries: request.body.is_empty() || request.uri.query().is_some(),
            reached: false,
        };
        let head = async {
            let client = self.client(request.fresh_connection).await?;
            let mut headers = request.headers;
            if request.body.is_empty() && request.method == Method::POST {
                // RFC 9110 §8.6. hyper leaves it out, and servers answer 411.
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            self.log_in(&request.uri, &mut headers);
            let body = WitnessedBody::new(request.body, request.witness);
            let mut outgoing = http::Request::new(body);
            *outgoing.method_mut() = request.method;
            *outgoing.uri_mut() = request.uri;
            *outgoing.headers_mut() = headers;
            departure.reached = true;
            client.request(outgoing).await.map_err(|error| {
                departure.reached = !error.is_connect();
                Fault {
                    kind: kind_of(&error, way),
                }
            })
        };
        let response = tokio::time::timeout(timeout, head)
            .await
            .unwrap_or(Err(Fault {
                kind: FaultKind::TimedOut,
            }))?;
        Ok(answer::read(response, timeout.saturating_sub(started.elapsed())).await)
    }

    /// A proxy that forwards requests reads its login in each of them. In a tunnel it is not sent.
    fn log_in(&self, uri: &Uri, headers: &mut HeaderMap) {
        let Some(proxies) = self.proxies.as_ref() else {
            return;
        };
        if uri.scheme() == Some(&Scheme::HTTP)
            && let Some(proxy) = proxies.intercept(uri)
            && let Some(login) = proxy.basic_auth()
        {
            headers.insert(PROXY_AUTHORIZATION, login.clone());
        }
    }

    async fn client(&self, fresh: bool) -> Result<Client, Fault> {
        if self.tls.get().is_none() {
            self.read_roots().await?;
        }
        let tls = self.tls.get().ok_or(SETUP)?;
        if fresh {
            self.fresh_client(tls)
        } else {
            self.pooled_client(tls)
        }
    }

    /// Runs in a task of its own: a first send that is given up early must not throw the work away,
    /// or sends with little patience would start it over and over.
    async fn read_roots(&self) -> Result<(), Fault> {
        let cell = self.tls.clone();
        let own = self.own_roots.clone();
        let http1_only = self.options.http1_only;
        let reading = tokio::spawn(async move {
            cell.get_or_try_init(|| async {
                tokio::task::spawn_blocking(move || {
                    tls::client_config(own, http1_only).ok().map(Arc::new)
                })
                .await
                .ok()
                .flatten()
                .ok_or(SETUP)
            })
            .await
            .map(|_| ())
        });
        reading.await.unwrap_or(Err(SETUP))
    }

    fn pooled_client(&self, tls: &Arc<ClientConfig>) -> Result<Client, Fault> {
        let now = Clocks::new(self.wall.now(), Instant::now());
        let mut slot = self.pooled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pooled) = slot.as_mut()
            && !now.parted_since(pooled.last_used)
        {
            pooled.last_used = now;
            return Ok(pooled.client.clone());
        }
        let client = self.build(tls, self.options.max_idle_per_host)?;
        *slot = Some(Pooled {
            client: client.clone(),
            last_used: now,
        });
        Ok(client)
    }

    fn fresh_client(&self, tls: &Arc<ClientConfig>) -> Result<Client, Fault> {
        let mut slot = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = slot.as_ref() {
            return Ok(client.clone());
        }
        // No idle connection may be kept, so there is never one to take.
        let client = self.build(tls, 0)?;
        *slot = Some(client.clone());
        Ok(client)
    }

    /// Takes well under a millisecond, since the roots were read before.
    fn build(&self, tls: &Arc<ClientConfig>, max_idle: usize) -> Result<Client, Fault> {
        let agent = self.options.user_agent.as_deref();
        let agent = agent
            .map(HeaderValue::try_from)
            .transpose()
            .map_err(|_| SETUP)?;
        let connector = Connector::new(
            tls,
            self.proxies.clone(),
            agent.as_ref(),
            self.options.connect_timeout,
        );
        Ok(legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.options.pool_idle)
            .pool_max_idle_per_host(max_idle)
            .build(connector))
    }
}

const SETUP: Fault = Fault {
    kind: FaultKind::Setup,
};

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(self.exchange(request))
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if self.tls.get().is_none() {
                // A failure comes again at the send, which has a way to report it.
                let _ = self.read_roots().await;
            }
        })
    }

    fn proxy_use(&self, uri: &Uri) -> ProxyUse {
        Url::parse(&uri.to_string()).map_or(ProxyUse::None, |url| {
            self.options.proxy.used_for(&url, &self.variables)
        })
    }
}

/// Makes the witness final when the exchange ends, also when its future is dropped.
struct Departure {
    witness: Witness,
    /// The head may carry the digits, so that an unpulled body proves nothing.
    head_carries: bool,
    /// The request was given to the client, and nothing proved yet that it found no connection.
    reached: bool,
}

impl Drop for Departure {
    fn drop(&mut self) {
        if self.head_carries && self.reached {
            self.witness.handed_over();
        } else {
            let _ = self.witness.revoke();
        }
    }
}
