//! Counters of one injector.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::delivery::Delivery;
use crate::error::Code;
use crate::outcome::Outcome;

/// Counts what happened. All counters only grow.
#[derive(Debug, Default)]
pub struct Metrics {
    accepted: AtomicU64,
    refused: AtomicU64,
    not_sent: AtomicU64,
    unknown: AtomicU64,
    by_code: [AtomicU64; Code::ALL.len()],
    attempts: AtomicU64,
    resends: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Injections that the platform accepted.
    pub accepted: u64,
    /// Injections that the platform refused.
    pub refused: u64,
    /// Injections that never left.
    pub not_sent: u64,
    /// Injections of which nobody knows.
    pub unknown: u64,
    /// Failed injections by code; codes that never occurred are absent.
    pub by_code: BTreeMap<&'static str, u64>,
    /// How often a connection took digits.
    pub attempts: u64,
    /// How often an attempt was repeated.
    pub resends: u64,
}

impl Metrics {
    /// Counts an injection that ended.
    pub fn finished(&self, outcome: &Outcome) {
        match outcome.delivery() {
            Delivery::Accepted => &self.accepted,
            Delivery::Refused => &self.refused,
            Delivery::NotSent => &self.not_sent,
            Delivery::Unknown => &self.unknown,
        }
        .fetch_add(1, Ordering::Relaxed);
        self.attempts
            .fetch_add(outcome.attempts.into(), Ordering::Relaxed);
        if let Err(error) = &outcome.result {
            let counters = Code::ALL.iter().zip(&self.by_code);
            for (_, counter) in counters.filter(|(code, _)| **code == error.code) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Counts an attempt that is repeated.
    pub fn resending(&self) {
        self.resends.fetch_add(1, Ordering::Relaxed);
    }

    /// Reads all counters.
    #[must_use]
    pub fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            accepted: read(&self.accepted),
            refused: read(&self.refused),
            not_sent: read(&self.not_sent),
            unknown: read(&self.unknown),
            by_code: Code::ALL
                .iter()
                .zip(&self.by_code)
                .map(|(code, counter)| (code.as_str(), read(counter)))
                .filter(|(_, count)| *count > 0)
                .collect(),
            attempts: read(&self.attempts),
            resends: read(&self.resends),
        }
    }
}
