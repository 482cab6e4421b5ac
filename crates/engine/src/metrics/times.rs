//! How long something took: percentiles for people, buckets for Prometheus.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Two significant digits: a reading is at most 1 % off, and a histogram takes some kilobytes.
const SIGNIFICANT_DIGITS: u8 = 2;

/// Longer times are counted as this one: options allow a day at most.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The upper bounds of the buckets in seconds: the usual ones of Prometheus clients, and 30 for the default deadline.
pub(super) const BUCKETS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// A histogram of times. It takes no memory before the first one.
#[derive(Clone, Debug, Default)]
pub struct Times {
    micros: Option<Histogram<u32>>,
    sum: Duration,
}

/// A summary of times. All zero when there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Percentiles {
    /// How many times there are.
    pub count: u64,
    /// Half of them are no longer.
    pub p50: Duration,
    /// Nine of ten are no longer.
    pub p90: Duration,
    /// Ninety-nine of a hundred are no longer.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Times {
    /// Counts a time.
    pub fn record(&mut self, time: Duration) {
        if self.micros.is_none() {
            self.micros = Histogram::new(SIGNIFICANT_DIGITS).ok();
        }
        let time = time.min(LONGEST);
        self.sum = self.sum.saturating_add(time);
        if let Some(histogram) = &mut self.micros {
            // It resizes itself, and a day of microseconds is far within its range.
            let _ = histogram.record(micros(time));
        }
    }

    /// The percentiles of all times so far.
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        self.micros
            .as_ref()
            .map_or_else(Percentiles::default, |histogram| {
                let at = |quantile| Duration::from_micros(histogram.value_at_quantile(quantile));
                Percentiles {
                    count: histogram.len(),
                    p50: at(0.5),
                    p90: at(0.9),
                    p99: at(0.99),
                    max: Duration::from_micros(histogram.max()),
                }
            })
    }

    /// How many times there are up to each bound of [`BUCKETS`].
    #[must_use]
    pub(super) fn buckets(&self) -> [u64; BUCKETS.len()] {
        BUCKETS.map(|bound| {
            self.micros.as_ref().map_or(0, |histogram| {
                histogram.count_between(0, micros(Duration::from_secs_f64(bound)))
            })
        })
    }

    /// How many times there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.micros.as_ref().map_or(0, Histogram::len)
    }

    /// Their sum.
    #[must_use]
    pub const fn sum(&self) -> Duration {
        self.sum
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_zero() {
        let times = Times::default();
        assert_eq!(times.percentiles(), Percentiles::default());
        assert_eq!(times.buckets(), [0; BUCKETS.len()]);
    }

    #[test]
    fn percentiles_are_those_of_the_times() {
        let mut times = Times::default();
        for millis in 1..=1000 {
            times.record(Duration::from_millis(millis));
        }
        let read = times.percentiles();
        let near = |found: Duration, millis: f64| {
            let off = found.as_secs_f64() * 1000.0 / millis;
            (0.99..1.01).contains(&off)
        };
        assert!(near(read.p50, 500.0) && near(read.p90, 900.0) && near(read.p99, 990.0));
        assert!(near(read.max, 1000.0));
        assert_eq!(read.count, 1000);
        assert_eq!(times.sum(), Duration::from_millis(500_500));
    }

    proptest! {
        #[test]
        fn buckets_only_grow_and_hold_what_is_below(millis in prop::collection::vec(0_u64..100_000_000, 0..60)) {
            let mut times = Times::default();
            for time in &millis {
                times.record(Duration::from_millis(*time));
            }
            let buckets = times.buckets();
            prop_assert!(buckets.windows(2).all(|pair| pair[0] <= pair[1]));
            for (bound, count) in BUCKETS.iter().zip(buckets) {
                // One per cent on either side of the bound may fall into the next bucket.
                let below = |factor: f64| millis.iter().filter(|time| **time as f64 / 1000.0 <= bound * factor).count() as u64;
                prop_assert!((below(0.98)..=below(1.02)).contains(&count));
            }
            prop_assert_eq!(times.count(), millis.len() as u64);
        }
    }
}
