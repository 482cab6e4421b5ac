//! What the retries of one injector share: the budget, the random numbers and their clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use uuid::Uuid;

use super::ascending::Ascending;
use crate::retry::{Budget, Decision, Failure, Policy, Progress};

pub(super) struct Retries {
    shared: Mutex<Shared>,
    /// Policies know no clock; their time is the time since then.
    started: Instant,
}

struct Shared {
    budget: Budget,
    rng: fastrand::Rng,
    names: Ascending,
}

impl Retries {
    /// `seed` makes the random numbers repeatable; without it they differ across machines.
    pub(super) fn new(budget: u32, seed: Option<u64>) -> Self {
        // The names of injections are drawn from these numbers: 62 bits that the system drew for this injector alone.
        let drawn = || Uuid::now_v7().as_u64_pair().1;
        Self {
            shared: Mutex::new(Shared {
                budget: Budget::new(budget),
                rng: fastrand::Rng::with_seed(seed.unwrap_or_else(drawn)),
                names: Ascending::default(),
            }),
            started: Instant::now(),
        }
    }

    /// What follows a failure. Where it is `budgeted`, a retry is taken from the budget.
    pub(super) fn decide(
        &self,
        policy: &Policy,
        progress: &mut Progress,
        failure: &Failure,
        remaining: Duration,
        budgeted: bool,
    ) -> Decision {
        let Shared { budget, rng, .. } = &mut *self.shared();
        let budget = budgeted.then(|| (budget, self.started.elapsed()));
        policy.decide(progress, failure, remaining, budget, rng)
    }

    /// A success gives back to the budget.
    pub(super) fn succeeded(&self) {
        let now = self.started.elapsed();
        self.shared().budget.give_back(now);
    }

    /// What is left of the budget.
    pub(super) fn budget_level(&self) -> u32 {
        let now = self.started.elapsed();
        self.shared().budget.level(now)
    }

    /// A name for an injection (UUID version 7, RFC 9562 §5.7). The system's random numbers are not asked each time:
    /// a call of the kernel is a large part of what beginning an injection costs. Each is greater than the one before.
    pub(super) fn injection_id(&self, at: SystemTime) -> Uuid {
        let since = at.duration_since(SystemTime::UNIX_EPOCH);
        let millis = since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        });
        let Shared { rng, names, .. } = &mut *self.shared();
        let (millis, counter) = names.next(millis, || rng.u16(..=Ascending::LAST / 2));
        let mut random = [0; 10];
        rng.fill(&mut random);
        let [high, low] = counter.to_be_bytes();
        [random[0], random[1]] = [high, low];
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ascend_within_a_millisecond_and_keep_their_time() {
        let retries = Retries::new(0, None);
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let names: Vec<_> = (0..2_000).map(|_| retries.injection_id(at)).collect();
        assert!(names.is_sorted_by(|one, next| one < next));
        for name in names {
            assert_eq!(name.get_version_num(), 7);
            let (seconds, nanos) = name.get_timestamp().unwrap().to_unix();
            assert_eq!((seconds, nanos / 1_000_000), (1_700_000_000, 123));
        }
    }
}
