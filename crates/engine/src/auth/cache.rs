//! The token cache: the rules of [`SingleFlight`] with a clock, a lock, tasks and waiting callers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::instrument::WithSubscriber as _;

use super::single_flight::{Asked, Landed, SingleFlight};
use super::token::{Grant, Granted, Token, TokenObserver, TokenSource};
use crate::BoxFuture;
use crate::error::Error;

type Waiter = oneshot::Sender<Result<Token, Error>>;
type State = SingleFlight<Waiter>;

/// Keeps one token and shares one request for the next among all callers.
///
/// A request runs as a task of its own, so a caller that goes away takes nothing from the others.
/// The task ends when the last owner of the cache is gone. An idle cache asks for nothing.
pub struct TokenCache {
    this: Weak<Self>,
    grant: Arc<dyn Grant>,
    observer: Arc<dyn TokenObserver>,
    origin: Instant,
    state: Mutex<State>,
    closing: CancellationToken,
    _close: DropGuard,
}

impl TokenCache {
    /// An empty cache. Its [`TokenSource::token`] must be awaited within a tokio runtime.
    #[must_use]
    pub fn new(grant: Arc<dyn Grant>, observer: Arc<dyn TokenObserver>) -> Arc<Self> {
        let closing = CancellationToken::new();
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            grant,
            observer,
            origin: Instant::now(),
            state: Mutex::default(),
            _close: closing.clone().drop_guard(),
            closing,
        })
    }

    /// Forgets the token: the next call fetches anew, or joins the request that is under way.
    /// A pause after a failed request stays.
    pub fn invalidate_current(&self) {
        self.state().invalidate_current();
    }

    /// The token that would be given now without a request, with the time that it still serves.
    pub fn held(&self) -> Option<(Token, Duration)> {
        let state = self.state();
        state.held(self.now())
    }

    /// Nothing under the lock can panic, so a poisoned lock guards a sound state all the same.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn current(&self) -> Result<Token, Error> {
        let mut end = None;
        let asked = {
            let mut state = self.state();
            // Read under the lock, so that the state never sees time run back.
            let now = self.now();
            state.ask(now, || {
                let (waiter, receiver) = oneshot::channel();
                end = Some(receiver);
                waiter
            })
        };
        match asked {
            Asked::Ready { token, refresh } => {
                if refresh {
                    self.start();
                }
                return Ok(token);
            }
            Asked::Failed(error) => return Err(error),
            Asked::Fetch => self.start(),
            Asked::Wait => {}
        }
        match end {
            Some(end) => end.await.unwrap_or_else(|_| Err(State::lost_error())),
            None => Err(State::lost_error()),
        }
    }

    /// Never called under the lock: a runtime that shuts down drops the task at once, and dropping it locks.
    fn start(&self) {
        let landing = Landing {
            cache: self.this.clone(),
            pending: true,
        };
        let grant = Arc::clone(&self.grant);
        let closing = self.closing.clone();
        let flight = async move {
            let landing = landing;
            tracing::debug!("asking for an OAuth token");
            if let Some(result) = closing.run_until_cancelled(grant.request()).await {
                landing.fetched(result);
            }
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(flight.with_current_subscriber());
        }
    }

    /// The observer comes first, so that its log line stands before what the callers do next.
    fn land(&self, landed: Landed<Waiter>) {
        match &landed.result {
            Ok(token) => {
                tracing::debug!(generation = token.generation, "got an OAuth token");
                self.observer.refreshed();
            }
            Err(error) => {
                tracing::debug!(
                    code = error.code.as_str(),
                    retryable = error.retryable,
                    "the OAuth token request failed"
                );
                if landed.usable {
                    self.observer.refresh_failed(error);
                }
            }
        }
        for waiter in landed.waiters {
            // A caller may have gone away in the meantime.
            let _ = waiter.send(landed.result.clone());
        }
    }
}

impl TokenSource for TokenCache {
    fn token(&self) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(self.current())
    }

    fn invalidate(&self, refused: &Token) {
        if self.state().invalidate(refused.generation) {
            self.grant.refused(refused);
        }
    }

    fn age(&self) -> Option<Duration> {
        let state = self.state();
        state.age(self.now())
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}

/// Reports the end of one request, even of one whose task dies.
struct Landing {
    cache: Weak<TokenCache>,
    pending: bool,
}

impl Landing {
    fn fetched(mut self, result: Result<Granted, Error>) {
        self.pending = false;
        self.report(|state, now| state.fetched(now, result));
    }

    fn report(&self, end: impl FnOnce(&mut State, Duration) -> Option<Landed<Waiter>>) {
        let Some(cache) = self.cache.upgrade() else {
            return;
        };
        let landed = {
            let mut state = cache.state();
            let now = cache.now();
            end(&mut state, now)
        };
        if let Some(landed) = landed {
            cache.land(landed);
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if self.pending {
            self.report(State::lost);
        }
    }
}

#[cfg(test)]
mod tests;
