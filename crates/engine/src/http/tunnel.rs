//! A tunnel through a proxy (RFC 9110 §9.3.6), on `hyper`: any 2xx opens it, a few interim answers are passed over, and a refusal
//! tells its status.

use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::ext::on_informational;

use super::limits::{MOST_HEADERS, MOST_INTERIM};
use super::via::ToProxy;

/// The proxy opened no tunnel.
#[derive(Debug)]
pub(super) struct TunnelRefused {
    /// How it answered, where it did.
    pub(super) status: Option<u16>,
}

impl fmt::Display for TunnelRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the proxy opened no tunnel")
    }
}

impl std::error::Error for TunnelRefused {}

/// Asks for a tunnel to the destination and returns the stream that leads through it.
pub(super) async fn open(
    stream: ToProxy,
    destination: &Uri,
    introduction: HeaderMap,
    login: Option<&HeaderValue>,
) -> Result<ToProxy, TunnelRefused> {
    const SILENT: TunnelRefused = TunnelRefused { status: None };
    let mut request = request(destination, introduction, login).ok_or(SILENT)?;
    let interim = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&interim);
    on_informational(&mut request, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let handshake = http1::Builder::new()
        .max_headers(MOST_HEADERS)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .handshake(stream);
    let (mut sender, mut connection) = handshake.await.map_err(|_| SILENT)?;
    let mut answering = pin!(sender.send_request(request));
    let answer = poll_fn(|context| {
        let ended = connection.poll_without_shutdown(context).is_ready();
        match answering.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(answer.ok()),
            Poll::Pending if ended || interim.load(Ordering::SeqCst) > MOST_INTERIM => {
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    });
    let status = answer.await.ok_or(SILENT)?.status();
    if !status.is_success() {
        return Err(TunnelRefused {
            status: Some(status.as_u16()),
        });
    }
    // Not by an upgrade, which `hyper` offers with some of the 2xx alone.
    let parts = connection.into_parts();
    // In TLS the client speaks first: what comes before that is not from the destination.
    parts.read_buf.is_empty().then_some(parts.io).ok_or(SILENT)
}

fn request(
    destination: &Uri,
    introduction: HeaderMap,
    login: Option<&HeaderValue>,
) -> Option<Request<Empty<Bytes>>> {
    let host = destination.host()?;
    let authority = format!("{host}:{}", destination.port_u16().unwrap_or(443));
    let mut request = Request::new(Empty::new());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = authority.parse().ok()?;
    *request.headers_mut() = introduction;
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::try_from(authority).ok()?);
    if let Some(login) = login {
        headers.insert(PROXY_AUTHORIZATION, login.clone());
    }
    Some(request)
}
