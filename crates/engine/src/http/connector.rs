//! The way to a server: name lookup, TCP, a proxy where one has a say, TLS. One time-out spans it all.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::USER_AGENT;
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use super::paced::Paced;
use super::proxy::Proxies;
use super::tap::Tapped;
use super::tunnel;
use super::via::Via;
use crate::BoxFuture;
use crate::tls;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Probes on a connection without traffic, so that a peer that vanished is noticed during a long wait for an answer.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(15);

/// So many probes without an answer end a connection.
pub(super) const PROBES: u32 = 3;

/// Data without an acknowledgement for so long ends a connection, where the system knows such a limit (RFC 5482).
#[cfg(target_os = "linux")]
pub(super) const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// No connection within the time-out.
#[derive(Debug)]
pub(super) struct ConnectTimedOut;

/// The name could not be looked up.
#[derive(Debug)]
pub(super) struct LookupFailed;

macro_rules! error {
    ($name:ty, $text:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($text)
            }
        }
        impl StdError for $name {}
    };
}

error!(ConnectTimedOut, "no connection in time");
error!(LookupFailed, "the name could not be looked up");

/// Connects to servers. The client clones it for each request, so it is one pointer.
#[derive(Clone)]
pub(super) struct Connector(Arc<Way>);

struct Way {
    secured: HttpsConnector<Route>,
    limit: Duration,
}

impl Connector {
    /// `limit` spans name lookup, TCP, the proxy and TLS. `agent` is how a proxy hears of us.
    pub(super) fn new(
        tls: &Arc<ClientConfig>,
        proxies: Option<Arc<Proxies>>,
        agent: Option<&HeaderValue>,
        limit: Duration,
    ) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Lookup(GaiResolver::new()));
        // Whether https is asked for is the business of the layer above.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Where a name has several addresses, none of them may use up all the time.
        tcp.set_connect_timeout(Some(limit));
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(PROBES));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let tcp = Tcp(tcp);
        let to_proxy = Arc::new(tls::for_proxies(tls));
        let route = Route {
            to_proxy: HttpsConnector::from((tcp.clone(), to_proxy)),
            tcp,
            proxies,
            introduction: agent
                .map(|agent| HeaderMap::from_iter([(USER_AGENT, agent.clone())]))
                .unwrap_or_default(),
        };
        Self(Arc::new(Way {
            secured: HttpsConnector::from((route, Arc::clone(tls))),
            limit,
        }))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Tapped>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    // Nothing below waits before it is called.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let connecting = timeout(self.0.limit, self.0.secured.clone().call(destination));
        Box::pin(async move {
            let (connected, asked) = tls::noting(connecting).await;
            let stream = connected.unwrap_or(Err(ConnectTimedOut.into()))?;
            Ok(TokioIo::new(Tapped::new(stream, asked)))
        })
    }
}

/// Straight to the destination, or through the proxy that has a say.
#[derive(Clone)]
struct Route {
    tcp: Tcp,
    to_proxy: HttpsConnector<Tcp>,
    proxies: Option<Arc<Proxies>>,
    introduction: HeaderMap,
}

impl Service<Uri> for Route {
    type Response = Via;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Via, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let proxies = self.proxies.as_ref();
        let Some(proxy) = proxies.and_then(|proxies| proxies.of(&destination)) else {
            let connecting = self.tcp.call(destination);
            return Box::pin(async move { Ok(Via::straight(connecting.await?)) });
        };
        if destination.scheme() != Some(&Scheme::HTTPS) {
            let connecting = self.to_proxy.call(proxy.uri().clone());
            return Box::pin(async move { Ok(Via::forwarding(connecting.await?)) });
        }
        let connecting = self.to_proxy.call(proxy.uri().clone());
        let introduction = self.introduction.clone();
        Box::pin(async move {
            let stream = connecting.await?;
            let tunnel = tunnel::open(stream, &destination, introduction, proxy.basic_auth());
            Ok(Via::tunnel(tunnel.await?))
        })
    }
}

/// Connects by TCP, and lets every connection take turns, whatever is spoken on it.
#[derive(Clone)]
struct Tcp(HttpConnector<Lookup>);

impl Service<Uri> for Tcp {
    type Response = TokioIo<Paced<TcpStream>>;
    type Error = <HttpConnector<Lookup> as Service<Uri>>::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let connecting = self.0.call(destination);
        Box::pin(async move {
            let stream = connecting.await?.into_inner();
            Ok(TokioIo::new(Paced::new(stream)))
        })
    }
}

/// Looks names up as the system does, with a failure that can be told from others.
#[derive(Clone)]
struct Lookup(GaiResolver);

impl Service<Name> for Lookup {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = LookupFailed;
    type Future = BoxFuture<'static, Result<Self::Response, LookupFailed>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), LookupFailed>> {
        self.0
            .poll_ready(context)
            .map_err(|_: io::Error| LookupFailed)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let looking = self.0.call(name);
        Box::pin(async move {
            let found = looking.await.map_err(|_| LookupFailed)?;
            Ok(found.collect::<Vec<_>>().into_iter())
        })
    }
}
