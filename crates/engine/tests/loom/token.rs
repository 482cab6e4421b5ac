//! The token's single flight: one request at a time, nobody waits in vain, no refused token again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Ghost};
use std::time::Duration;

use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::auth::{Asked, Landed, SingleFlight};
use cxone_dtmf_engine::auth::{Granted, Token};
use cxone_dtmf_engine::error::{Code, Error};
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

use super::slot::Slot;
use super::{breaks, walk};

const LIFE: Duration = Duration::from_secs(1000);
const START: Duration = Duration::ZERO;
/// After four fifths of the life, when a refresh is due, and before the margin at its end.
const DUE: Duration = Duration::from_secs(850);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// Tells only the first of those who wait.
    WakesOne,
    /// A caller that goes away takes the request with it, though it is still on the wire.
    GivesUpForAll,
    /// A refusal throws away whatever token there is.
    ForgetsWhateverIsThere,
    /// A refusal is noted nowhere.
    KeepsTheRefused,
}

/// How the endpoint answers its first request. All later ones are granted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Granted,
    Refused,
    Vanishes,
}

type Answer = Result<Token, Error>;
type Waiter = Arc<Slot<Answer>>;

/// The cache, step by step as `src/auth/cache.rs` drives the machine; a thread stands for each task.
struct Cache {
    state: Mutex<SingleFlight<Waiter>>,
    in_the_air: AtomicU32,
    requests: AtomicU64,
    /// The newest generation whose refusal was noted. Not part of the model: loom does not see it.
    refused: AtomicU64,
    first: First,
    flaw: Flaw,
}

impl Cache {
    fn new(first: First, flaw: Flaw) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(SingleFlight::default()),
            in_the_air: AtomicU32::new(0),
            requests: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            first,
            flaw,
        })
    }

    /// `Err` is the place to wait at.
    fn ask(self: &Arc<Self>, now: Duration) -> Result<Answer, Waiter> {
        let refused = self.refused.load(Ghost::SeqCst);
        let slot = Arc::new(Slot::new());
        let asked = self.state.lock().unwrap().ask(now, || Arc::clone(&slot));
        match asked {
            Asked::Ready { token, refresh } => {
                assert!(token.generation > refused, "a refused token again");
                if refresh {
                    self.start(now);
                }
                Ok(Ok(token))
            }
            Asked::Failed(error) => Ok(Err(error)),
            Asked::Fetch => {
                self.start(now);
                Err(slot)
            }
            Asked::Wait => Err(slot),
        }
    }

    fn token(self: &Arc<Self>, now: Duration) -> Answer {
        let refused = self.refused.load(Ghost::SeqCst);
        let answer = self.ask(now).unwrap_or_else(|slot| slot.wait());
        if let Ok(token) = &answer {
            assert!(token.generation > refused, "a refused token again");
        }
        answer
    }

    /// A caller that asks and goes away before the answer is there.
    fn ask_and_leave(self: &Arc<Self>) {
        if self.ask(START).is_err() && self.flaw == Flaw::GivesUpForAll {
            let landed = self.state.lock().unwrap().lost(START);
            self.tell(landed);
        }
    }

    fn refuse(&self, token: &Token) {
        let mut state = self.state.lock().unwrap();
        match self.flaw {
            Flaw::ForgetsWhateverIsThere => state.invalidate_current(),
            Flaw::KeepsTheRefused => {}
            _ => {
                let _ = state.invalidate(token.generation);
            }
        }
        drop(state);
        self.refused.fetch_max(token.generation, Ghost::SeqCst);
    }

    fn start(self: &Arc<Self>, now: Duration) {
        let cache = Arc::clone(self);
        thread::spawn(move || cache.request(now));
    }

    fn request(&self, now: Duration) {
        let others = self.in_the_air.fetch_add(1, Ordering::SeqCst);
        assert_eq!(others, 0, "two requests at once");
        let number = self.requests.fetch_add(1, Ghost::SeqCst) + 1;
        self.in_the_air.fetch_sub(1, Ordering::SeqCst);
        let first = if number == 1 {
            self.first
        } else {
            First::Granted
        };
        let mut state = self.state.lock().unwrap();
        let landed = match first {
            First::Granted => state.fetched(
                now,
                Ok(Granted {
                    access_token: Secret::new("t".to_owned()),
                    lifetime: LIFE,
                    refresh_token: None,
                    tenant: None,
                }),
            ),
            First::Refused => state.fetched(now, Err(Error::not_sent(Code::Auth, "refused"))),
            First::Vanishes => state.lost(now),
        };
        drop(state);
        self.tell(landed);
    }

    fn tell(&self, landed: Option<Landed<Waiter>>) {
        let Some(Landed {
            waiters, result, ..
        }) = landed
        else {
            return;
        };
        let count = if self.flaw == Flaw::WakesOne {
            1
        } else {
            waiters.len()
        };
        for waiter in waiters.into_iter().take(count) {
            waiter.send(result.clone());
        }
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ghost::SeqCst)
    }
}

/// Both ask for the first token; one request serves both.
fn two_ask(flaw: Flaw) {
    let cache = Cache::new(First::Granted, flaw);
    let other = {
        let cache = Arc::clone(&cache);
        thread::spawn(move || cache.token(START).unwrap().generation)
    };
    assert_eq!(cache.token(START).unwrap().generation, 1);
    assert_eq!(other.join().unwrap(), 1);
    assert_eq!(cache.requests(), 1, "requests");
}

/// Both hold a token that the platform refuses; one request replaces it for both.
fn two_are_refused(flaw: Flaw) {
    let cache = Cache::new(First::Granted, flaw);
    let token = cache.token(START).unwrap();
    let refused = move |cache: &Arc<Cache>, token: &Token| {
        cache.refuse(token);
        cache.token(START).unwrap().generation
    };
    let other = {
        let (cache, token) = (Arc::clone(&cache), token.clone());
        thread::spawn(move || refused(&cache, &token))
    };
    assert_eq!(refused(&cache, &token), 2, "generation");
    assert_eq!(other.join().unwrap(), 2, "generation");
    assert_eq!(cache.requests(), 2, "requests");
}

/// One asks and goes away; the other asks and is served. The number of requests.
fn one_goes_away(flaw: Flaw) -> u64 {
    let cache = Cache::new(First::Granted, flaw);
    let other = {
        let cache = Arc::clone(&cache);
        thread::spawn(move || cache.ask_and_leave())
    };
    // With the flaw the first answer may be an error, and a caller asks again.
    let answer = cache.token(START).or_else(|_| cache.token(START));
    assert!(answer.is_ok());
    other.join().unwrap();
    cache.requests()
}

#[test]
fn callers_share_one_request() {
    walk(|| two_ask(Flaw::None));
}

#[test]
fn a_refused_token_is_replaced_once_and_never_handed_out_again() {
    walk(|| two_are_refused(Flaw::None));
}

#[test]
fn a_caller_that_goes_away_takes_nothing_from_the_others() {
    walk(|| assert_eq!(one_goes_away(Flaw::None), 1, "requests"));
}

#[test]
fn a_refresh_ahead_of_time_runs_once_and_nobody_waits_for_it() {
    walk(|| {
        let cache = Cache::new(First::Granted, Flaw::None);
        assert_eq!(cache.token(START).unwrap().generation, 1);
        let other = {
            let cache = Arc::clone(&cache);
            thread::spawn(move || cache.ask(DUE).map(|answer| answer.unwrap().generation))
        };
        let mine = cache.ask(DUE).map(|answer| answer.unwrap().generation);
        for generation in [mine, other.join().unwrap()] {
            assert!(matches!(generation, Ok(1 | 2)), "a caller waits");
        }
        assert!(cache.requests() <= 2, "requests");
    });
}

#[test]
fn a_refusal_during_a_refresh_waits_for_the_successor() {
    walk(|| {
        let cache = Cache::new(First::Granted, Flaw::None);
        let token = cache.token(START).unwrap();
        let other = {
            let cache = Arc::clone(&cache);
            thread::spawn(move || {
                cache.refuse(&token);
                cache.token(DUE).unwrap().generation
            })
        };
        let mine = cache.token(DUE).unwrap().generation;
        assert!(matches!(mine, 1 | 2));
        assert_eq!(other.join().unwrap(), 2);
        assert_eq!(cache.requests(), 2, "requests");
    });
}

#[test]
fn a_failed_request_is_everybodys_answer_and_nobody_asks_again_during_the_pause() {
    walk(|| {
        let cache = Cache::new(First::Refused, Flaw::None);
        let other = {
            let cache = Arc::clone(&cache);
            thread::spawn(move || cache.token(START).is_err())
        };
        assert!(cache.token(START).is_err());
        assert!(other.join().unwrap());
        assert_eq!(cache.requests(), 1, "requests");
    });
}

#[test]
fn a_request_that_vanishes_leaves_nobody_waiting() {
    walk(|| {
        let cache = Cache::new(First::Vanishes, Flaw::None);
        let patient = |cache: &Arc<Cache>| cache.token(START).or_else(|_| cache.token(START));
        let other = {
            let cache = Arc::clone(&cache);
            thread::spawn(move || patient(&cache).is_ok())
        };
        assert!(patient(&cache).is_ok());
        assert!(other.join().unwrap());
        assert_eq!(cache.requests(), 2, "requests");
    });
}

#[test]
fn finds_a_waiter_that_is_not_told() {
    breaks("deadlock", || two_ask(Flaw::WakesOne));
}

#[test]
fn finds_a_second_request_beside_the_first() {
    breaks("two requests at once", || {
        one_goes_away(Flaw::GivesUpForAll);
    });
}

#[test]
fn finds_a_late_refusal_that_throws_the_successor_away() {
    breaks("generation", || {
        two_are_refused(Flaw::ForgetsWhateverIsThere);
    });
}

#[test]
fn finds_a_refused_token_that_is_handed_out_again() {
    breaks("a refused token again", || {
        two_are_refused(Flaw::KeepsTheRefused);
    });
}
