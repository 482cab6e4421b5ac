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
    /// `credentials` are the fields that show who asks; `secrets` are those among them besides the client's.
    async fn ask(
        &self,
        credentials: [(&str, &str); 3],
        scope: (&str, &str),
        secrets: &[Secret],
    ) -> Result<Granted, Failed> {
        let client = self.client.current().await.map_err(Failed::unasked)?;
        let [grant, name, secret] = credentials;
        let [client_id, client_secret] = client.fields();
        let request = TokenRequest {
            url: &self.url,
            format: Format::Form,
            fields: &[grant, name, secret, client_id, client_secret, scope],
            client: Some(&client),
            scope: &self.scope,
            secrets,
        };
        let granted = ask(&self.connection, request).await;
        granted.map_err(|failed| Failed {
            error: client.advise(failed.error),
            ..failed
        })
    }
}

impl Renewable for Password {
    fn begin(&self) -> BoxFuture<'_, Result<Granted, Failed>> {
        Box::pin(async move {
            let key = self.access_key.current().await?;
            let credentials = [
                ("grant_type", "password"),
                ("username", &*key.id),
                ("password", key.secret.expose()),
            ];
            let scope = ("scope", self.scope.trim());
            self.ask(credentials, scope, &key.hidden()).await
        })
    }

    fn renew<'a>(&'a self, refresh_token: &'a Secret) -> BoxFuture<'a, Result<Granted, Failed>> {
        Box::pin(async move {
            // Pairs without a value are left out.
            let credentials = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token.expose()),
                ("", ""),
            ];
            let secrets = [self.access_key.known(), vec![refresh_token.clone()]].concat();
            self.ask(credentials, ("", ""), &secrets).await
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
