//! A grant whose tokens are shared.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::cipher::TokenCipher;
use super::identity::Identity;
use super::shared_token::{Known, Lifetime, Lookup, SharedToken};
use crate::BoxFuture;
use crate::Secret;
use crate::auth::{Grant, Granted, Token, expiry_margin};
use crate::error::Error;
use crate::fleet::store::{Store, StoreError};

/// How long one process may fetch before the next one tries. Above the time-out of a token request.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a process that waits looks. A token is fetched once an hour, so a wake-up is not worth its code.
const POLL: Duration = Duration::from_millis(50);

/// A grant whose tokens are shared, once it has joined a fleet.
pub struct SharedGrant {
    own: Arc<dyn Grant>,
    identity: Identity,
    fleet: OnceLock<FleetBinding>,
    last: Mutex<Last>,
}

/// Where a fleet has the token.
struct FleetBinding {
    store: Arc<Store>,
    token: SharedToken,
    cipher: TokenCipher,
}

/// The token that was given last.
#[derive(Default)]
struct Last {
    generation: u64,
    value: Option<Secret>,
    refused: bool,
}

impl SharedGrant {
    /// A grant outside of any fleet.
    #[must_use]
    pub fn new(own: Arc<dyn Grant>, identity: Identity) -> Self {
        Self {
            own,
            identity,
            fleet: OnceLock::new(),
            last: Mutex::default(),
        }
    }

    /// Shares tokens through this store from now on. A grant that has joined a fleet stays in it.
    pub fn join(&self, store: &Arc<Store>) {
        let secrets: Vec<_> = self.identity.secrets.iter().collect();
        if let Some(cipher) = TokenCipher::new(&secrets) {
            let _ = self.fleet.set(FleetBinding {
                store: Arc::clone(store),
                token: SharedToken::new(store.keys(), &self.identity, &cipher),
                cipher,
            });
        }
    }

    /// The outer error is the store's.
    async fn request_shared(
        &self,
        fleet: &FleetBinding,
    ) -> Result<Result<Granted, Error>, StoreError> {
        let FleetBinding {
            store,
            token,
            cipher,
        } = fleet;
        let refresher = format!("{}:token-{:x}", store.process(), fastrand::u64(..));
        let mut known = self.known();
        let until = Instant::now() + FETCH_TIMEOUT;
        loop {
            match token
                .lookup(store, known, &refresher, FETCH_TIMEOUT)
                .await?
            {
                Lookup::Token {
                    generation,
                    ciphertext,
                    lifetime,
                } => {
                    let data = token.associated_data(generation);
                    let Some((access_token, tenant)) = cipher.decrypt(&ciphertext, &data) else {
                        // Encrypted with another secret, or changed: as if it were not there.
                        known.generation = generation;
                        continue;
                    };
                    store.counters().shared_tokens.count();
                    self.remember(generation, &access_token);
                    return Ok(Ok(Granted {
                        access_token,
                        lifetime: lifetime.left + lifetime.margin,
                        refresh_token: None,
                        tenant,
                    }));
                }
                Lookup::Fetch { generation } => {
                    return Ok(self.fetch(fleet, &refresher, generation).await);
                }
                // The process that fetched may have died, and another have taken over.
                Lookup::Wait { .. } if Instant::now() >= until => return Err(StoreError::TimedOut),
                Lookup::Wait { most } => {
                    let jitter = POLL.mul_f64(fastrand::f64() / 2.0);
                    sleep(POLL.min(most) + jitter).await;
                }
            }
        }
    }

    /// Fetches the token for which all other processes wait.
    async fn fetch(
        &self,
        fleet: &FleetBinding,
        refresher: &str,
        generation: u64,
    ) -> Result<Granted, Error> {
        let granted = self.own.request().await;
        // If the store does not take the result, other processes fetch tokens of their own.
        let published = match &granted {
            Ok(granted) => fleet.publish(refresher, generation, granted).await.is_ok(),
            Err(_) => false,
        };
        if !published {
            let _ = fleet.token.abandon(&fleet.store, refresher).await;
        }
        if let Ok(granted) = &granted {
            self.remember(generation, &granted.access_token);
        }
        granted
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Known {
        let last = self.last();
        Known {
            generation: last.generation,
            refused: last.refused,
        }
    }

    fn remember(&self, generation: u64, token: &Secret) {
        *self.last() = Last {
            generation,
            value: Some(token.clone()),
            refused: false,
        };
    }
}

impl FleetBinding {
    async fn publish(
        &self,
        refresher: &str,
        generation: u64,
        granted: &Granted,
    ) -> Result<(), StoreError> {
        let data = self.token.associated_data(generation);
        let Some(ciphertext) = self.cipher.encrypt(granted, &data) else {
            return self.token.abandon(&self.store, refresher).await;
        };
        let margin = expiry_margin(granted.lifetime);
        let lifetime = Lifetime {
            left: granted.lifetime.saturating_sub(margin),
            margin,
        };
        self.token
            .publish(&self.store, refresher, generation, &ciphertext, lifetime)
            .await
    }
}

impl Grant for SharedGrant {
    fn request(&self) -> BoxFuture<'_, Result<Granted, Error>> {
        Box::pin(async move {
            let Some(fleet) = self.fleet.get() else {
                return self.own.request().await;
            };
            match self.request_shared(fleet).await {
                Ok(granted) => granted,
                Err(error) => {
                    tracing::debug!(%error, "the fleet cannot be asked for a token");
                    self.own.request().await
                }
            }
        })
    }

    fn refused(&self, token: &Token) {
        let mut last = self.last();
        if last.value.as_ref() == Some(&token.value) {
            last.refused = true;
        }
    }
}

impl fmt::Debug for SharedGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedGrant").finish_non_exhaustive()
    }
}
