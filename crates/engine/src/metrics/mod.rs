//! What one injector did: counters, times, and what was reported of the far end.
//!
//! No call, no session and no digit is in it, so it can be shown to anybody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use crate::delivery::Delivery;
use crate::error::{Code, Error};
use crate::fleet;
use crate::outcome::Outcome;

pub mod recognition;
pub mod text;
pub mod times;

pub use recognition::{Recognition, Reported};
pub use times::{Percentiles, Times};

/// Counts what happened. All counters only grow.
#[derive(Debug, Default)]
pub struct Metrics {
    settled: [ByCode; Delivery::ALL.len()],
    attempts: AtomicU64,
    resends: ByCode,
    unmask_failures: AtomicU64,
    times: Mutex<AllTimes>,
    recognition: Mutex<Recognition>,
}

/// The times of all injections.
#[derive(Clone, Debug, Default)]
pub struct AllTimes {
    /// From the request to the granted lock.
    pub queue: Times,
    /// From the granted lock to the outcome: token, back-off and all attempts. Of those that got the lock.
    pub latency: Times,
    /// The last attempt's own time. Of those that had one.
    pub attempt: Times,
}

/// A counter for each code, and one for none.
#[derive(Debug, Default)]
struct ByCode {
    none: AtomicU64,
    codes: [AtomicU64; Code::ALL.len()],
}

impl ByCode {
    fn count(&self, code: Option<Code>) {
        let counters = Code::ALL.into_iter().zip(&self.codes);
        let counter = counters
            .filter(|(known, _)| Some(*known) == code)
            .map(|(_, counter)| counter)
            .next()
            .unwrap_or(&self.none);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The codes that occurred. The first is `None`, for what had no code.
    fn read(&self) -> impl Iterator<Item = (Option<Code>, u64)> {
        let codes = Code::ALL.into_iter().map(Some).zip(&self.codes);
        std::iter::once((None, &self.none))
            .chain(codes)
            .map(|(code, counter)| (code, counter.load(Ordering::Relaxed)))
            .filter(|(_, count)| *count > 0)
    }
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Injections by what is known of the digits and by the code of the error; `None` for those that were accepted.
    /// What never occurred is absent.
    pub settled: Vec<(Delivery, Option<Code>, u64)>,
    /// How often a connection took digits.
    pub attempts: u64,
    /// How often an attempt was repeated, by the code of the attempt that failed.
    pub resends: Vec<(Code, u64)>,
    /// Recordings that could not be unmasked.
    pub unmask_failures: u64,
    /// What was reported of the far end.
    pub reported: Reported,
}

impl Counts {
    /// How many injections ended so.
    #[must_use]
    pub fn settled_as(&self, delivery: Delivery) -> u64 {
        let of_delivery = self.settled.iter().filter(|(known, ..)| *known == delivery);
        of_delivery.map(|(.., count)| count).sum()
    }

    /// How many injections failed with each code.
    #[must_use]
    pub fn by_code(&self) -> BTreeMap<&'static str, u64> {
        let mut by_code = BTreeMap::new();
        for (_, code, count) in &self.settled {
            if let Some(code) = code {
                *by_code.entry(code.as_str()).or_default() += count;
            }
        }
        by_code
    }

    /// How often an attempt was repeated.
    #[must_use]
    pub fn all_resends(&self) -> u64 {
        self.resends.iter().map(|(_, count)| count).sum()
    }
}

/// What an injector is doing at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// What happened so far.
    pub counts: Counts,
    /// How many wait for the lock of a call.
    pub waiting: usize,
    /// How many requests are under way.
    pub in_flight: usize,
    /// How many manual locks are held.
    pub locks: usize,
    /// The whole tokens left for resends.
    pub budget: u32,
    /// The age of the token in use, where there is one.
    pub token_age: Option<Duration>,
    /// How long everything took so far.
    pub times: AllTimes,
    /// What was done in the fleet, by all injectors of the process that share its settings.
    pub fleet: Option<fleet::Counts>,
}

impl Metrics {
    /// Counts an injection that ended. `was_granted` says whether it got the lock.
    pub fn finished(&self, outcome: &Outcome, was_granted: bool) {
        let delivery = outcome.delivery();
        let counters = Delivery::ALL.into_iter().zip(&self.settled);
        for (_, counter) in counters.filter(|(known, _)| *known == delivery) {
            counter.count(outcome.result.as_ref().err().map(|error| error.code));
        }
        self.attempts
            .fetch_add(outcome.attempts.into(), Ordering::Relaxed);
        let mut times = locked(&self.times);
        times.queue.record(outcome.queued);
        if was_granted {
            times.latency.record(outcome.latency);
        }
        if let Some(attempt) = outcome.attempt {
            times.attempt.record(attempt);
        }
        drop(times);
        if delivery == Delivery::Accepted {
            locked(&self.recognition).accepted(outcome.injection_id, outcome.digits);
        }
    }

    /// Counts an attempt that is repeated.
    pub fn resending(&self, reason: Code) {
        self.resends.count(Some(reason));
    }

    /// Counts a recording that stays masked.
    pub fn not_unmasked(&self) {
        self.unmask_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a report of what the far end recognised.
    pub fn report(&self, injection: Uuid, recognised: u32) -> Result<(), Error> {
        locked(&self.recognition).report(injection, recognised)
    }

    /// Reads all counters.
    #[must_use]
    pub fn read(&self) -> Counts {
        let settled = Delivery::ALL.into_iter().zip(&self.settled);
        let resends = self.resends.read();
        Counts {
            settled: settled
                .flat_map(|(delivery, by_code)| {
                    by_code
                        .read()
                        .map(move |(code, count)| (delivery, code, count))
                })
                .collect(),
            attempts: self.attempts.load(Ordering::Relaxed),
            resends: resends
                .filter_map(|(code, count)| Some((code?, count)))
                .collect(),
            unmask_failures: self.unmask_failures.load(Ordering::Relaxed),
            reported: locked(&self.recognition).reported(),
        }
    }

    /// Reads all times.
    #[must_use]
    pub fn times(&self) -> AllTimes {
        locked(&self.times).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
