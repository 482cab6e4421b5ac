//! The grant that takes an access key alone, in JSON. It has no client, and is renewed without one.

use std::fmt;

use url::Url;

use super::connection::Connection;
use super::credential::Credential;
use super::exchange::{Failed, Format, TokenRequest, ask, endpoint};
use super::password::auth_token_url;
use super::renewal::Renewable;
use super::token::Granted;
use crate::BoxFuture;
use crate::Secret;

/// The access key of a user. `Debug` shows neither half. `S` is [`Secret`] for the time of one request.
#[derive(Clone)]
pub struct AccessKey<S = Credential> {
    /// Its id. Not a secret, but nothing shows it either.
    pub id: String,
    /// Its secret.
    pub secret: S,
}

impl AccessKey {
    /// The key with its secret of the moment.
    pub(super) async fn current(&self) -> Result<AccessKey<Secret>, Failed> {
        let secret = self.secret.current().await;
        Ok(AccessKey {
            id: self.id.clone(),
            secret: secret.map_err(Failed::unasked)?,
        })
    }

    /// What an error must not show of it where it is not asked with.
    pub(super) fn known(&self) -> Vec<Secret> {
        let secret = self.secret.given().cloned();
        [Some(Secret::new(self.id.clone())), secret]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl AccessKey<Secret> {
    /// What an error must not show of it.
    pub(super) fn hidden(&self) -> [Secret; 2] {
        [Secret::new(self.id.clone()), self.secret.clone()]
    }
}

impl<S> fmt::Debug for AccessKey<S> {
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
    /// Where a refresh token is redeemed.
    pub refresh_urls: RefreshUrls,
    /// The access key.
    pub access_key: AccessKey,
}

impl Renewable for AccessKeyGrant {
    fn begin(&self) -> BoxFuture<'_, Result<Granted, Failed>> {
        Box::pin(async move {
            let key = self.access_key.current().await?;
            let request = TokenRequest {
                url: &self.url,
                format: Format::Json,
                fields: &[
                    ("accessKeyId", &key.id),
                    ("accessKeySecret", key.secret.expose()),
                ],
                client: None,
                scope: "",
                secrets: &key.hidden(),
            };
            ask(&self.connection, request).await
        })
    }

    fn renew<'a>(&'a self, refresh_token: &'a Secret) -> BoxFuture<'a, Result<Granted, Failed>> {
        Box::pin(async move {
            let secrets = [self.access_key.known(), vec![refresh_token.clone()]].concat();
            let of_user_hub = TokenRequest {
                url: &self.refresh_urls.user_hub,
                format: Format::Json,
                fields: &[("token", refresh_token.expose())],
                client: None,
                scope: "",
                secrets: &secrets,
            };
            match ask(&self.connection, of_user_hub).await {
                Err(failed) if failed.is_no_endpoint() => {}
                asked => return asked,
            }
            let standard = TokenRequest {
                url: &self.refresh_urls.standard,
                format: Format::Form,
                fields: &[
                    ("grant_type", "refresh_token"),
                    ("refresh_token", refresh_token.expose()),
                ],
                client: None,
                scope: "",
                secrets: &secrets,
            };
            ask(&self.connection, standard).await
        })
    }
}

/// The endpoints that redeem the refresh token of an access key.
#[derive(Clone)]
pub struct RefreshUrls {
    /// `{authUrl}/public/user/refresh`, which answers beside the token endpoint (NICE's Singer tap asks it).
    user_hub: Url,
    /// `{authUrl}/auth/token`, which takes a refresh token without a client (RFC 6749 §6; NICE's SDK sends none). It is asked
    /// where the other is not there, and so has not taken the token.
    standard: Url,
}

impl RefreshUrls {
    /// Those below the base of the token endpoint.
    #[must_use]
    pub fn of(auth_url: &Url) -> Self {
        let whole = access_key_url(auth_url);
        let path = whole.path();
        let mut base = whole.clone();
        base.set_path(
            path.strip_suffix(&format!("/{}", PATH.join("/")))
                .unwrap_or(path),
        );
        Self {
            user_hub: endpoint(&base, &["public", "user", "refresh"]),
            standard: auth_token_url(&base),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refresh_endpoints_are_beside_the_token_endpoint() {
        for base in [
            "https://na1.example/x",
            "https://na1.example/x/authentication/v1/token/access-key",
        ] {
            let urls = RefreshUrls::of(&base.parse().unwrap());
            assert_eq!(
                urls.user_hub.as_str(),
                "https://na1.example/x/public/user/refresh"
            );
            assert_eq!(urls.standard.as_str(), "https://na1.example/x/auth/token");
        }
    }
}
