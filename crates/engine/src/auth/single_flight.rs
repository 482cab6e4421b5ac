//! Which callers get the token, wait for one or are refused: the rules of the cache, without clock, tasks or I/O.
//! Time is the duration since an origin of the caller's choice.
//!
//! The caller holds a lock around each method, starts the request when it is told to, and reports
//! its end with [`SingleFlight::fetched`] or [`SingleFlight::lost`], exactly once per request.

mod held;
mod pause;
mod told;

use std::time::Duration;

use super::token::{Granted, Token};
use crate::error::{Code, Error};
use held::Held;
use pause::Pause;
pub use told::{Asked, Landed};

struct Flight<W> {
    began: Duration,
    waiters: Vec<W>,
}

/// The state of one token source, generic over what stands for a waiting caller.
///
/// A token and a request may be present together: that is a refresh ahead of time. While a token is
/// usable no caller waits, so waiters exist only beside a request.
pub struct SingleFlight<W> {
    held: Option<Held>,
    flight: Option<Flight<W>>,
    pause: Option<Pause>,
    generation: u64,
}

impl<W> Default for SingleFlight<W> {
    fn default() -> Self {
        Self {
            held: None,
            flight: None,
            pause: None,
            generation: 0,
        }
    }
}

impl<W> SingleFlight<W> {
    /// A caller needs a token. `waiter` is called only when the caller has to wait.
    pub fn ask(&mut self, now: Duration, waiter: impl FnOnce() -> W) -> Asked {
        if let Some(held) = self.held.as_ref().filter(|held| held.usable(now)) {
            let token = held.token.clone();
            let refresh = held.is_due(now) && self.flight.is_none() && !self.pausing(now);
            if refresh {
                self.begin(now, Vec::new());
            }
            return Asked::Ready { token, refresh };
        }
        // Time does not run back: an expired token is only a secret in memory.
        self.held = None;
        if let Some(flight) = &mut self.flight {
            flight.waiters.push(waiter());
            return Asked::Wait;
        }
        if let Some(pause) = self.pause.as_ref().filter(|pause| pause.lasts(now)) {
            return Asked::Failed(pause.error(now));
        }
        self.begin(now, vec![waiter()]);
        Asked::Fetch
    }

    /// The request under way ended. `None` when there was none.
    pub fn fetched(&mut self, now: Duration, result: Result<Granted, Error>) -> Option<Landed<W>> {
        let Flight { began, waiters } = self.flight.take()?;
        let result = match result {
            Ok(granted) => Ok(self.hold(now, began, granted)),
            Err(error) => Err(self.rest(now, error)),
        };
        Some(Landed {
            waiters,
            result,
            usable: self.usable(now),
        })
    }

    /// The request under way vanished without a result, by a fault of this program.
    /// There is no pause then: it says nothing of the endpoint. `None` when there was no request.
    pub fn lost(&mut self, now: Duration) -> Option<Landed<W>> {
        let flight = self.flight.take()?;
        Some(Landed {
            waiters: flight.waiters,
            result: Err(Self::lost_error()),
            usable: self.usable(now),
        })
    }

    /// What callers get when their request vanished.
    #[must_use]
    pub fn lost_error() -> Error {
        Error::not_sent(
            Code::Auth,
            "OAuth authentication failed: the token request was dropped before it ended; try again",
        )
        .retryable(None)
    }

    /// The platform refused the token of this generation. Any other generation is left alone,
    /// and so is a request under way: what it brings has a new generation. Answers whether it was held.
    pub fn invalidate(&mut self, generation: u64) -> bool {
        let held = self.held.as_ref();
        let refused = held.is_some_and(|held| held.token.generation == generation);
        if refused {
            self.held = None;
        }
        refused
    }

    /// Forgets the token, whichever it is. A pause stays: forgetting must not become a way round it.
    pub fn invalidate_current(&mut self) {
        self.held = None;
    }

    /// The token that would be handed out now, if any, with the time that it still serves.
    #[must_use]
    pub fn held(&self, now: Duration) -> Option<(Token, Duration)> {
        let held = self.held.as_ref().filter(|held| held.usable(now))?;
        Some((held.token.clone(), held.usable_for(now)))
    }

    /// The age of the token that would be handed out now, if any.
    #[must_use]
    pub fn age(&self, now: Duration) -> Option<Duration> {
        let held = self.held.as_ref().filter(|held| held.usable(now))?;
        Some(held.age(now))
    }

    fn usable(&self, now: Duration) -> bool {
        self.held.as_ref().is_some_and(|held| held.usable(now))
    }

    fn pausing(&self, now: Duration) -> bool {
        self.pause.as_ref().is_some_and(|pause| pause.lasts(now))
    }

    fn begin(&mut self, now: Duration, waiters: Vec<W>) {
        self.flight = Some(Flight {
            began: now,
            waiters,
        });
    }

    fn hold(&mut self, now: Duration, began: Duration, granted: Granted) -> Token {
        self.pause = None;
        self.generation += 1;
        let token = Token {
            value: granted.access_token,
            generation: self.generation,
            tenant: granted.tenant,
        };
        let held = Held::new(token.clone(), began, granted.lifetime);
        self.held = Some(held).filter(|held| held.usable(now));
        token
    }

    fn rest(&mut self, now: Duration, error: Error) -> Error {
        let pause = Pause::after(error, self.pause.as_ref(), now);
        self.pause.insert(pause).error(now)
    }
}

#[cfg(test)]
mod tests;
