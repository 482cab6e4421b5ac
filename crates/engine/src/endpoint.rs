//! Where the requests of an injector go.

use std::future::ready;
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

    /// The base address for requests that carry this token. Errors have delivery *not-sent*;
    /// `retryable` says whether the same call may work later.
    fn base<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<Url, Error>>;
}

/// An address that the program configured.
#[derive(Clone, Debug)]
pub struct Configured {
    base: Url,
    origin: Arc<str>,
}

impl Configured {
    /// `base` has passed [`crate::origin::base_url`].
    #[must_use]
    pub fn new(base: Url) -> Self {
        let origin = base.origin().ascii_serialization().into();
        Self { base, origin }
    }
}

impl Endpoint for Configured {
    fn origin(&self) -> Arc<str> {
        Arc::clone(&self.origin)
    }

    fn base<'a>(&'a self, _: &'a Token) -> BoxFuture<'a, Result<Url, Error>> {
        Box::pin(ready(Ok(self.base.clone())))
    }
}
