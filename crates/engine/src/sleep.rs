//! Notices that the machine slept, by two clocks that part.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// The clocks may part this far by adjustment and rounding. A machine that sleeps for less keeps its connections.
const TOLERANCE: Duration = Duration::from_secs(5);

/// The wall clock and the monotonic clock, read together.
///
/// Where the monotonic clock stands still in sleep (Linux, macOS), the idle time-out of the pool does not see
/// the sleep, and the first request after it would go into a connection that the other side closed long ago:
/// an unknown outcome out of nothing. Where it runs on (Windows), the idle time-out does the work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    wall: SystemTime,
    mono: Instant,
}

impl Clocks {
    /// Both clocks as they stand.
    pub(crate) fn new(wall: SystemTime, mono: Instant) -> Self {
        Self { wall, mono }
    }

    /// Both clocks of the machine now.
    pub(crate) fn now() -> Self {
        Self::new(SystemTime::now(), Instant::now())
    }

    /// The monotonic clock.
    pub(crate) const fn mono(self) -> Instant {
        self.mono
    }

    /// Whether the clocks parted between the two readings. A wall clock that was set, in either
    /// direction, looks the same; all it costs is a new connection.
    pub(crate) fn parted_since(self, before: Self) -> bool {
        let mono = self.mono.saturating_duration_since(before.mono);
        match self.wall.duration_since(before.wall) {
            Ok(wall) => wall.abs_diff(mono) > TOLERANCE,
            Err(backward) => backward.duration().saturating_add(mono) > TOLERANCE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(start: Clocks, wall_ms: i64, mono_ms: u64) -> Clocks {
        let by = Duration::from_millis(wall_ms.unsigned_abs());
        let wall = if wall_ms < 0 {
            start.wall - by
        } else {
            start.wall + by
        };
        Clocks::new(wall, start.mono + Duration::from_millis(mono_ms))
    }

    proptest! {
        #[test]
        fn only_the_difference_counts(wall in -100_000_000_i64..100_000_000, mono in 0_u64..100_000_000) {
            let start = Clocks::new(SystemTime::now(), Instant::now());
            let expected = wall.abs_diff(i64::try_from(mono).expect("small")) > 5_000;
            prop_assert_eq!(after(start, wall, mono).parted_since(start), expected);
        }
    }
}
