//! The client-credentials grant (RFC 6749 §4.4): the tutorial's.

use std::fmt;

use url::Url;

use super::client::{Client, ClientAuthentication};
use super::connection::Connection;
use super::exchange::{Format, TokenRequest, ask, endpoint};
use super::token::{Grant, Granted};
use crate::BoxFuture;
use crate::error::Error;

/// Asks for a token with the id and the secret of a client.
pub struct ClientCredentials {
    /// The way there.
    pub connection: Connection,
    /// The token endpoint; see [`token_url`].
    pub url: Url,
    /// The client.
    pub client: Client,
    /// The scopes to ask for, separated by spaces. The parameter is left out when there are none.
    pub scope: String,
}

impl ClientCredentials {
    /// The scopes to ask for, unless told otherwise.
    pub const DEFAULT_SCOPE: &str = "telephony:call:control telephony:line:readwrite";
}

impl Grant for ClientCredentials {
    fn request(&self) -> BoxFuture<'_, Result<Granted, Error>> {
        Box::pin(async move {
            let scope = if self.scope.trim().is_empty() {
                ""
            } else {
                &self.scope
            };
            let client = self.client.current().await?;
            let [id, secret] = client.fields();
            let request = TokenRequest {
                url: &self.url,
                format: Format::Form,
                fields: &[
                    ("grant_type", "client_credentials"),
                    id,
                    secret,
                    ("scope", scope),
                ],
                client: Some(&client),
                scope: &self.scope,
                secrets: &[],
            };
            let granted = ask(&self.connection, request).await;
            granted.map_err(|failed| match client.authentication {
                // In the tutorial's own way its message stands alone, since programs match on it.
                ClientAuthentication::Body => failed.error,
                ClientAuthentication::Basic => client.advise(failed.error),
            })
        })
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").finish_non_exhaustive()
    }
}

/// `{authUrl}/oauth/token`. An address that ends in `/oauth` or `/oauth/token` is completed, not
/// doubled; trailing slashes, query and fragment are dropped.
#[must_use]
pub fn token_url(auth_url: &Url) -> Url {
    endpoint(auth_url, &["oauth", "token"])
}

#[cfg(test)]
mod tests;
