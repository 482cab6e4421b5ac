//! The seam: requests go in, answers and faults come out.

use http::Uri;

use super::message::{Answer, Fault, Request};
use super::proxy::ProxyUse;
use crate::BoxFuture;

/// Carries one request and says what happened. It resends nothing and follows no redirect.
///
/// Dropping the future ends the exchange and closes its connection.
pub trait Transport: Send + Sync + 'static {
    /// Sends once.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>>;

    /// Waits until a send can begin at once. What has to be loaded before the very first one takes long
    /// next to a short time-out, and says nothing of the network. Dropping it loses no work.
    fn ready(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Whether requests to this address go through a proxy, to say so when a connection fails.
    fn proxy_use(&self, _uri: &Uri) -> ProxyUse {
        ProxyUse::None
    }
}
