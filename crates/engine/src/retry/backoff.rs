//! How long to wait before the next attempt.

use std::time::Duration;

use fastrand::Rng;

/// The default first ceiling of the back-off after a transient failure.
pub const DEFAULT_BASE: Duration = Duration::from_millis(200);

/// The default ceiling of every computed back-off.
pub const DEFAULT_CAP: Duration = Duration::from_secs(4);

/// The first ceiling after a 429 without `Retry-After`.
const THROTTLE_BASE: Duration = Duration::from_secs(1);

/// The last ceiling after such a 429.
const THROTTLE_CAP: Duration = Duration::from_secs(4);

/// The pause that doubles: `base` after the first failure, at most `cap`. `earlier` is the number of failures before.
///
/// Every doubling wait is this one: as it is, or as the ceiling of a jitter.
#[must_use]
pub fn exponential(base: Duration, cap: Duration, earlier: u32) -> Duration {
    let factor = 2_u32.checked_pow(earlier).unwrap_or(u32::MAX);
    base.saturating_mul(factor).min(cap)
}

/// Full jitter: anything from zero to the exponential pause.
pub fn full_jitter(base: Duration, cap: Duration, earlier: u32, rng: &mut Rng) -> Duration {
    up_to(exponential(base, cap, earlier), rng)
}

/// Equal jitter for a throttled request: 0.5–1 s, 1–2 s, 2–4 s, and 2–4 s from then on.
///
/// Unlike full jitter there is a least wait, and no setting shortens it, since the server asked for it.
pub fn throttled(earlier: u32, rng: &mut Rng) -> Duration {
    let half = exponential(THROTTLE_BASE, THROTTLE_CAP, earlier) / 2;
    half.saturating_add(up_to(half, rng))
}

/// A wait that the server asked for: never shorter, and up to a tenth longer, so that
/// clients that were told the same time do not come back at the same moment.
pub(super) fn upward(retry_after: Duration, rng: &mut Rng) -> Duration {
    retry_after.saturating_add(up_to(retry_after / 10, rng))
}

/// Uniform from zero to `longest`, both included. Beyond 584 years it stays at 584 years.
fn up_to(longest: Duration, rng: &mut Rng) -> Duration {
    Duration::from_nanos(rng.u64(0..=u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;
    use proptest::prelude::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn span(mut draw: impl FnMut(&mut Rng) -> Duration) -> (Duration, Duration) {
        let mut rng = Rng::with_seed(7);
        let draws: Vec<_> = (0..2000).map(|_| draw(&mut rng)).collect();
        (*draws.iter().min().unwrap(), *draws.iter().max().unwrap())
    }

    #[test]
    fn the_pause_doubles_up_to_the_cap_however_many_failures() {
        let seconds = [0, 1, 2, 3, 4, 5, 6, 40, u32::MAX]
            .map(|earlier| exponential(ms(1000), ms(30_000), earlier).as_secs());
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30, 30, 30]);
    }

    #[test]
    fn full_jitter_doubles_up_to_the_cap_and_uses_the_whole_range() {
        for (earlier, most) in [
            (0, 200),
            (1, 400),
            (2, 800),
            (3, 1600),
            (4, 3200),
            (5, 4000),
            (40, 4000),
        ] {
            let (low, high) = span(|rng| full_jitter(DEFAULT_BASE, DEFAULT_CAP, earlier, rng));
            assert!(low < ms(most) / 50, "{earlier}: {low:?}");
            assert!(
                high <= ms(most) && high > ms(most) * 49 / 50,
                "{earlier}: {high:?}"
            );
        }
    }

    #[test]
    fn throttled_waits_at_least_half_and_stays_at_four_seconds() {
        for (earlier, least) in [(0, 500), (1, 1000), (2, 2000), (3, 2000), (99, 2000)] {
            let (low, high) = span(|rng| throttled(earlier, rng));
            assert!(low >= ms(least) && low < ms(least) * 51 / 50);
            assert!(high <= ms(least) * 2 && high > ms(least) * 2 * 49 / 50);
        }
    }

    #[test]
    fn upward_uses_the_tenth() {
        let (low, high) = span(|rng| upward(ms(1000), rng));
        assert!(low >= ms(1000) && low < ms(1002));
        assert!(high <= ms(1100) && high > ms(1098));
        assert_eq!(upward(Duration::ZERO, &mut Rng::new()), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn bounds_hold_for_any_setting(
            base in any::<Duration>(), cap in any::<Duration>(), earlier in any::<u32>(), seed in any::<u64>(),
        ) {
            let mut rng = Rng::with_seed(seed);
            prop_assert!(exponential(base, cap, earlier) <= exponential(base, cap, earlier.saturating_add(1)));
            prop_assert!(full_jitter(base, cap, earlier, &mut rng) <= cap);
            prop_assert!(throttled(earlier, &mut rng) <= THROTTLE_CAP);
            let late = upward(base, &mut rng);
            prop_assert!(late >= base);
            prop_assert!(late <= base.saturating_add(base / 10));
        }
    }
}
