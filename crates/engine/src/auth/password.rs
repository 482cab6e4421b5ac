//! The password grant (RFC 6749 §4.3) with an access key in the place of user name and password: what NICE's FAQ
//! names for back ends. Renewed by refresh tokens (§6).

use std::fmt;

use url::Url;

use super::access_key::AccessKey;
use super::client::Client;
use super::connection::Connection;
use super::exchange::{Failed, Format, TokenRequest, ask, endpoint};
use super::renewal::Renewable;
use super::token::Granted;
use crate::BoxFuture;
use crate::Secret;

/// Asks for a token with an access key and a client.
pub struct Password {
    /// The way there.
    pub connection: Connection,
    /// The token endpoint; see [`auth_token_url`].
    pub url: Url,
    /// The client.
    pub client: Client,
    /// The access key of the user.
    pub access_key: AccessKey,
    /// The scopes to ask for, separated by spaces; empty for none.
    pub scope: String,
}

impl Password {
    async fn ask(
        &self,
        fields: &[(&str, &str)],
        refresh_token: Option<&Secret>,
    ) -> Result<Granted, Failed> {
        let request = TokenRequest {
            url: &self.url,
            format: Format::Form,
            fields,
            client: Some(&self.client),
            scope: &self.scope,
            secrets: &self.secrets(refresh_token),
        };
        let granted = ask(&self.connection, request).await;
        granted.map_err(|failed| Failed {
            error: self.client.advise(failed.error),
            ..failed
        })
    }

    fn secrets(&self, refresh_token: Option<&Secret>) -> Vec<Secret> {
        self.access_key
            .hidden()
            .into_iter()
            .chain(refresh_token.cloned())
            .collect()
    }
}

impl Renewable for Password {
    fn begin(&self) -> BoxFuture<'_, Result<Granted, Failed>> {
        Box::pin(async move {
            let [client_id, client_secret] = self.client.fields();
            let fields = [
                ("grant_type", "password"),
                ("username", &self.access_key.id),
                ("password", self.access_key.secret.expose()),
                client_id,
                client_secret,
                ("scope", self.scope.trim()),
            ];
            self.ask(&fields, None).await
        })
    }

    fn renew<'a>(&'a self, refresh_token: &'a Secret) -> BoxFuture<'a, Result<Granted, Failed>> {
        Box::pin(async move {
            let [client_id, client_secret] = self.client.fields();
            let fields = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token.expose()),
                client_id,
                client_secret,
            ];
            self.ask(&fields, Some(refresh_token)).await
        })
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Password").finish_non_exhaustive()
    }
}

/// `{authUrl}/auth/token`, completed and not doubled.
#[must_use]
pub fn auth_token_url(auth_url: &Url) -> Url {
    endpoint(auth_url, &["auth", "token"])
}
