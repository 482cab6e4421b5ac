//! An address that the program configured.

use std::future::ready;
use std::sync::Arc;

use url::Url;

use super::seam::Endpoint;
use crate::BoxFuture;
use crate::auth::Token;
use crate::error::Error;

/// Always the same address.
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
