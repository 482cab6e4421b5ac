//! What the injector asks for an address.

use std::sync::Arc;

use url::Url;

use crate::BoxFuture;
use crate::auth::Token;
use crate::error::Error;

/// Knows the base address of the API. Tokens and digits go there and nowhere else.
pub trait Endpoint: Send + Sync + 'static {
    /// The origin that the injector was pointed to, as a serialised origin (RFC 6454 §6.1): that of the API, or
    /// the one that tells where the API is.
    fn origin(&self) -> Arc<str>;

    /// The origin of the API, where it is known before anything is asked. Where it stands for all addresses of a platform, any
    /// of them will do.
    fn api_origin(&self) -> Option<Arc<str>> {
        Some(self.origin())
    }

    /// The base address for requests that carry this token. Errors have delivery *not-sent*;
    /// `retryable` says whether the same call may work later.
    fn base<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<Url, Error>>;
}
