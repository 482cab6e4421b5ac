//! What makes the names of injections ascend within a millisecond: a counter of twelve bits behind the time (RFC 9562 §6.2,
//! method 1).

/// A clock that was set back by more than this tells another time; by less it is waited for.
const SET_BACK_MS: u64 = 10_000;

/// The time and the counter of the last name.
#[derive(Default)]
pub(super) struct Ascending {
    millis: u64,
    counter: u16,
}

impl Ascending {
    /// The greatest counter. One begins in the lower half, so that at least as many follow within its millisecond.
    pub(super) const LAST: u16 = 0xFFF;

    /// The time and the counter of the next name. `first` draws a counter for a new millisecond.
    pub(super) fn next(&mut self, now: u64, first: impl FnOnce() -> u16) -> (u64, u16) {
        let is_later = now > self.millis || now.saturating_add(SET_BACK_MS) < self.millis;
        if is_later {
            self.millis = now;
            self.counter = first();
        } else if self.counter < Self::LAST {
            self.counter += 1;
        } else {
            // The time may run ahead of the clock (the same section).
            self.millis += 1;
            self.counter = first();
        }
        (self.millis, self.counter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_clock_that_was_set_back_is_believed() {
        let mut names = Ascending::default();
        let now = 1_000_000_000;
        assert_eq!(names.next(now, || 7), (now, 7));
        assert_eq!(names.next(now - SET_BACK_MS, || 9), (now, 8));
        let earlier = now - SET_BACK_MS - 1;
        assert_eq!(names.next(earlier, || 9), (earlier, 9));
    }

    proptest! {
        #[test]
        fn each_is_greater_than_the_one_before(
            steps in prop::collection::vec((-3_000_i64..3_000, 0..=Ascending::LAST / 2), 1..200),
            many in 0_usize..10_000,
        ) {
            let mut names = Ascending::default();
            let mut now = 1_700_000_000_000_u64;
            let mut before = (0_u64, 0);
            for (step, first) in steps {
                now = now.saturating_add_signed(step).max(before.0.saturating_sub(SET_BACK_MS / 2));
                let next = names.next(now, || first);
                prop_assert!(next > before);
                before = next;
            }
            for _ in 0..many {
                let next = names.next(now, || 0);
                prop_assert!(next > before && next.1 <= Ascending::LAST);
                before = next;
            }
        }
    }
}
