//! The retry budget of an injector: how many resends the platform is asked to handle.
//!
//! Without it, each request of a failing platform turns into several, when it can handle them least.

use std::time::Duration;

/// The default capacity in tokens. Source: the standard retry mode of the AWS SDKs.
pub const DEFAULT_CAPACITY: u32 = 500;

/// The cost of a resend after a transient failure. Source: the same, 2026 values.
pub(super) const TRANSIENT_COST: u32 = 14;

/// The cost of a resend of a throttled request: less, since a healthy platform said when to come back.
pub(super) const THROTTLED_COST: u32 = 5;

/// A token flows back in a hundred milliseconds, ten in a second: after an outage without successes
/// the budget is full again within a minute.
const REFILL: Duration = Duration::from_millis(100);

/// One token in the unit of the level: the nanoseconds it takes to flow back.
/// Whole numbers only, so that no rounding can create or lose tokens.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a hundred milliseconds are 10^8 nanoseconds"
)]
const TOKEN: u64 = REFILL.as_nanos() as u64;

/// A token bucket. It starts full. Times are counted from any one origin by a monotonic clock;
/// a time before the last one seen counts as that one.
#[derive(Clone, Debug)]
pub struct Budget {
    capacity: u64,
    level: u64,
    seen: Duration,
}

impl Budget {
    /// A full budget. The capacity is in tokens; 0 means that nothing can ever be taken.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        let capacity = u64::from(capacity) * TOKEN;
        Self {
            capacity,
            level: capacity,
            seen: Duration::ZERO,
        }
    }

    /// Whether its capacity is zero: then nothing is sent again, free resends included.
    #[must_use]
    pub const fn allows_nothing(&self) -> bool {
        self.capacity == 0
    }

    /// Takes `cost` tokens, or none and answers false when there are not so many.
    #[must_use]
    pub fn take(&mut self, now: Duration, cost: u32) -> bool {
        self.refill(now);
        if self.capacity == 0 {
            return false;
        }
        let left = self.level.checked_sub(u64::from(cost) * TOKEN);
        self.level = left.unwrap_or(self.level);
        left.is_some()
    }

    /// Gives one token back, for a success.
    pub fn give_back(&mut self, now: Duration) {
        self.refill(now);
        self.level = self.level.saturating_add(TOKEN).min(self.capacity);
    }

    /// The whole tokens there are.
    #[must_use]
    pub fn level(&mut self, now: Duration) -> u32 {
        self.refill(now);
        u32::try_from(self.level / TOKEN).unwrap_or(u32::MAX)
    }

    fn refill(&mut self, now: Duration) {
        let passed = u64::try_from(now.saturating_sub(self.seen).as_nanos()).unwrap_or(u64::MAX);
        self.level = self.level.saturating_add(passed).min(self.capacity);
        self.seen = self.seen.max(now);
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Duration = Duration::ZERO;

    #[test]
    fn a_full_budget_allows_so_many_resends_at_once() {
        for (cost, resends) in [(TRANSIENT_COST, 35), (THROTTLED_COST, 100)] {
            let mut budget = Budget::default();
            let taken = (0..1000).filter(|_| budget.take(START, cost)).count();
            assert_eq!(taken, resends);
        }
    }

    #[test]
    fn a_failed_take_takes_nothing() {
        let mut budget = Budget::new(13);
        assert!(!budget.take(START, 14));
        assert_eq!(budget.level(START), 13);
        assert!(budget.take(START, 13));
        assert_eq!(budget.level(START), 0);
    }

    #[test]
    fn ten_tokens_flow_back_in_a_second_and_one_per_success() {
        let mut budget = Budget::new(20);
        assert!(budget.take(START, 20));
        assert_eq!(budget.level(Duration::from_millis(99)), 0);
        assert_eq!(budget.level(Duration::from_millis(100)), 1);
        assert_eq!(budget.level(Duration::from_secs(1)), 10);
        budget.give_back(Duration::from_secs(1));
        assert_eq!(budget.level(Duration::from_secs(1)), 11);
        assert_eq!(budget.level(Duration::from_secs(3600)), 20);
        budget.give_back(Duration::from_secs(3600));
        assert_eq!(budget.level(Duration::from_secs(3600)), 20);
    }

    #[test]
    fn nothing_ever_comes_out_of_capacity_zero() {
        let mut budget = Budget::new(0);
        budget.give_back(Duration::from_secs(1));
        for cost in [0, 1, 14] {
            assert!(!budget.take(Duration::from_secs(10_000), cost));
        }
        assert_eq!(budget.level(Duration::MAX), 0);
    }

    #[test]
    fn a_clock_that_steps_back_gives_nothing_twice() {
        let mut budget = Budget::new(10);
        assert!(budget.take(Duration::from_secs(5), 10));
        assert_eq!(budget.level(Duration::from_secs(1)), 0);
        assert_eq!(budget.level(Duration::from_secs(5)), 0);
        assert_eq!(budget.level(Duration::from_millis(5100)), 1);
    }

    proptest! {
        #[test]
        fn never_hands_out_more_than_flowed_in(
            capacity in 0_u32..100, steps in proptest::collection::vec((0_u64..3000, 0_u32..20, any::<bool>()), 1..60),
        ) {
            let mut budget = Budget::new(capacity);
            let (mut now, mut taken, mut given) = (START, 0_u64, 0_u64);
            for (pause, cost, success) in steps {
                now += Duration::from_millis(pause);
                if success {
                    budget.give_back(now);
                    given += 1;
                } else if budget.take(now, cost) {
                    taken += u64::from(cost);
                }
                prop_assert!(budget.level(now) <= capacity);
            }
            let flowed = u64::try_from(now.as_millis()).unwrap() / 100;
            prop_assert!(taken <= u64::from(capacity) + flowed + given);
        }
    }
}
