//! A lease as its holder sees it, by its own clock. No I/O: store and time come from outside.

use std::time::Duration;

use tokio::time::Instant;

use crate::sleep::Clocks;

/// How far two clocks may drift apart in one lease: a hundredth, and the rounding of the server's expiry (as in Redis'
/// own description of distributed locks).
fn drift(length: Duration) -> Duration {
    length / 100 + Duration::from_millis(2)
}

/// Whether a lease of this length, just granted, lasts for `need`.
pub(super) fn lasts_for(length: Duration, need: Duration) -> bool {
    need < length.saturating_sub(drift(length))
}

/// The right to press digits into a call, for a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    fence: u64,
    length: Duration,
    asked: Clocks,
}

impl Lease {
    /// A lease that was requested at `asked`: it has been running since then at the latest.
    #[must_use]
    pub(super) const fn granted(fence: u64, length: Duration, asked: Clocks) -> Self {
        Self {
            fence,
            length,
            asked,
        }
    }

    /// The same lease, renewed by a request made at `asked`.
    #[must_use]
    pub(super) fn renewed(self, asked: Clocks) -> Self {
        // Answers may come out of order.
        let later = asked.mono() >= self.asked.mono();
        Self {
            asked: if later { asked } else { self.asked },
            ..self
        }
    }

    /// The number of the grant, which grows from lease to lease of a call.
    #[must_use]
    pub(super) const fn fence(&self) -> u64 {
        self.fence
    }

    /// When it has ended, unless it is renewed.
    #[must_use]
    pub(super) fn ends(&self) -> Instant {
        self.asked.mono() + self.length.saturating_sub(drift(self.length))
    }

    /// When it should be renewed.
    #[must_use]
    pub(super) fn renew_at(&self) -> Instant {
        self.asked.mono() + self.length / 3
    }

    /// Whether it lasts for `need` from `now` on. After the machine slept that cannot be said.
    #[must_use]
    pub(super) fn covers(&self, now: Clocks, need: Duration) -> bool {
        !now.parted_since(self.asked) && now.mono() + need < self.ends()
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use proptest::prelude::*;

    use super::*;

    const LENGTH: Duration = Duration::from_secs(20);

    /// Both clocks `millis` after they were started.
    fn at(started: (SystemTime, Instant), millis: u64) -> Clocks {
        let by = Duration::from_millis(millis);
        Clocks::new(started.0 + by, started.1 + by)
    }

    fn start() -> (SystemTime, Instant) {
        (SystemTime::now(), Instant::now())
    }

    #[test]
    fn it_runs_from_the_request_and_ends_before_the_servers_does() {
        let began = start();
        let lease = Lease::granted(7, LENGTH, at(began, 0));
        assert_eq!(lease.ends() - began.1, Duration::from_millis(19_798));
        assert_eq!(lease.renew_at() - began.1, LENGTH / 3);
        let need = Duration::from_secs(11);
        assert!(lease.covers(at(began, 8_797), need));
        assert!(!lease.covers(at(began, 8_798), need));
        assert!(!lease.covers(at(began, 60_000), Duration::ZERO));
    }

    #[test]
    fn after_a_sleep_of_the_machine_it_covers_nothing_until_renewed() {
        let began = start();
        let lease = Lease::granted(7, LENGTH, at(began, 0));
        let second = Duration::from_secs(1);
        let woken = Clocks::new(began.0 + 60 * second, began.1 + second);
        assert!(!lease.covers(woken, Duration::ZERO));
        assert!(lease.renewed(woken).covers(woken, 11 * second));
    }

    proptest! {
        /// Whatever the order of the answers, a lease lasts as long as the last request makes it, and no longer.
        #[test]
        fn it_lasts_from_its_last_request(requests in prop::collection::vec(0_u64..100_000, 1..20)) {
            let began = start();
            let last = requests.iter().copied().max().unwrap_or_default();
            let mut lease = Lease::granted(1, LENGTH, at(began, requests[0]));
            for asked in &requests {
                lease = lease.renewed(at(began, *asked));
            }
            prop_assert!(lease.ends() < at(began, last).mono() + LENGTH);
            prop_assert!(lease.covers(at(began, last), LENGTH / 50 * 49));
            prop_assert_eq!(lease.fence(), 1);
        }
    }
}
