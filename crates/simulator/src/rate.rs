//! Limits on how many DTMF requests are let through, over a sliding minute.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use cxone_dtmf_options::{choice, length, options};

const MINUTE: Duration = Duration::from_secs(60);

/// Idle calls are forgotten when this many are known.
const SWEEP_AT: usize = 4_096;

/// How a refusal says when to come back (RFC 9110 §10.2.3 allows both).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfterForm {
    /// `Retry-After: 30`
    Seconds,
    /// `Retry-After: Wed, 21 Oct 2026 07:28:00 GMT`
    Date,
}

impl RetryAfterForm {
    /// The values and their names in JavaScript.
    const NAMED: [(&'static str, Self); 2] = [("seconds", Self::Seconds), ("date", Self::Date)];
}

options! {
    /// How many DTMF requests pass within any 60 s. Refused ones do not count.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct RateLimit {
        /// Over all calls together.
        pub per_minute: Option<usize> = None => length("perMinute", 1).default_doc("no limit");
        /// For each call.
        pub per_call_per_minute: Option<usize> = None => length("perCallPerMinute", 1).default_doc("no limit");
        /// The form of `Retry-After`.
        pub retry_after: RetryAfterForm = RetryAfterForm::Seconds => choice("retryAfter", &RetryAfterForm::NAMED);
    }
}

/// The requests that passed within the last minute, oldest first.
#[derive(Default)]
struct Window(VecDeque<Instant>);

impl Window {
    /// How long until one more may pass.
    fn wait(&mut self, now: Instant, limit: usize) -> Duration {
        while self.0.front().is_some_and(|&passed| passed + MINUTE <= now) {
            self.0.pop_front();
        }
        match self.0.front() {
            Some(&oldest) if self.0.len() >= limit => oldest + MINUTE - now,
            _ => Duration::ZERO,
        }
    }

    fn is_idle(&self, now: Instant) -> bool {
        self.0.back().is_none_or(|&passed| passed + MINUTE <= now)
    }
}

/// Lets requests pass or says how long to wait.
pub(super) struct Limiter {
    limit: RateLimit,
    all: Window,
    calls: HashMap<String, Window>,
}

impl Limiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            all: Window::default(),
            calls: HashMap::new(),
        }
    }

    pub(super) fn form(&self) -> RetryAfterForm {
        self.limit.retry_after
    }

    /// Counts the request and lets it pass, or tells how long until it could.
    pub(super) fn admit(&mut self, now: Instant, call_id: &str) -> Result<(), Duration> {
        let mut wait = Duration::ZERO;
        if let Some(limit) = self.limit.per_minute {
            wait = self.all.wait(now, limit);
        }
        let mut of_call = None;
        if let Some(limit) = self.limit.per_call_per_minute {
            if self.calls.len() >= SWEEP_AT {
                self.calls.retain(|_, window| !window.is_idle(now));
            }
            let window = self.calls.entry(call_id.to_owned()).or_default();
            wait = wait.max(window.wait(now, limit));
            of_call = Some(window);
        }
        if !wait.is_zero() {
            return Err(wait);
        }
        if self.limit.per_minute.is_some() {
            self.all.0.push_back(now);
        }
        if let Some(window) = of_call {
            window.0.push_back(now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_minute: Option<usize>, per_call_per_minute: Option<usize>) -> Limiter {
        Limiter::new(RateLimit {
            per_minute,
            per_call_per_minute,
            retry_after: RetryAfterForm::Seconds,
        })
    }

    #[test]
    fn the_minute_slides() {
        let mut limiter = limiter(Some(2), None);
        let start = Instant::now();
        let second = |n| start + Duration::from_secs(n);
        assert_eq!(limiter.admit(second(0), "a"), Ok(()));
        assert_eq!(limiter.admit(second(20), "b"), Ok(()));
        assert_eq!(
            limiter.admit(second(30), "c"),
            Err(Duration::from_secs(30)),
            "until the first is a minute old"
        );
        assert_eq!(limiter.admit(second(60), "c"), Ok(()));
        assert_eq!(
            limiter.admit(second(60), "c"),
            Err(Duration::from_secs(20)),
            "the refused one did not count"
        );
    }

    #[test]
    fn one_call_does_not_use_up_the_limit_of_another() {
        let mut limiter = limiter(None, Some(1));
        let now = Instant::now();
        assert_eq!(limiter.admit(now, "a"), Ok(()));
        assert_eq!(limiter.admit(now, "a"), Err(MINUTE));
        assert_eq!(limiter.admit(now, "b"), Ok(()));
    }

    #[test]
    fn a_refusal_by_the_call_does_not_count_for_all() {
        let mut limiter = limiter(Some(2), Some(1));
        let now = Instant::now();
        assert_eq!(limiter.admit(now, "a"), Ok(()));
        assert!(limiter.admit(now, "a").is_err());
        assert_eq!(limiter.admit(now, "b"), Ok(()));
    }
}
