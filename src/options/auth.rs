//! The options of `CXoneAuthClient`, read into a grant.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::network;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::api::ClientHeaders;
use cxone_dtmf_engine::auth::{
    AccessKey, AccessKeyGrant, ClientCredentials, Connection, Grant, Password, Renewing,
    access_key_url, auth_token_url, refresh_url, token_url,
};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::fleet::Identity;
use cxone_dtmf_engine::http::HttpOptions;
use cxone_dtmf_engine::origin::base_url_allowing;
use cxone_dtmf_options::Fields;

/// The settings of a `CXoneAuthClient`.
pub struct AuthConfig {
    pub auth_url: Url,
    pub credentials: Credentials,
    pub timeout: Duration,
    pub network: HttpOptions,
}

/// What a grant is asked with.
pub enum Credentials {
    Client {
        client: Client,
        scope: String,
    },
    Password {
        access_key: AccessKey,
        client: Client,
        scope: String,
    },
    AccessKey(AccessKey),
}

/// A registered application.
pub struct Client {
    id: String,
    secret: Secret,
}

/// The values of the option `grant`.
#[derive(Clone, Copy, Default, PartialEq)]
enum Kind {
    #[default]
    ClientCredentials,
    Password,
    AccessKey,
}

const KINDS: [(&str, Kind); 3] = [
    ("client_credentials", Kind::ClientCredentials),
    ("password", Kind::Password),
    ("access-key", Kind::AccessKey),
];

/// The options that not every grant has, with the grants that have them.
const OF_GRANTS: [(&str, &[Kind]); 5] = [
    ("clientId", &[Kind::ClientCredentials, Kind::Password]),
    ("clientSecret", &[Kind::ClientCredentials, Kind::Password]),
    ("scope", &[Kind::ClientCredentials, Kind::Password]),
    ("accessKeyId", &[Kind::Password, Kind::AccessKey]),
    ("accessKeySecret", &[Kind::Password, Kind::AccessKey]),
];

impl AuthConfig {
    pub fn read(json: &str) -> Result<Self, Error> {
        let mut fields = Fields::parse("config", json)?;
        let insecure = network::insecure_hosts(&mut fields)?;
        let auth_url = base_url_allowing("authUrl", &fields.required_text("authUrl")?, &insecure)?;
        let credentials = credentials(&mut fields)?;
        let config = Self {
            auth_url,
            credentials,
            timeout: fields
                .millis("timeoutMs", 1)?
                .unwrap_or(Connection::DEFAULT_TIMEOUT),
            network: HttpOptions {
                http1_only: fields.flag("http1Only")?.unwrap_or_default(),
                ..network::read(&mut fields, ClientHeaders::default().user_agent())?
            },
        };
        fields.finish()?;
        Ok(config)
    }
}

fn credentials(fields: &mut Fields) -> Result<Credentials, Error> {
    let kind = fields.choice("grant", &KINDS)?.unwrap_or_default();
    let foreign = OF_GRANTS
        .iter()
        .find(|(name, kinds)| fields.has(name) && !kinds.contains(&kind));
    if let Some((name, _)) = foreign {
        let named = KINDS.iter().find(|(_, other)| *other == kind);
        let grant = named.map_or("", |(grant, _)| grant);
        return Err(Error::invalid(format!(
            "{name} does not belong to grant '{grant}'"
        )));
    }
    Ok(match kind {
        Kind::ClientCredentials => Credentials::Client {
            client: client(fields)?,
            scope: fields
                .text("scope")?
                .unwrap_or_else(|| ClientCredentials::DEFAULT_SCOPE.to_owned()),
        },
        Kind::Password => Credentials::Password {
            access_key: access_key(fields)?,
            client: client(fields)?,
            scope: fields.text("scope")?.unwrap_or_default(),
        },
        Kind::AccessKey => Credentials::AccessKey(access_key(fields)?),
    })
}

fn client(fields: &mut Fields) -> Result<Client, Error> {
    Ok(Client {
        id: fields.required_text("clientId")?,
        secret: Secret::new(fields.required_text("clientSecret")?),
    })
}

fn access_key(fields: &mut Fields) -> Result<AccessKey, Error> {
    Ok(AccessKey {
        id: fields.required_text("accessKeyId")?,
        secret: Secret::new(fields.required_text("accessKeySecret")?),
    })
}

impl Credentials {
    /// Whether an answer may bring an id token, in which the tenant stands.
    pub const fn name_a_tenant(&self) -> bool {
        matches!(self, Self::Password { .. } | Self::AccessKey(_))
    }

    /// Which token they get: other processes of a fleet with the same share it.
    pub fn identity(&self, auth_url: &Url) -> Identity {
        let (grant, url, ids, secrets) = match self {
            Self::Client { client, scope } => (
                "client_credentials",
                token_url(auth_url),
                vec![&client.id, scope],
                vec![&client.secret],
            ),
            Self::Password {
                access_key,
                client,
                scope,
            } => (
                "password",
                auth_token_url(auth_url),
                vec![&client.id, &access_key.id, scope],
                vec![&client.secret, &access_key.secret],
            ),
            Self::AccessKey(access_key) => (
                "access-key",
                access_key_url(auth_url),
                vec![&access_key.id],
                vec![&access_key.secret],
            ),
        };
        let ids = ids.into_iter().cloned();
        Identity {
            of: [grant.to_owned(), url.into()]
                .into_iter()
                .chain(ids)
                .collect(),
            secrets: secrets.into_iter().cloned().collect(),
        }
    }

    /// The grant that asks with them.
    pub fn into_grant(self, connection: Connection, auth_url: &Url) -> Arc<dyn Grant> {
        match self {
            Self::Client { client, scope } => Arc::new(ClientCredentials {
                connection,
                url: token_url(auth_url),
                client_id: client.id,
                client_secret: client.secret,
                scope,
            }),
            Self::Password {
                access_key,
                client,
                scope,
            } => Arc::new(Renewing::new(Password {
                connection,
                url: auth_token_url(auth_url),
                client_id: client.id,
                client_secret: client.secret,
                access_key,
                scope,
            })),
            Self::AccessKey(access_key) => Arc::new(Renewing::new(AccessKeyGrant {
                connection,
                url: access_key_url(auth_url),
                refresh_url: refresh_url(auth_url),
                access_key,
            })),
        }
    }
}
