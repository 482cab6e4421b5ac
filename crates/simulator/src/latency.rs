//! How long answers take: nothing, a fixed time, evenly spread, or log-normal.

use std::f64::consts::TAU;
use std::time::Duration;

use cxone_dtmf_options::{Fields, OptionError, OptionSpec, fractional_millis, options};

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_9;

/// A log-normal sample is never longer than this many times its 99th percentile:
/// the far tail would make a test hang once in a million runs.
const TAIL: f64 = 10.0;

/// A distribution of delays. Timers have a resolution of one millisecond and round up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Latency {
    /// No delay.
    #[default]
    None,
    /// Always the same.
    Fixed(Duration),
    /// Evenly spread between two bounds.
    Uniform {
        /// The shortest.
        min: Duration,
        /// The longest, not below `min`.
        max: Duration,
    },
    /// Log-normal, as services under load look: half are below `p50`, one in a hundred above `p99`.
    LogNormal {
        /// The median, above zero.
        p50: Duration,
        /// The 99th percentile, not below `p50`.
        p99: Duration,
    },
}

options! {
    /// The ways to say it: `fixedMs`, `minMs` with `maxMs`, or `p50Ms` with `p99Ms`.
    struct Times {
        /// Always the same.
        fixed: Option<Duration> = None => fractional_millis("fixedMs");
        /// The shortest of evenly spread ones.
        min: Option<Duration> = None => fractional_millis("minMs");
        /// The longest of them, not below `minMs`.
        max: Option<Duration> = None => fractional_millis("maxMs");
        /// The median of log-normal ones, above 0.
        p50: Option<Duration> = None => fractional_millis("p50Ms");
        /// Their 99th percentile, not below `p50Ms`.
        p99: Option<Duration> = None => fractional_millis("p99Ms");
    }
}

impl Latency {
    pub(super) fn options() -> Vec<OptionSpec> {
        Times::options()
    }

    pub(super) fn read(fields: &mut Fields) -> Result<Self, OptionError> {
        let Times {
            fixed,
            min,
            max,
            p50,
            p99,
        } = Times::default().over(fields)?;
        match (fixed, (min, max), (p50, p99)) {
            (Some(fixed), (None, None), (None, None)) => Ok(Self::Fixed(fixed)),
            (None, (Some(min), Some(max)), (None, None)) => {
                if max < min {
                    return Err(fields.error("maxMs", "must not be below minMs"));
                }
                Ok(Self::Uniform { min, max })
            }
            (None, (None, None), (Some(p50), Some(p99))) => {
                if p50.is_zero() {
                    return Err(fields.error("p50Ms", "must be above 0"));
                }
                if p99 < p50 {
                    return Err(fields.error("p99Ms", "must not be below p50Ms"));
                }
                Ok(Self::LogNormal { p50, p99 })
            }
            _ => Err(OptionError::new(
                "options.latency",
                "must be { fixedMs }, { minMs, maxMs } or { p50Ms, p99Ms }",
            )),
        }
    }

    /// Every time cut down to `longest`.
    pub(super) fn at_most(self, longest: Duration) -> Self {
        match self {
            Self::None => Self::None,
            Self::Fixed(delay) => Self::Fixed(delay.min(longest)),
            Self::Uniform { min, max } => Self::Uniform {
                min: min.min(longest),
                max: max.min(longest),
            },
            Self::LogNormal { p50, p99 } => Self::LogNormal {
                p50: p50.min(longest),
                p99: p99.min(longest),
            },
        }
    }

    /// The next delay.
    pub(super) fn sample(self, random: &mut fastrand::Rng) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Fixed(delay) => delay,
            Self::Uniform { min, max } => min + max.saturating_sub(min).mul_f64(random.f64()),
            Self::LogNormal { p50, p99 } => {
                // Box and Muller's way from two even numbers to one normal; 1 - x is never zero.
                let normal = (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (TAU * random.f64()).cos();
                let sigma = (p99.as_secs_f64() / p50.as_secs_f64()).ln() / Z99;
                let seconds = p50.as_secs_f64() * (sigma * normal).exp();
                Duration::try_from_secs_f64(seconds.min(p99.as_secs_f64() * TAIL))
                    .unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(latency: Latency, seed: u64) -> Vec<Duration> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut delays: Vec<_> = (0..10_001).map(|_| latency.sample(&mut random)).collect();
        delays.sort();
        delays
    }

    #[test]
    fn log_normal_has_the_percentiles_it_was_asked_for() {
        let p50 = Duration::from_millis(40);
        let p99 = Duration::from_millis(400);
        let delays = sorted(Latency::LogNormal { p50, p99 }, 7);
        assert!(delays[5_000].abs_diff(p50) < Duration::from_millis(3));
        assert!(delays[9_900].abs_diff(p99) < Duration::from_millis(60));
        assert!(delays[10_000] <= p99 * 10);
    }

    #[test]
    fn uniform_stays_within_its_bounds_and_uses_them() {
        let min = Duration::from_millis(10);
        let max = Duration::from_millis(20);
        let delays = sorted(Latency::Uniform { min, max }, 7);
        assert!(delays[0] >= min && delays[10_000] <= max);
        assert!(delays[10_000].abs_diff(delays[0]) > Duration::from_millis(9));
    }

    #[test]
    fn the_same_seed_gives_the_same_delays() {
        let latency = Latency::LogNormal {
            p50: Duration::from_millis(1),
            p99: Duration::from_millis(9),
        };
        assert_eq!(sorted(latency, 3), sorted(latency, 3));
        assert_ne!(sorted(latency, 3), sorted(latency, 4));
    }
}
