//! Renewing a token by refresh tokens, where the endpoint gives them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::exchange::Failed;
use super::tenant::Tenant;
use super::token::{Grant, Granted};
use crate::BoxFuture;
use crate::Secret;
use crate::error::Error;

/// A grant whose tokens can be renewed.
pub(super) trait Renewable: Send + Sync + 'static {
    /// Asks with the credentials.
    fn begin(&self) -> BoxFuture<'_, Result<Granted, Failed>>;

    /// Asks with a refresh token.
    fn renew<'a>(&'a self, refresh_token: &'a Secret) -> BoxFuture<'a, Result<Granted, Failed>>;
}

/// Uses each refresh token once, and the credentials when there is none or it is refused.
pub struct Renewing<G> {
    grant: G,
    last: Mutex<Last>,
}

/// What the last answer left behind.
#[derive(Default)]
struct Last {
    refresh_token: Option<Secret>,
    tenant: Option<Arc<Tenant>>,
}

impl<G> Renewing<G> {
    /// A grant that has not been asked yet.
    pub fn new(grant: G) -> Self {
        Self {
            grant,
            last: Mutex::default(),
        }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A renewal need not name the tenant again.
    fn remember(&self, mut granted: Granted) -> Granted {
        let mut last = self.last();
        last.refresh_token.clone_from(&granted.refresh_token);
        granted.tenant = Tenant::merged(granted.tenant, last.tenant.as_ref());
        last.tenant.clone_from(&granted.tenant);
        granted
    }
}

impl<G: Renewable> Grant for Renewing<G> {
    fn request(&self) -> BoxFuture<'_, Result<Granted, Error>> {
        Box::pin(async move {
            let refresh_token = self.last().refresh_token.take();
            if let Some(refresh_token) = refresh_token {
                match self.grant.renew(&refresh_token).await {
                    Ok(granted) => return Ok(self.remember(granted)),
                    Err(Failed { error, left: false }) => {
                        // It was not used, so it still serves.
                        self.last().refresh_token = Some(refresh_token);
                        return Err(error);
                    }
                    Err(Failed { error, .. }) if error.retryable => return Err(error),
                    // Refused: it ran out, or was used. The credentials decide.
                    Err(_) => {}
                }
            }
            let granted = self.grant.begin().await.map_err(|failed| failed.error)?;
            Ok(self.remember(granted))
        })
    }
}

impl<G> fmt::Debug for Renewing<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewing").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
