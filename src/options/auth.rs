//! The options of `CXoneAuthClient`, read into a grant.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use url::Url;

use crate::foreign_secrets::ForeignSecrets;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::api::ClientHeaders;
use cxone_dtmf_engine::auth::{
    AccessKey, AccessKeyGrant, Client, ClientAuthentication, ClientCredentials, Connection,
    Credential, Grant, Password, RefreshUrls, Renewing, access_key_url, auth_token_url, token_url,
};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::fleet::Identity;
use cxone_dtmf_engine::http::{ConnectionOptions, HttpOptions};
use cxone_dtmf_engine::origin::base_url_allowing;
use cxone_dtmf_options::{
    Choice, Field, Fields, OptionError, OptionSpec, choice, flag, millis, options, secret, text,
};

/// The settings of a `CXoneAuthClient`.
#[derive(Clone)]
pub struct AuthConfig {
    pub auth_url: Url,
    pub credentials: Credentials,
    pub timeout: Duration,
    pub network: HttpOptions,
}

/// What a grant is asked with.
#[derive(Clone)]
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

/// The values of the option `grant`.
#[derive(Clone, Copy, PartialEq)]
enum GrantName {
    ClientCredentials,
    Password,
    AccessKey,
}

impl GrantName {
    /// The values and their names in JavaScript.
    const NAMED: [(&'static str, Self); 3] = [
        ("client_credentials", Self::ClientCredentials),
        ("password", Self::Password),
        ("access-key", Self::AccessKey),
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::AccessKey => "access-key",
        }
    }
}

/// The grants of a registered application.
const OF_CLIENTS: &[&str] = &["client_credentials", "password"];

/// The grants of an access key.
const OF_ACCESS_KEYS: &[&str] = &["password", "access-key"];

/// Read before all others: which of them there are depends on it.
const GRANT: Field<Choice<GrantName>> = choice("grant", &GrantName::NAMED);

const DEFAULT_GRANT: GrantName = GrantName::ClientCredentials;

options! {
    /// The options of which the binding alone knows what to make.
    struct Parts {
        /// The base URL of the token endpoint, which depends on the grant. `https`, or `http` to loopback and
        /// `insecureHosts`.
        auth_url: String = String::new() => text("authUrl").required();
        /// The client id.
        client_id: Option<String> = None => text("clientId").only_with("grant", OF_CLIENTS).default_doc("required");
        /// The client secret, or a function that gives it, sync or async, asked at each request for a token. It is kept in memory that is wiped, and printed nowhere.
        client_secret: Option<Secret> = None => secret("clientSecret").only_with("grant", OF_CLIENTS).default_doc("required");
        /// Where client id and secret go: into the form, or into the header `Authorization` (RFC 6749 §2.3.1). NICE registers an
        /// application for one of the two.
        client_authentication: ClientAuthentication = ClientAuthentication::Body
            => choice("clientAuthentication", &ClientAuthentication::NAMED).only_with("grant", OF_CLIENTS);
        /// The scopes to ask for, separated by blanks.
        scope: Option<String> = None
            => text("scope")
                .only_with("grant", OF_CLIENTS)
                .default_doc("`telephony:call:control telephony:line:readwrite`; none with grant `password`");
        /// The id of the access key, from the page of its user in the tenant.
        access_key_id: Option<String> = None => text("accessKeyId").only_with("grant", OF_ACCESS_KEYS).default_doc("required");
        /// The secret of the access key, or a function that gives it, sync or async, asked at each request for a token. It is kept in memory that is wiped, and printed nowhere.
        access_key_secret: Option<Secret> = None => secret("accessKeySecret").only_with("grant", OF_ACCESS_KEYS).default_doc("required");
        /// The bound on one token request.
        timeout: Duration = Connection::DEFAULT_TIMEOUT => millis("timeoutMs", 1);
        /// Whether no HTTP/2 is offered to the token endpoint.
        http1_only: bool = false => flag("http1Only");
        elsewhere {
            /// Takes the log lines of this client; `false` for silence.
            "logger": "logger" = "the logger of the injector that uses it";
        }
    }
}

/// The options that not every grant has, with the grants that have them.
static OF_GRANTS: LazyLock<Vec<(&'static str, &'static [&'static str])>> = LazyLock::new(|| {
    let options = table().into_iter();
    let some = options.filter_map(|option| Some((option.name, option.only_with?.1)));
    some.collect()
});

pub(super) fn table() -> Vec<OptionSpec> {
    [
        vec![GRANT.spec(&DEFAULT_GRANT, "How tokens are asked for. `'password'` and `'access-key'` are the grants that NICE publishes.")],
        Parts::options(),
        ConnectionOptions::options(),
    ]
    .concat()
}

impl AuthConfig {
    /// `asked` are the options that are functions of the program, which `secrets` asks.
    pub fn read(
        json: &str,
        asked: &[String],
        secrets: &Arc<ForeignSecrets>,
    ) -> Result<Self, Error> {
        let mut fields = Fields::parse("config", json)?;
        let grant = grant(&mut fields, asked)?;
        let connection = ConnectionOptions::default().over(&mut fields)?;
        let parts = Parts::default().over(&mut fields)?;
        fields.finish()?;
        let insecure = &connection.insecure_hosts;
        Ok(Self {
            auth_url: base_url_allowing("authUrl", &parts.auth_url, insecure)?,
            timeout: parts.timeout,
            network: HttpOptions {
                http1_only: parts.http1_only,
                ..connection.http(ClientHeaders::default().user_agent())
            },
            credentials: parts.credentials(grant, |option| {
                let is_asked = asked.iter().any(|asked| asked == option);
                is_asked.then(|| secrets.credential(option))
            })?,
        })
    }
}

/// Reads `grant`; options of another one are refused.
fn grant(fields: &mut Fields, asked: &[String]) -> Result<GrantName, Error> {
    let grant = GRANT.read(fields)?.unwrap_or(DEFAULT_GRANT);
    let name = grant.as_str();
    let mut foreign = OF_GRANTS.iter();
    let has = |option| fields.has(option) || asked.iter().any(|asked| asked == option);
    match foreign.find(|(option, grants)| has(option) && !grants.contains(&name)) {
        None => Ok(grant),
        Some((option, _)) => Err(Error::invalid(format!(
            "{option} does not belong to grant '{name}'"
        ))),
    }
}

impl Parts {
    fn credentials(
        self,
        grant: GrantName,
        asked: impl Fn(&'static str) -> Option<Credential>,
    ) -> Result<Credentials, OptionError> {
        let secret = |option, given: Option<Secret>| {
            needed(
                option,
                given.map(Credential::from).or_else(|| asked(option)),
            )
        };
        let client = || {
            Ok::<_, OptionError>(Client {
                id: needed("clientId", self.client_id)?,
                secret: secret("clientSecret", self.client_secret)?,
                authentication: self.client_authentication,
            })
        };
        let access_key = || {
            Ok::<_, OptionError>(AccessKey {
                id: needed("accessKeyId", self.access_key_id)?,
                secret: secret("accessKeySecret", self.access_key_secret)?,
            })
        };
        let scope = self.scope;
        Ok(match grant {
            GrantName::ClientCredentials => Credentials::Client {
                client: client()?,
                scope: scope.unwrap_or_else(|| ClientCredentials::DEFAULT_SCOPE.to_owned()),
            },
            GrantName::Password => Credentials::Password {
                access_key: access_key()?,
                client: client()?,
                scope: scope.unwrap_or_default(),
            },
            GrantName::AccessKey => Credentials::AccessKey(access_key()?),
        })
    }
}

/// An option that the grant cannot do without.
fn needed<T>(name: &'static str, read: Option<T>) -> Result<T, OptionError> {
    read.ok_or_else(|| OptionError::missing(name, text(name).rule()))
}

impl Credentials {
    /// The name of the grant in JavaScript.
    pub const fn grant(&self) -> &'static str {
        match self {
            Self::Client { .. } => GrantName::ClientCredentials.as_str(),
            Self::Password { .. } => GrantName::Password.as_str(),
            Self::AccessKey(_) => GrantName::AccessKey.as_str(),
        }
    }

    /// Which token they get: other processes of a fleet with the same share it.
    pub fn identity(&self, auth_url: &Url) -> Identity {
        let (url, ids, secrets) = match self {
            Self::Client { client, scope } => (
                token_url(auth_url),
                vec![&client.id, scope],
                vec![&client.secret],
            ),
            Self::Password {
                access_key,
                client,
                scope,
            } => (
                auth_token_url(auth_url),
                vec![&client.id, &access_key.id, scope],
                vec![&client.secret, &access_key.secret],
            ),
            Self::AccessKey(access_key) => (
                access_key_url(auth_url),
                vec![&access_key.id],
                vec![&access_key.secret],
            ),
        };
        let ids = ids.into_iter().cloned();
        Identity {
            of: [self.grant().to_owned(), url.into()]
                .into_iter()
                .chain(ids)
                .collect(),
            secrets: secrets
                .into_iter()
                .filter_map(Credential::given)
                .cloned()
                .collect(),
        }
    }

    /// Whether all secrets stay as they are.
    pub fn stay(&self) -> bool {
        let of = |secrets: &[&Credential]| secrets.iter().all(|secret| secret.given().is_some());
        match self {
            Self::Client { client, .. } => of(&[&client.secret]),
            Self::Password {
                access_key, client, ..
            } => of(&[&client.secret, &access_key.secret]),
            Self::AccessKey(access_key) => of(&[&access_key.secret]),
        }
    }

    /// The grant that asks with them.
    pub fn into_grant(self, connection: Connection, auth_url: &Url) -> Arc<dyn Grant> {
        match self {
            Self::Client { client, scope } => Arc::new(ClientCredentials {
                connection,
                url: token_url(auth_url),
                client,
                scope,
            }),
            Self::Password {
                access_key,
                client,
                scope,
            } => Arc::new(Renewing::new(Password {
                connection,
                url: auth_token_url(auth_url),
                client,
                access_key,
                scope,
            })),
            Self::AccessKey(access_key) => Arc::new(Renewing::new(AccessKeyGrant {
                connection,
                url: access_key_url(auth_url),
                refresh_urls: RefreshUrls::of(auth_url),
                access_key,
            })),
        }
    }
}
