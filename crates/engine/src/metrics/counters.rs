//! Counts what one injector does.

use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::counts::Counts;
use super::recognition::Recognition;
use super::snapshot::AllTimes;
use super::totals::TotalCounters;
use crate::counters::Counter;
use crate::delivery::Delivery;
use crate::error::{Code, Error};
use crate::outcome::Outcome;

/// Counts what one injector does. All counters only grow.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    settled: [ByCode; Delivery::ALL.len()],
    resends: ByCode,
    /// The counters without labels.
    pub(crate) totals: TotalCounters,
    times: Mutex<AllTimes>,
    recognition: Mutex<Recognition>,
}

/// A counter for each code, and one for none.
#[derive(Debug, Default)]
struct ByCode {
    none: Counter,
    codes: [Counter; Code::ALL.len()],
}

impl ByCode {
    fn count(&self, code: Option<Code>) {
        let mut counters = Code::ALL.into_iter().zip(&self.codes);
        let counter = counters.find(|(known, _)| Some(*known) == code);
        counter.map_or(&self.none, |(_, counter)| counter).count();
    }

    /// The codes that occurred. The first is `None`, for injections without a code.
    fn read(&self) -> impl Iterator<Item = (Option<Code>, u64)> {
        let codes = Code::ALL.into_iter().map(Some).zip(&self.codes);
        std::iter::once((None, &self.none))
            .chain(codes)
            .map(|(code, counter)| (code, counter.read()))
            .filter(|(_, count)| *count > 0)
    }
}

impl Metrics {
    /// Counts an injection that ended. `was_granted` says whether it got the lock.
    pub(crate) fn finished(&self, outcome: &Outcome, was_granted: bool) {
        let delivery = outcome.delivery();
        let counters = Delivery::ALL.into_iter().zip(&self.settled);
        for (_, counter) in counters.filter(|(known, _)| *known == delivery) {
            counter.count(outcome.result.as_ref().err().map(|error| error.code));
        }
        self.totals.attempts.add(outcome.attempts.into());
        let mut times = locked(&self.times);
        times.queue.record(outcome.queued);
        if was_granted {
            times.latency.record(outcome.latency);
        }
        if let Some(attempt) = outcome.attempt {
            times.attempt.record(attempt);
        }
        drop(times);
        if delivery == Delivery::Accepted {
            locked(&self.recognition).accepted(
                outcome.injection_id,
                outcome.asked.as_ref().map_or(0, |asked| asked.digits),
            );
        }
    }

    /// Counts an attempt that is repeated.
    pub(crate) fn resending(&self, reason: Code) {
        self.resends.count(Some(reason));
    }

    /// Takes a report of what the far end recognised.
    pub(crate) fn report(&self, injection: Uuid, recognised: u32) -> Result<(), Error> {
        let sent = locked(&self.recognition).report(injection, recognised)?;
        self.totals.recognition_reports.count();
        self.totals.reported_digits_sent.add(sent.into());
        let counter = &self.totals.reported_digits_recognised;
        counter.add(recognised.into());
        Ok(())
    }

    /// Reads the counters that have labels.
    #[must_use]
    pub(crate) fn read(&self) -> Counts {
        let settled = Delivery::ALL.into_iter().zip(&self.settled);
        let resends = self.resends.read();
        Counts {
            settled: settled
                .flat_map(|(delivery, by_code)| {
                    by_code
                        .read()
                        .map(move |(code, count)| (delivery, code, count))
                })
                .collect(),
            resends: resends
                .filter_map(|(code, count)| Some((code?, count)))
                .collect(),
        }
    }

    /// Reads all times.
    #[must_use]
    pub(crate) fn times(&self) -> AllTimes {
        locked(&self.times).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Totals;

    #[test]
    fn reports_of_the_far_end_add_up() {
        let metrics = Metrics::default();
        let id = Uuid::from_u128(1);
        locked(&metrics.recognition).accepted(id, 4);
        assert!(metrics.report(id, 5).is_err());
        metrics.report(id, 3).unwrap();
        assert!(metrics.report(id, 3).is_err());
        let sums = Totals {
            recognition_reports: 1,
            reported_digits_sent: 4,
            reported_digits_recognised: 3,
            ..Totals::default()
        };
        assert_eq!(metrics.totals.read(), sums);
    }
}
