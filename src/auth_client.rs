//! `CXoneAuthClient`, the native half.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use napi::bindgen_prelude::{Either, spawn};
use napi_derive::napi;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::failure::{Answered, Failure, failure_json};
use super::foreign_secrets::ForeignSecrets;
use super::lane::NativeLane;
use super::options::{self, AuthConfig, Section};
use super::outbox::Outbox;
use super::record::{TokenRefreshFailed, TokenRefreshed};
use super::thrown::Thrown;
use super::times::{millis, whole};
use cxone_dtmf_engine::auth::{Connection, TokenCache, TokenObserver, TokenSource};
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::endpoint::{AllowedHosts, Discovered, Endpoint};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::fleet::{SharedGrant, Store};
use cxone_dtmf_engine::http::Peer;
use cxone_dtmf_engine::origin::{Hosts, is_of_platform};

/// Fetches tokens and keeps the current one.
#[napi]
pub struct NativeAuthClient {
    cache: Arc<TokenCache>,
    /// Where the cache gets its tokens: from the grant alone, until an injector lets it share those of a fleet.
    grant: Arc<SharedGrant>,
    issuer: Issuer,
    name_of_grant: &'static str,
    observer: Arc<Observer>,
    outbox: Arc<Outbox>,
    /// The functions of the program that stand for secrets.
    secrets: Arc<ForeignSecrets>,
    /// Whether its secrets stay as they are, so that the key of a shared token can be made of them.
    shares: bool,
    shown: String,
}

/// The server to ask where the API of a tenant is.
struct Issuer {
    connection: Connection,
    auth_url: Url,
}

/// Sends what becomes of tokens down the lane, and counts them.
struct Observer {
    client: f64,
    outbox: Arc<Outbox>,
    refreshes: AtomicU64,
}

impl TokenObserver for Observer {
    fn refreshed(&self) {
        self.refreshes.fetch_add(1, Ordering::Relaxed);
        self.outbox.push(&TokenRefreshed {
            client: self.client,
        });
    }

    fn refresh_failed(&self, error: &Error) {
        self.outbox.push(&TokenRefreshFailed {
            client: self.client,
            error: Failure::from(error),
            answer: Answered::of(error),
        });
    }
}

#[napi]
impl NativeAuthClient {
    /// Makes a client, or tells what is wrong as the JSON text of a failure. `client` is the number that records name it by,
    /// and `asked` are the options that are functions.
    #[napi(catch_unwind)]
    pub fn open(
        lane: &NativeLane,
        client: f64,
        config: String,
        asked: Vec<String>,
    ) -> Either<NativeAuthClient, String> {
        let json = Zeroizing::new(config);
        let secrets = ForeignSecrets::new(client, lane.outbox());
        let made = AuthConfig::read(&json, &asked, &secrets).and_then(|config| {
            let shown = options::shown(Section::Auth, &json);
            Self::with(lane, client, (config, secrets), shown)
        });
        match made {
            Ok(client) => Either::A(client),
            Err(error) => Either::B(failure_json(&error)),
        }
    }

    /// Settles the promise `id` with the current token.
    #[napi(catch_unwind)]
    pub fn get_access_token(&self, id: f64) {
        let cache = Arc::clone(&self.cache);
        let outbox = Arc::clone(&self.outbox);
        spawn(async move {
            let token = cache.token().await;
            outbox.settle(
                id,
                token.map(|token| Some(Value::String(token.value.expose().to_owned()))),
            );
        });
    }

    /// Settles the promise `id` with the `Date` of a host that is there, by the settings of this client. For `doctor`.
    #[napi(catch_unwind)]
    pub fn probe(&self, id: f64, address: String, is_token_endpoint: bool) {
        let connection = self.issuer.connection.clone();
        let outbox = Arc::clone(&self.outbox);
        let peer = if is_token_endpoint {
            Peer::TokenEndpoint
        } else {
            Peer::Platform
        };
        spawn(async move {
            let date = match address.parse() {
                Ok(uri) => connection.probe(&uri, peer).await,
                Err(_) => Err(Error::invalid("the address cannot be read")),
            };
            outbox.settle(id, date.map(|date| date.map(Value::String)));
        });
    }

    /// The name of the grant.
    #[napi(getter, catch_unwind)]
    pub fn grant(&self) -> &'static str {
        self.name_of_grant
    }

    /// Whether tokens come from an address of NICE.
    #[napi(getter, catch_unwind)]
    pub fn on_platform(&self) -> bool {
        is_of_platform(&self.issuer.auth_url)
    }

    /// The token that would be given now without a request.
    #[napi(getter, catch_unwind)]
    pub fn token(&self) -> Option<String> {
        let (token, _) = self.cache.held()?;
        Some(token.value.expose().to_owned())
    }

    /// Until when that token serves, in milliseconds since 1970; 0 without one.
    #[napi(getter, catch_unwind)]
    pub fn token_expiry(&self) -> f64 {
        let until = (self.cache.held()).map(|(_, left)| SystemTime::now() + left);
        let since = until.and_then(|until| until.duration_since(UNIX_EPOCH).ok());
        since.map_or(0.0, |since| millis(since).floor())
    }

    /// What was read, as JSON text without secrets.
    #[napi(getter, catch_unwind)]
    pub fn shown(&self) -> String {
        self.shown.clone()
    }

    /// A function that stands for a secret answered; `null` is what is no text.
    #[napi(catch_unwind)]
    pub fn secret_answered(&self, request: u32, secret: Option<String>) {
        self.secrets.answered(request, secret);
    }

    /// Such a function threw what `thrown` describes and JavaScript keeps under the number `cause`.
    #[napi(catch_unwind)]
    pub fn secret_failed(&self, request: u32, thrown: String, cause: f64) {
        (self.secrets).threw(request, &Thrown::read(&thrown), whole(cause));
    }

    /// Forgets the token.
    #[napi(catch_unwind)]
    pub fn invalidate_token(&self) {
        self.cache.invalidate_current();
    }
}

impl NativeAuthClient {
    fn with(
        lane: &NativeLane,
        client: f64,
        (config, secrets): (AuthConfig, Arc<ForeignSecrets>),
        shown: String,
    ) -> Result<Self, Error> {
        let outbox = lane.outbox();
        let observer = Arc::new(Observer {
            client,
            outbox: Arc::clone(&outbox),
            refreshes: AtomicU64::new(0),
        });
        let connection = Connection {
            transport: lane.transports().with(config.network)?.control,
            timeout: config.timeout,
            clock: WallClock::system(),
        };
        let issuer = Issuer {
            connection: connection.clone(),
            auth_url: config.auth_url.clone(),
        };
        let name_of_grant = config.credentials.grant();
        let identity = config.credentials.identity(&config.auth_url);
        let shares = config.credentials.stay();
        let own = config.credentials.into_grant(connection, &config.auth_url);
        let grant = Arc::new(SharedGrant::new(own, identity));
        let told: Arc<dyn TokenObserver> = observer.clone();
        Ok(Self {
            cache: TokenCache::new(grant.clone(), told),
            grant,
            issuer,
            name_of_grant,
            observer,
            outbox,
            secrets,
            shares,
            shown,
        })
    }

    pub fn source(&self) -> Arc<dyn TokenSource> {
        self.cache.clone()
    }

    /// Shares the tokens with the fleet of this store. Later calls with another store change nothing, nor do those of a client
    /// whose secrets are asked for: the key that seals a shared token is made of them.
    pub fn join(&self, store: &Arc<Store>) {
        if self.shares {
            self.grant.join(store);
        }
    }

    /// The address that the platform tells. `hosts` are those that it may name besides its own.
    pub fn discovered(&self, hosts: Hosts) -> Arc<dyn Endpoint> {
        let Issuer {
            connection,
            auth_url,
        } = &self.issuer;
        let allowed = AllowedHosts::new(hosts, auth_url);
        Arc::new(Discovered::new(connection.clone(), auth_url, allowed))
    }

    pub fn refreshes(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let observer = Arc::clone(&self.observer);
        move || observer.refreshes.load(Ordering::Relaxed)
    }
}

/// Tokens of other sources come from no address that could be asked.
pub fn not_discoverable() -> Error {
    Error::invalid(
        "apiUrl: 'discover' needs a CXoneAuthClient: other sources of tokens have no address that could be asked",
    )
}
