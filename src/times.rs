//! Numbers as they cross: times in milliseconds, and whole ones.

use std::time::Duration;

/// Rounded up, so that a wait is never announced too short.
pub fn whole_millis_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// Milliseconds with three decimals.
pub fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}

/// Numbers given by `lib/` are whole and far below 2^53.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "see above"
)]
pub const fn whole(number: f64) -> u64 {
    number as u64
}
