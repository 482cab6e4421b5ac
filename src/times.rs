//! Times as they cross: in milliseconds.

use std::time::Duration;

/// Rounded up, so that a wait is never announced too short.
pub fn whole_millis_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// Milliseconds with three decimals.
pub fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}
