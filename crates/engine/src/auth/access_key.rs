//! The grant that takes an access key alone, in JSON; renewed at `/public/user/refresh`.

use std::fmt;

use url::Url;

use super::connection::Connection;
use super::exchange::{Failed, Format, TokenRequest, ask, endpoint};
use super::renewal::Renewable;
use super::token::Granted;
use crate::BoxFuture;
use crate::Secret;

/// The access key of a user. `Debug` shows neither half.
#[derive(Clone)]
pub struct AccessKey {
    /// Its id. Not a secret, but nothing shows it either.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
}

impl AccessKey {
    /// What an error must not show of it.
    pub(super) fn hidden(&self) -> [Secret; 2] {
        [Secret::new(self.id.clone()), self.secret.clone()]
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").finish_non_exhaustive()
    }
}

/// Asks for a token with an access key.
pub struct AccessKeyGrant {
    /// The way there.
    pub connection: Connection,
    /// The token endpoint; see [`access_key_url`].
    pub url: Url,
    /// Where a refresh token is redeemed; see [`refresh_url`].
    pub refresh_url: Url,
    /// The access key.
    pub access_key: AccessKey,
}

impl Renewable for AccessKeyGrant {
    fn begin(&self) -> BoxFuture<'_, Result<Granted, Failed>> {
        Box::pin(async move {
            let AccessKey { id, secret } = &self.access_key;
            let request = TokenRequest {
                url: &self.url,
                format: Format::Json,
                fields: &[("accessKeyId", id), ("accessKeySecret", secret.expose())],
                scope: "",
                secrets: &self.access_key.hidden(),
            };
            ask(&self.connection, request).await
        })
    }

    fn renew<'a>(&'a self, refresh_token: &'a Secret) -> BoxFuture<'a, Result<Granted, Failed>> {
        Box::pin(async move {
            let [id, secret] = self.access_key.hidden();
            let secrets = [id, secret, refresh_token.clone()];
            let request = TokenRequest {
                url: &self.refresh_url,
                format: Format::Json,
                fields: &[("token", refresh_token.expose())],
                scope: "",
                secrets: &secrets,
            };
            ask(&self.connection, request).await
        })
    }
}

impl fmt::Debug for AccessKeyGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeyGrant").finish_non_exhaustive()
    }
}

const PATH: [&str; 4] = ["authentication", "v1", "token", "access-key"];

/// `{authUrl}/authentication/v1/token/access-key`, completed and not doubled.
#[must_use]
pub fn access_key_url(auth_url: &Url) -> Url {
    endpoint(auth_url, &PATH)
}

/// `{authUrl}/public/user/refresh`, beside the token endpoint.
#[must_use]
pub fn refresh_url(auth_url: &Url) -> Url {
    let whole = access_key_url(auth_url);
    let below = whole
        .path()
        .trim_end_matches(&format!("/{}", PATH.join("/")));
    let mut url = whole.clone();
    url.set_path(&format!("{below}/public/user/refresh"));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refresh_endpoint_is_beside_the_token_endpoint() {
        for base in [
            "https://na1.example/x",
            "https://na1.example/x/authentication/v1/token/access-key",
        ] {
            let url = refresh_url(&base.parse().unwrap());
            assert_eq!(url.as_str(), "https://na1.example/x/public/user/refresh");
        }
    }
}
