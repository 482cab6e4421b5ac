//! A secret that a grant needs: given once, or asked for at each request, so that it may change while the program runs.

use std::fmt;
use std::sync::Arc;

use crate::BoxFuture;
use crate::Secret;
use crate::error::Error;

/// Gives the secret of the moment.
pub trait AskSecret: Send + Sync + 'static {
    /// Asks for it. An error has delivery *not-sent* and says which secret is missing.
    fn ask(&self) -> BoxFuture<'_, Result<Secret, Error>>;
}

/// A secret, or where to ask for it. `Debug` shows nothing of it.
#[derive(Clone)]
pub enum Credential {
    /// It stays as it is.
    Given(Secret),
    /// It is asked for at each request of a token.
    Asked(Arc<dyn AskSecret>),
}

impl Credential {
    /// The secret of the moment.
    pub(super) async fn current(&self) -> Result<Secret, Error> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::Asked(asked) => asked.ask().await,
        }
    }

    /// The secret, where it stays as it is.
    #[must_use]
    pub const fn given(&self) -> Option<&Secret> {
        match self {
            Self::Given(secret) => Some(secret),
            Self::Asked(_) => None,
        }
    }
}

impl From<Secret> for Credential {
    fn from(secret: Secret) -> Self {
        Self::Given(secret)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
