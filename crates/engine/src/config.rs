//! The options of an injector and of an injection, with their defaults.

use std::time::Duration;

use crate::error::Error;
use crate::lock::LockId;
use crate::rate_limit::RateLimit;
use crate::retry::{DEFAULT_BASE, DEFAULT_CAP, DEFAULT_CAPACITY, ResendWhenUnknown};
use crate::trace::Trace;

/// What happens to the injections queued behind one whose outcome is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterUnknown {
    /// They fail, unsent: a `#` after a PIN that may be half there does harm.
    #[default]
    RejectQueued,
    /// They go on.
    Continue,
}

/// Whether a call stays locked while its tones play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlayoutMode {
    /// It stays locked: the next sequence must not run into the last one.
    #[default]
    Hold,
    /// It does not stay locked.
    None,
}

/// How failed attempts are sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryConfig {
    /// The upper bound of the first full-jitter delay. Default 200 ms.
    pub base: Duration,
    /// The upper bound of every full-jitter delay. Default 4 s.
    pub cap: Duration,
    /// Tokens of the budget that resends share. Default 500; 0 means no resends.
    pub budget: u32,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            base: DEFAULT_BASE,
            cap: DEFAULT_CAP,
            budget: DEFAULT_CAPACITY,
        }
    }
}

/// The settings of one injector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The bound on one attempt, answer included. Default 10 s.
    pub timeout: Duration,
    /// The bound on opening a connection. Default 2 s.
    pub connect_timeout: Duration,
    /// The bound on the whole injection: queue, token, attempts and back-off. Default 30 s.
    pub deadline: Duration,
    /// The bound on the wait for the call's lock. Default 20 s.
    pub lock_timeout: Duration,
    /// How long a manual lock may be held. Default 60 s.
    pub lock_hold: Duration,
    /// How many injections may wait for one call, over all injectors of the process. Default 32.
    pub max_waiting_per_call: usize,
    /// How many injections of this injector may wait in all. Default 10,000.
    pub max_waiting: usize,
    /// How many requests of this injector may be under way at once. Default 256.
    pub max_in_flight: usize,
    /// How failed attempts are repeated.
    pub retry: RetryConfig,
    /// Which unknown outcomes may be sent again. Default: none.
    pub resend_when_unknown: ResendWhenUnknown,
    /// A 500 or a 503 means that nothing was carried out. Default: what the profile says.
    pub atomic_server_errors: Option<bool>,
    /// What happens to the injections queued behind an unknown outcome.
    pub after_unknown: AfterUnknown,
    /// Whether a call stays locked while its tones play, where the profile knows how long that takes.
    pub playout: PlayoutMode,
    /// How many requests may leave. Default: no limit.
    pub rate_limit: Option<RateLimit>,
    /// Digits are hidden in what the server says. Default `true`.
    pub mask_digits: bool,
    /// The seed of the jitter, for tests that must repeat. Default: random.
    pub seed: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(2),
            deadline: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(20),
            lock_hold: Duration::from_secs(60),
            max_waiting_per_call: 32,
            max_waiting: 10_000,
            max_in_flight: 256,
            retry: RetryConfig::default(),
            resend_when_unknown: ResendWhenUnknown::Never,
            atomic_server_errors: None,
            after_unknown: AfterUnknown::RejectQueued,
            playout: PlayoutMode::Hold,
            rate_limit: None,
            mask_digits: true,
            seed: None,
        }
    }
}

impl Config {
    /// Checks what the types cannot say. The error names the field as JavaScript knows it.
    pub fn check(&self) -> Result<(), Error> {
        if self.retry.cap < self.retry.base {
            return Err(Error::invalid(
                "retry.capMs must not be less than retry.baseMs",
            ));
        }
        Ok(())
    }
}

/// The settings of one injection, over those of its injector.
#[derive(Clone, Debug, Default)]
pub struct InjectionOptions {
    /// How many attempts count at most. Default 1: no resends.
    pub max_attempts: Option<u32>,
    /// Overrides [`Config::deadline`].
    pub deadline: Option<Duration>,
    /// Overrides [`Config::lock_timeout`].
    pub lock_timeout: Option<Duration>,
    /// Overrides [`Config::resend_when_unknown`].
    pub resend_when_unknown: Option<ResendWhenUnknown>,
    /// Goes along with every request of the injection.
    pub trace: Trace,
    /// Presses under a manual lock of this injector.
    pub lock: Option<LockId>,
}
