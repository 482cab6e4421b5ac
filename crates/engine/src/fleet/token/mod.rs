//! One token for the whole fleet.
//!
//! [`SharedGrant`] stands behind the token cache of a process, in the place of its grant: the cache's single flight comes
//! first, so a process asks the fleet once, and of all processes one asks the token endpoint.
//!
//! * [`seal`](self) makes a token unreadable for the store, [`token_store`](self) is where it lies.
//!
//! A cache asks for a token because it has none, its own grows old, or its own was refused. In each case it wants one
//! that is newer than the last it got, and that is all there is to invalidation: the refusal of one generation is never
//! held against the next. While the store is away, or slow, the process fetches a token for itself.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::store::{Store, StoreError};
use crate::BoxFuture;
use crate::Secret;
use crate::auth::{Grant, Granted, Token, expiry_margin};
use crate::error::Error;

mod seal;
mod token_store;

use seal::Seal;
use token_store::{Lookup, SharedTokenStore};

/// How long others wait for the one that fetches, before the next of them does. Above the time-out of a token request.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often those who wait look. A token is fetched once an hour, so nobody is rung.
pub const POLL: Duration = Duration::from_millis(50);

/// Which token it is: processes whose grants have the same identity share it.
pub struct Identity {
    /// The name of the grant, the token endpoint, the ids of client and key, the scopes.
    pub of: Vec<String>,
    /// What opens the token: the secrets that it is asked for with.
    pub secrets: Vec<Secret>,
}

impl Identity {
    /// One text for all parts.
    fn name(&self) -> String {
        let parts = self.of.iter().map(|part| format!("{}:{part}", part.len()));
        parts.collect()
    }
}

/// A grant whose tokens are shared, from the moment that it joins a fleet.
pub struct SharedGrant {
    own: Arc<dyn Grant>,
    identity: Identity,
    fleet: OnceLock<FleetBinding>,
    last: Mutex<Last>,
}

/// Where the token of a fleet is.
struct FleetBinding {
    store: Arc<Store>,
    token_store: SharedTokenStore,
    seal: Seal,
}

/// The token that was given last.
#[derive(Default)]
struct Last {
    generation: u64,
    value: Option<Secret>,
    refused: bool,
}

impl SharedGrant {
    /// Not of any fleet yet.
    #[must_use]
    pub fn new(own: Arc<dyn Grant>, identity: Identity) -> Self {
        Self {
            own,
            identity,
            fleet: OnceLock::new(),
            last: Mutex::default(),
        }
    }

    /// Shares tokens through this store from now on. Nothing happens when it does so already, through any.
    pub fn join(&self, store: &Arc<Store>) {
        let secrets: Vec<_> = self.identity.secrets.iter().collect();
        if let Some(seal) = Seal::new(&secrets) {
            let _ = self.fleet.set(FleetBinding {
                store: Arc::clone(store),
                token_store: SharedTokenStore::new(store.keys(), &self.identity),
                seal,
            });
        }
    }

    /// The error is the store's: it could not be asked.
    async fn shared(&self, fleet: &FleetBinding) -> Result<Result<Granted, Error>, StoreError> {
        let FleetBinding {
            store,
            token_store,
            seal,
        } = fleet;
        let asker = format!("{}:{:x}", store.process(), fastrand::u64(..));
        let (mut known, refused) = self.asking_for();
        let until = Instant::now() + PATIENCE;
        loop {
            match token_store
                .ask(store, (known, refused), &asker, PATIENCE)
                .await?
            {
                Lookup::Token {
                    generation,
                    sealed,
                    left,
                    margin,
                } => {
                    let Some((access_token, tenant)) =
                        seal.open(&sealed, &token_store.place(generation))
                    else {
                        // Sealed with another secret, or changed: as if it were not there.
                        known = generation;
                        continue;
                    };
                    store.counters().shared_token();
                    self.gave(generation, &access_token);
                    return Ok(Ok(Granted {
                        access_token,
                        lifetime: left + margin,
                        refresh_token: None,
                        tenant,
                    }));
                }
                Lookup::Fetch { generation } => {
                    return Ok(self.fetch(fleet, &asker, generation).await);
                }
                // The one that fetches may have died, and the next may have taken its place.
                Lookup::Wait { .. } if Instant::now() >= until => return Err(StoreError::TimedOut),
                Lookup::Wait { most } => {
                    let jitter = POLL.mul_f64(fastrand::f64() / 2.0);
                    sleep(POLL.min(most) + jitter).await;
                }
            }
        }
    }

    /// Fetches the token that all others wait for.
    async fn fetch(
        &self,
        fleet: &FleetBinding,
        asker: &str,
        generation: u64,
    ) -> Result<Granted, Error> {
        let FleetBinding {
            store,
            token_store,
            seal,
        } = fleet;
        let granted = self.own.request().await;
        let sealed = granted.as_ref().ok().and_then(|granted| {
            Some((granted, seal.seal(granted, &token_store.place(generation))?))
        });
        // A store that does not hear of it makes others fetch their own.
        let _ = match sealed {
            Some((granted, sealed)) => {
                let margin = expiry_margin(granted.lifetime);
                let left = granted.lifetime.saturating_sub(margin);
                let times = (left, margin);
                token_store
                    .publish(store, asker, generation, &sealed, times)
                    .await
            }
            None => token_store.give_up(store, asker).await,
        };
        if let Ok(granted) = &granted {
            self.gave(generation, &granted.access_token);
        }
        granted
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asking_for(&self) -> (u64, bool) {
        let last = self.last();
        (last.generation, last.refused)
    }

    fn gave(&self, generation: u64, token: &Secret) {
        *self.last() = Last {
            generation,
            value: Some(token.clone()),
            refused: false,
        };
    }
}

impl Grant for SharedGrant {
    fn request(&self) -> BoxFuture<'_, Result<Granted, Error>> {
        Box::pin(async move {
            let Some(fleet) = self.fleet.get() else {
                return self.own.request().await;
            };
            match self.shared(fleet).await {
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
