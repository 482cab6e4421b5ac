//! The generic cell rate algorithm with reservation (ITU-T I.371, virtual scheduling): a request reserves the next free
//! slot and learns how long to wait for it. Nothing polls.
//!
//! Times are whole microseconds since any origin, so that the same formula gives the same numbers
//! wherever numbers are doubles (exact to 2^53).

/// One rate: a slot every `interval`, and `burst` of them at once after a quiet time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra {
    interval: u64,
    /// How far ahead of its schedule a slot may be used.
    tolerance: u64,
}

/// When the next slot is due if all keep to the rate: the theoretical arrival time of GCRA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule(u64);

/// A slot that is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// How long to wait for it, in microseconds.
    pub wait: u64,
    after: Schedule,
}

/// The slot is too far away; nothing is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFar {
    /// How long the wait would have been, in microseconds.
    pub wait: u64,
}

impl Gcra {
    /// `per_minute` slots a minute, `burst` of them at once; both at least 1.
    #[must_use]
    pub const fn new(per_minute: u32, burst: u32) -> Self {
        let per_minute = if per_minute == 0 { 1 } else { per_minute };
        // Rounded up: never more than asked for.
        let interval = 60_000_000_u64.div_ceil(per_minute as u64);
        Self {
            interval,
            tolerance: interval * (burst.saturating_sub(1) as u64),
        }
    }

    /// No rate: only [`hold_back`](Self::hold_back) makes a request wait.
    pub const UNLIMITED: Self = Self {
        interval: 0,
        tolerance: 0,
    };

    /// The part of this rate for one of so many processes. The burst is divided too, rounded down.
    #[must_use]
    pub const fn divided_among(self, processes: u32) -> Self {
        let processes = if processes == 0 { 1 } else { processes as u64 };
        let Some(at_once) = self.tolerance.checked_div(self.interval) else {
            return self;
        };
        let at_once = (at_once + 1) / processes;
        let interval = self.interval.saturating_mul(processes);
        Self {
            interval,
            tolerance: interval.saturating_mul(at_once.saturating_sub(1)),
        }
    }

    /// The time from slot to slot, in microseconds.
    #[must_use]
    pub const fn interval(&self) -> u64 {
        self.interval
    }

    /// How far ahead of its schedule a slot may be used, in microseconds.
    #[must_use]
    pub const fn tolerance(&self) -> u64 {
        self.tolerance
    }

    /// Reserves the next free slot, if it is at most `max_wait` away.
    pub fn reserve(
        &self,
        schedule: &mut Schedule,
        now: u64,
        max_wait: u64,
    ) -> Result<Reservation, TooFar> {
        let due = schedule.0.max(now);
        let wait = due.saturating_sub(self.tolerance).saturating_sub(now);
        if wait > max_wait {
            return Err(TooFar { wait });
        }
        *schedule = Schedule(due.saturating_add(self.interval));
        Ok(Reservation {
            wait,
            after: *schedule,
        })
    }

    /// How far away a slot is, in microseconds, that comes after so many others.
    #[must_use]
    pub fn wait_behind(&self, schedule: Schedule, now: u64, others: u64) -> u64 {
        let due = schedule.0.max(now);
        due.saturating_add(self.interval.saturating_mul(others))
            .saturating_sub(self.tolerance)
            .saturating_sub(now)
    }

    /// Gives an unused slot back, if none was reserved after it. Otherwise it lapses.
    pub fn cancel(&self, schedule: &mut Schedule, reservation: Reservation) {
        if *schedule == reservation.after {
            schedule.0 = schedule.0.saturating_sub(self.interval);
        }
    }

    /// Nothing leaves before `until`, except what has its reservation already.
    pub fn hold_back(&self, schedule: &mut Schedule, until: u64) {
        schedule.0 = schedule.0.max(until.saturating_add(self.tolerance));
    }

    /// Whether the schedule says no more than a new one would.
    #[must_use]
    pub const fn is_idle(schedule: Schedule, now: u64) -> bool {
        schedule.0 <= now
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let gcra = Gcra::new(60, 3);
        let mut schedule = Schedule::default();
        let waits: Vec<_> = (0..6)
            .map(|_| {
                gcra.reserve(&mut schedule, 5_000_000, u64::MAX)
                    .unwrap()
                    .wait
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 1_000_000, 2_000_000, 3_000_000]);
    }

    #[test]
    fn a_slot_too_far_away_is_not_reserved() {
        let gcra = Gcra::new(60, 1);
        let mut schedule = Schedule::default();
        gcra.reserve(&mut schedule, 0, 0).unwrap();
        let before = schedule;
        assert_eq!(
            gcra.reserve(&mut schedule, 0, 999_999),
            Err(TooFar { wait: 1_000_000 })
        );
        assert_eq!(schedule, before);
    }

    #[test]
    fn only_the_last_reservation_can_be_cancelled() {
        let gcra = Gcra::new(60, 1);
        let mut schedule = Schedule::default();
        let first = gcra.reserve(&mut schedule, 0, u64::MAX).unwrap();
        let second = gcra.reserve(&mut schedule, 0, u64::MAX).unwrap();
        gcra.cancel(&mut schedule, first);
        gcra.cancel(&mut schedule, second);
        let again = gcra.reserve(&mut schedule, 0, u64::MAX).unwrap();
        assert_eq!(again.wait, 1_000_000, "the first slot has lapsed");
    }

    #[test]
    fn held_back_means_no_request_before_that_time_and_no_burst_after_it() {
        let gcra = Gcra::new(60, 5);
        let mut schedule = Schedule::default();
        gcra.hold_back(&mut schedule, 7_000_000);
        let first = gcra.reserve(&mut schedule, 0, u64::MAX).unwrap().wait;
        let second = gcra.reserve(&mut schedule, 0, u64::MAX).unwrap().wait;
        assert_eq!((first, second), (7_000_000, 8_000_000));
    }

    #[test]
    fn parts_are_together_no_more_than_the_whole() {
        let part = Gcra::new(60, 5).divided_among(2);
        assert_eq!((part.interval(), part.tolerance()), (2_000_000, 2_000_000));
        assert_eq!(
            Gcra::new(60, 1).divided_among(8),
            Gcra::new(60, 3).divided_among(4).divided_among(2)
        );
        assert_eq!(Gcra::new(60, 5).divided_among(1), Gcra::new(60, 5));
        assert_eq!(Gcra::UNLIMITED.divided_among(3), Gcra::UNLIMITED);
    }

    proptest! {
        /// In any stretch of time no more than the burst and what the rate gives, in the order of asking.
        #[test]
        fn the_rate_is_never_exceeded(
            per_minute in 1_u32..6_000,
            burst in 1_u32..20,
            steps in prop::collection::vec(0_u64..2_000_000, 1..80),
        ) {
            let gcra = Gcra::new(per_minute, burst);
            let mut schedule = Schedule::default();
            let mut now = 0;
            let mut going = Vec::new();
            for step in steps {
                now += step;
                going.push(now + gcra.reserve(&mut schedule, now, u64::MAX).unwrap().wait);
            }
            prop_assert!(going.is_sorted());
            for (i, from) in going.iter().enumerate() {
                for (j, to) in going.iter().enumerate().skip(i) {
                    let sent = u64::try_from(j - i).unwrap() + 1;
                    let allowed = u64::from(burst) + (to - from) * u64::from(per_minute) / 60_000_000;
                    prop_assert!(sent <= allowed, "{sent} in {} us", to - from);
                }
            }
        }
    }
}
