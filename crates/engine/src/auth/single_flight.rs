//! Which callers get the token, wait for one or are refused: the rules of the cache, without clock, tasks or I/O.
//! Time is the duration since an origin of the caller's choice.
//!
//! The caller holds a lock around each method, starts the request when it is told to, and reports
//! its end with [`SingleFlight::fetched`] or [`SingleFlight::lost`], exactly once per request.

use std::time::Duration;

use super::times::{expiry_margin, pause};
use super::token::{Granted, Token};
use crate::error::{Code, Error};

/// What a caller that needs a token is told.
#[derive(Debug)]
pub enum Asked {
    /// Use this token.
    Ready {
        /// The token.
        token: Token,
        /// A request has begun to replace it ahead of time: the caller starts it.
        refresh: bool,
    },
    /// The waiter was kept and is given back when the request under way ends.
    Wait,
    /// As [`Asked::Wait`], and a request has begun: the caller starts it.
    Fetch,
    /// The last request failed a moment ago. `retry_after` is the rest of the pause.
    Failed(Error),
}

/// The end of a request.
#[derive(Debug)]
pub struct Landed<W> {
    /// The callers that waited for it, in the order of asking.
    pub waiters: Vec<W>,
    /// What all of them get. The `retry_after` of an error is the pause that begins now.
    pub result: Result<Token, Error>,
    /// Whether there is a usable token now. With an error this means that the old one still serves.
    pub usable: bool,
}

struct Held {
    token: Token,
    since: Duration,
    refresh_from: Duration,
    usable_until: Duration,
}

impl Held {
    fn usable(&self, now: Duration) -> bool {
        now < self.usable_until
    }
}

struct Flight<W> {
    began: Duration,
    waiters: Vec<W>,
}

struct Pause {
    /// Failures in a row before the one that it follows.
    earlier: u32,
    until: Duration,
    error: Error,
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
            let refresh = now >= held.refresh_from && self.flight.is_none() && !self.pausing(now);
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
        if let Some(pause) = self.pause.as_ref().filter(|pause| now < pause.until) {
            let mut error = pause.error.clone();
            error.retry_after = Some(pause.until.saturating_sub(now));
            return Asked::Failed(error);
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
        Some((held.token.clone(), held.usable_until.saturating_sub(now)))
    }

    /// The age of the token that would be handed out now, if any.
    #[must_use]
    pub fn age(&self, now: Duration) -> Option<Duration> {
        let held = self.held.as_ref().filter(|held| held.usable(now))?;
        Some(now.saturating_sub(held.since))
    }

    fn usable(&self, now: Duration) -> bool {
        self.held.as_ref().is_some_and(|held| held.usable(now))
    }

    fn pausing(&self, now: Duration) -> bool {
        self.pause.as_ref().is_some_and(|pause| now < pause.until)
    }

    fn begin(&mut self, now: Duration, waiters: Vec<W>) {
        self.flight = Some(Flight {
            began: now,
            waiters,
        });
    }

    /// The life counts from the beginning of the request, since it is not known when within
    /// the exchange the endpoint made the token (RFC 6749 §5.1: "from the time the response was generated").
    fn hold(&mut self, now: Duration, began: Duration, granted: Granted) -> Token {
        self.pause = None;
        self.generation += 1;
        let token = Token {
            value: granted.access_token,
            generation: self.generation,
            tenant: granted.tenant,
        };
        let life = granted.lifetime;
        let held = Held {
            token: token.clone(),
            since: began,
            // 80 % of the life.
            refresh_from: began.saturating_add(life.saturating_sub(life / 5)),
            usable_until: began.saturating_add(life.saturating_sub(expiry_margin(life))),
        };
        self.held = Some(held).filter(|held| held.usable(now));
        token
    }

    fn rest(&mut self, now: Duration, mut error: Error) -> Error {
        let earlier = (self.pause.as_ref()).map_or(0, |last| last.earlier.saturating_add(1));
        let length = pause(earlier, error.retry_after);
        error.retry_after = Some(length);
        self.pause = Some(Pause {
            earlier,
            until: now.saturating_add(length),
            error: error.clone(),
        });
        error
    }
}

#[cfg(test)]
mod tests {
    mod law;

    use super::*;
    use crate::Secret;
    use crate::auth::times::LONGEST_ASKED_PAUSE;

    type Machine = SingleFlight<u32>;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn of_life(lifetime: Duration) -> Granted {
        let access_token = Secret::new("t".to_owned());
        Granted {
            access_token,
            lifetime,
            refresh_token: None,
            tenant: None,
        }
    }

    fn refused() -> Error {
        Error::not_sent(Code::Auth, "refused")
    }

    /// A machine that got a token of this life at second 0.
    fn holding(life: u64) -> Machine {
        let mut machine = Machine::default();
        assert!(matches!(machine.ask(at(0), || 1), Asked::Fetch));
        assert_eq!(
            machine
                .fetched(at(0), Ok(of_life(at(life))))
                .unwrap()
                .waiters,
            [1]
        );
        machine
    }

    fn generation(asked: &Asked) -> Option<u64> {
        match asked {
            Asked::Ready { token, .. } => Some(token.generation),
            _ => None,
        }
    }

    fn refreshes(asked: &Asked) -> bool {
        matches!(asked, Asked::Ready { refresh: true, .. })
    }

    #[test]
    fn refresh_begins_at_four_fifths_and_only_once() {
        let mut machine = holding(1000);
        assert!(!refreshes(
            &machine.ask(Duration::from_millis(799_999), || 2)
        ));
        assert!(refreshes(&machine.ask(at(800), || 3)));
        let second = machine.ask(at(801), || 4);
        assert_eq!(generation(&second), Some(1));
        assert!(!refreshes(&second));
    }

    #[test]
    fn margin_is_thirty_seconds_or_half_the_life() {
        let mut machine = holding(300);
        assert!(refreshes(
            &machine.ask(Duration::from_millis(269_999), || 2)
        ));
        assert!(matches!(machine.ask(at(270), || 3), Asked::Wait));

        let mut machine = holding(10);
        assert_eq!(
            generation(&machine.ask(Duration::from_millis(4_999), || 2)),
            Some(1)
        );
        assert!(matches!(machine.ask(at(5), || 3), Asked::Fetch));
    }

    #[test]
    fn life_counts_from_the_beginning_of_the_request() {
        let mut machine = Machine::default();
        machine.ask(at(0), || 1);
        machine.fetched(at(4), Ok(of_life(at(10))));
        assert_eq!(machine.age(at(4)), Some(at(4)));
        let (token, left) = machine.held(at(4)).unwrap();
        assert_eq!((token.generation, left), (1, at(1)));
        assert_eq!(machine.held(at(5)), None);
        assert!(matches!(machine.ask(at(5), || 2), Asked::Fetch));
    }

    #[test]
    fn token_without_life_serves_those_waiting_only() {
        let mut machine = holding(0);
        assert_eq!(machine.age(at(0)), None);
        assert!(matches!(machine.ask(at(0), || 2), Asked::Fetch));
        assert!(matches!(machine.ask(at(0), || 3), Asked::Wait));
        let landed = machine.fetched(at(0), Ok(of_life(Duration::ZERO))).unwrap();
        assert_eq!(landed.waiters, [2, 3]);
        assert_eq!(landed.result.unwrap().generation, 2);
    }

    #[test]
    fn pauses_double_from_one_to_thirty_seconds_and_a_success_resets_them() {
        let mut machine = Machine::default();
        let mut now = at(0);
        for expected in [1, 2, 4, 8, 16, 30, 30] {
            assert!(matches!(machine.ask(now, || 1), Asked::Fetch));
            let error = machine
                .fetched(now, Err(refused()))
                .unwrap()
                .result
                .unwrap_err();
            assert_eq!(error.retry_after, Some(at(expected)));
            let Asked::Failed(error) = machine.ask(now + at(expected) / 4, || 2) else {
                panic!("a request began during the pause");
            };
            assert_eq!(error.retry_after, Some(at(expected) * 3 / 4));
            now += at(expected);
        }
        machine.ask(now, || 3);
        machine.fetched(now, Ok(of_life(Duration::ZERO)));
        machine.ask(now, || 4);
        let error = machine
            .fetched(now, Err(refused()))
            .unwrap()
            .result
            .unwrap_err();
        assert_eq!(error.retry_after, Some(at(1)));
    }

    #[test]
    fn retry_after_of_the_endpoint_is_not_undercut() {
        let mut machine = Machine::default();
        machine.ask(at(0), || 1);
        let busy = Error::not_sent(Code::Auth, "busy").retryable(Some(at(90)));
        machine.fetched(at(0), Err(busy));
        assert!(matches!(machine.ask(at(89), || 2), Asked::Failed(_)));
        assert!(matches!(machine.ask(at(90), || 3), Asked::Fetch));

        let absurd = Error::not_sent(Code::Auth, "busy").retryable(Some(Duration::MAX));
        let landed = machine.fetched(at(90), Err(absurd)).unwrap();
        assert_eq!(
            landed.result.unwrap_err().retry_after,
            Some(LONGEST_ASKED_PAUSE)
        );
    }

    #[test]
    fn failed_refresh_leaves_the_old_token_in_use_and_pauses() {
        let mut machine = holding(1000);
        assert!(refreshes(&machine.ask(at(800), || 2)));
        let landed = machine.fetched(at(801), Err(refused())).unwrap();
        assert!(landed.usable && landed.result.is_err() && landed.waiters.is_empty());
        let pausing = machine.ask(Duration::from_millis(801_999), || 3);
        assert_eq!(generation(&pausing), Some(1));
        assert!(!refreshes(&pausing));
        assert!(refreshes(&machine.ask(at(802), || 4)));
    }

    #[test]
    fn invalidating_touches_its_own_generation_only() {
        let mut machine = holding(1000);
        machine.invalidate(1);
        assert!(matches!(machine.ask(at(1), || 2), Asked::Fetch));
        // The second refusal of generation 1 arrives while its successor is being fetched.
        machine.invalidate(1);
        assert!(
            machine
                .fetched(at(1), Ok(of_life(at(1000))))
                .unwrap()
                .usable
        );
        machine.invalidate(1);
        assert_eq!(generation(&machine.ask(at(2), || 3)), Some(2));
    }

    #[test]
    fn invalidating_during_a_refresh_makes_callers_wait_for_it() {
        let mut machine = holding(1000);
        assert!(refreshes(&machine.ask(at(800), || 2)));
        machine.invalidate(1);
        assert!(matches!(machine.ask(at(800), || 3), Asked::Wait));
        let landed = machine.fetched(at(801), Ok(of_life(at(1000)))).unwrap();
        assert_eq!(landed.waiters, [3]);
        assert_eq!(generation(&machine.ask(at(801), || 4)), Some(2));
    }

    #[test]
    fn forgetting_the_token_is_no_way_round_the_pause() {
        let mut machine = holding(1000);
        machine.ask(at(800), || 2);
        machine.fetched(at(800), Err(refused()));
        machine.invalidate_current();
        assert!(matches!(machine.ask(at(800), || 3), Asked::Failed(_)));
    }

    #[test]
    fn vanished_request_gives_its_waiters_back_without_a_pause() {
        let mut machine = Machine::default();
        machine.ask(at(0), || 1);
        machine.ask(at(0), || 2);
        let landed = machine.lost(at(0)).unwrap();
        assert_eq!(landed.waiters, [1, 2]);
        assert!(landed.result.unwrap_err().retryable);
        assert!(machine.lost(at(0)).is_none());
        assert!(matches!(machine.ask(at(0), || 3), Asked::Fetch));
    }

    #[test]
    fn nothing_lands_when_nothing_is_under_way() {
        let mut machine = holding(1000);
        assert!(machine.fetched(at(1), Ok(of_life(at(1000)))).is_none());
        assert_eq!(generation(&machine.ask(at(1), || 2)), Some(1));
    }

    #[test]
    fn times_beyond_all_bounds_do_not_overflow() {
        let mut machine = Machine::default();
        machine.ask(Duration::MAX, || 1);
        let busy = Error::not_sent(Code::Auth, "busy").retryable(Some(Duration::MAX));
        machine.fetched(Duration::MAX, Err(busy));
        machine.ask(Duration::MAX, || 2);
        machine.fetched(Duration::MAX, Ok(of_life(Duration::MAX)));
    }
}
