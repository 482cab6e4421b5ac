//! `CXoneAuthClient`, the native half.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use napi::bindgen_prelude::spawn;
use napi_derive::napi;
use serde_json::Value;

use super::failure_json;
use super::http;
use super::lane::{NativeLane, Outbox};
use super::options::AuthConfig;
use super::record::{Failure, Record};
use crate::auth::{ClientCredentials, TokenCache, TokenObserver, TokenSource, token_url};
use crate::clock::WallClock;
use crate::error::Error;

/// Fetches tokens and keeps the current one.
#[napi]
pub struct NativeAuthClient {
    cache: Arc<TokenCache>,
    observer: Arc<Observer>,
    outbox: Arc<Outbox>,
}

/// Tells the lane, and counts.
struct Observer {
    client: f64,
    outbox: Arc<Outbox>,
    refreshes: AtomicU64,
}

impl TokenObserver for Observer {
    fn refreshed(&self) {
        self.refreshes.fetch_add(1, Ordering::Relaxed);
        self.outbox.push(&Record::TokenRefreshed {
            client: self.client,
        });
    }

    fn refresh_failed(&self, error: &Error) {
        self.outbox.push(&Record::TokenRefreshFailed {
            client: self.client,
            error: Failure::from(error),
        });
    }
}

#[napi]
impl NativeAuthClient {
    /// What is wrong with a config, as the JSON text of a failure.
    #[napi(catch_unwind)]
    pub fn check(config: String) -> Option<String> {
        AuthConfig::read(&config)
            .and_then(|config| http::check(&config.network))
            .err()
            .as_ref()
            .map(failure_json)
    }

    /// `client` is the number that records name this client by.
    #[napi(constructor, catch_unwind)]
    pub fn new(lane: &NativeLane, client: f64, config: String) -> napi::Result<Self> {
        let config = AuthConfig::read(&config).map_err(super::unchecked)?;
        let outbox = lane.outbox();
        let observer = Arc::new(Observer {
            client,
            outbox: Arc::clone(&outbox),
            refreshes: AtomicU64::new(0),
        });
        let grant = ClientCredentials {
            transport: lane
                .transports()
                .with(config.network)
                .map_err(super::unchecked)?,
            url: token_url(&config.auth_url),
            client_id: config.client_id,
            client_secret: config.client_secret,
            scope: config.scope,
            timeout: config.timeout,
            clock: WallClock::system(),
        };
        let told: Arc<dyn TokenObserver> = observer.clone();
        Ok(Self {
            cache: TokenCache::new(Arc::new(grant), told),
            observer,
            outbox,
        })
    }

    /// Settles the promise `id` with the current token.
    #[napi(catch_unwind)]
    pub fn get_access_token(&self, id: f64) {
        let cache = Arc::clone(&self.cache);
        let outbox = Arc::clone(&self.outbox);
        spawn(async move {
            let token = cache.token().await;
            super::settle(
                &outbox,
                id,
                token.map(|token| Some(Value::String(token.value.expose().to_owned()))),
            );
        });
    }

    /// Forgets the token.
    #[napi(catch_unwind)]
    pub fn invalidate_token(&self) {
        self.cache.invalidate_current();
    }
}

impl NativeAuthClient {
    pub(super) fn source(&self) -> Arc<dyn TokenSource> {
        self.cache.clone()
    }

    pub(super) fn refreshes(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let observer = Arc::clone(&self.observer);
        move || observer.refreshes.load(Ordering::Relaxed)
    }
}
