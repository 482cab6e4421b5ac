//! The options of an injector and of an injection: the table that they are read by.

use std::time::Duration;

use cxone_dtmf_options::{OptionError, choice, count, flag, length, millis, options, section};

use crate::error::Error;
use crate::lock::LockId;
use crate::rate_limit::RateLimit;
use crate::retry::{
    DEFAULT_BASE, DEFAULT_CAP, DEFAULT_CAPACITY, DEFAULT_MAX_ATTEMPTS, Policy, ResendWhenUnknown,
    resend_when_unknown,
};

/// What happens to the injections queued behind one whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterUnknown {
    /// They fail, unsent: a `#` after a PIN that may be half there does harm.
    RejectQueued,
    /// They go on.
    Continue,
    /// They fail, and so does what comes after them until somebody says what became of the digits.
    Block,
}

impl AfterUnknown {
    /// The values and their names in JavaScript.
    const NAMED: [(&'static str, Self); 3] = [
        ("reject-queued", Self::RejectQueued),
        ("continue", Self::Continue),
        ("block", Self::Block),
    ];
}

/// Whether a call stays locked while its tones play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayoutMode {
    /// It stays locked: the next sequence must not run into the last one.
    Hold,
    /// It does not stay locked.
    None,
}

impl PlayoutMode {
    /// The values and their names in JavaScript.
    const NAMED: [(&'static str, Self); 2] = [("hold", Self::Hold), ("none", Self::None)];
}

options! {
    /// How failed attempts are sent again.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RetryConfig {
        /// The first back-off; it doubles from attempt to attempt, with full jitter. A 429 without `Retry-After` starts
        /// from 1000 ms.
        pub base: Duration = DEFAULT_BASE => millis("baseMs", 0);
        /// The longest back-off, not less than `baseMs`; it shortens no wait after a 429.
        pub cap: Duration = DEFAULT_CAP => millis("capMs", 0);
        /// Tokens for resends, shared by all calls of the injector: a resend costs 14, after a 429 it costs 5; a success gives
        /// 1 back and every second 10. When they are used up, nothing is sent again. 0: never.
        pub budget: u32 = DEFAULT_CAPACITY => count("budget", 0);
    }
}

impl RetryConfig {
    /// The policy of as many attempts.
    #[must_use]
    pub const fn policy(&self, max_attempts: u32) -> Policy {
        Policy {
            base: self.base,
            cap: self.cap,
            max_attempts,
            last_try: None,
        }
    }
}

options! {
    /// The settings of one injector.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Config {
        /// The bound on one attempt, answer included. Past it the outcome is unknown.
        pub timeout: Duration = Duration::from_secs(10) => millis("timeoutMs", 1);
        /// The bound on a whole injection: queue, token, back-off and all attempts.
        pub deadline: Duration = Duration::from_secs(30) => millis("deadlineMs", 1);
        /// The bound on the wait for the lock of a call; 0 does not wait.
        pub lock_timeout: Duration = Duration::from_secs(20) => millis("lockTimeoutMs", 0);
        /// How long a manual lock may be held. Then it is released with a warning.
        pub lock_hold: Duration = Duration::from_secs(60) => millis("lockHoldMs", 1);
        /// How many may wait for one call, over all injectors of the process.
        pub max_waiting_per_call: usize = 32 => length("maxWaitingPerCall", 0);
        /// How many injections of this injector may wait in all.
        pub max_waiting: usize = 10_000 => length("maxWaiting", 0);
        /// How many requests of this injector are under way at once. Others wait their turn.
        pub max_in_flight: usize = 256 => length("maxInFlight", 1);
        /// How requests are sent again. It never sends what may have been carried out.
        pub retry: RetryConfig = RetryConfig::default()
            => section("retry", |fields| RetryConfig::default().over(fields), RetryConfig::options);
        /// Which unknown outcomes are sent again, all or those of a list, such as `['timeout']`. **May press twice**.
        pub resend_when_unknown: ResendWhenUnknown = ResendWhenUnknown::Never => resend_when_unknown();
        /// Whether a 500 or a 503 means that nothing was carried out.
        pub atomic_server_errors: Option<bool> = None
            => flag("atomicServerErrors").default_doc("`true` for `telephony-v2`, `false` for `agent-session`");
        /// What happens to those who wait behind an unknown outcome of the same call: they fail unsent, or go on. With
        /// `'block'` they fail, and so does all that follows until `resolve`.
        pub after_unknown: AfterUnknown = AfterUnknown::RejectQueued => choice("afterUnknown", &AfterUnknown::NAMED);
        /// How long the contact, call or session takes nothing more at most, with `afterUnknown: 'block'`.
        pub block_unknown: Duration = Duration::from_secs(300) => millis("blockUnknownMs", 1);
        /// How long after an unknown outcome the same digits are not sent to the same call again, by any injector of the
        /// process. 0: this injector neither remembers nor asks.
        pub repeat_guard: Duration = Duration::from_secs(30) => millis("repeatGuardMs", 0);
        /// Whether an injection without `contactId`, or into a session that is not followed, is an error: its digits go to
        /// whoever is in focus.
        pub require_contact: bool = false => flag("requireContact").only_with("api", &["agent-session"]);
        /// How long the first digit waits for the event that confirms the mask of the recording, in a followed session.
        pub mask_timeout: Duration = Duration::from_secs(5)
            => millis("maskTimeoutMs", 1).only_with("api", &["agent-session"]);
        /// Whether the session stays locked until the accepted tones have been played.
        pub playout: PlayoutMode = PlayoutMode::Hold
            => choice("playout", &PlayoutMode::NAMED).only_with("api", &["agent-session"]);
        /// Whether a sequence that is longer than one request takes goes out in several, at most 128 digits in all.
        pub split: bool = false => flag("split");
        /// How many requests may leave.
        pub rate_limit: Option<RateLimit> = None
            => section("rateLimit", |fields| RateLimit::default().over(fields), RateLimit::options)
                .checked(RateLimit::check)
                .default_doc("no limit");
        /// Whether entries, events, log lines and what the server says show digits.
        pub mask_digits: bool = true => choice("digits", &[("masked", true), ("clear", false)]);
        /// The seed of the jitter, for tests that must repeat. Default: random.
        pub seed: Option<u64> = None;
    }
}

impl Config {
    /// Checks what the types cannot say. The error names the field as JavaScript knows it.
    pub fn check(&self) -> Result<(), Error> {
        if self.retry.cap < self.retry.base {
            let rule = "must not be less than retry.baseMs";
            return Err(OptionError::new("retry.capMs", rule).into());
        }
        Ok(())
    }
}

options! {
    /// The settings of one injection, over those of its injector.
    #[derive(Clone, Debug)]
    pub struct InjectionOptions {
        /// The bound on this injection.
        pub deadline: Option<Duration> = None => millis("deadlineMs", 1).default_doc("that of the injector");
        /// The most attempts; `injectWithRetry` takes `maxRetries` in its place, 3 if there is none. The resend after a refused
        /// token and resends of what never left do not count.
        pub max_attempts: u32 = DEFAULT_MAX_ATTEMPTS => count("maxAttempts", 1);
        /// Which unknown outcomes of this injection are sent again.
        pub resend_when_unknown: Option<ResendWhenUnknown> = None
            => resend_when_unknown().default_doc("that of the injector");
        /// Whether a sequence that is longer than one request takes goes out in several, at most 128 digits in all.
        pub split: Option<bool> = None => flag("split").default_doc("that of the injector");
        /// The bound on the wait for the lock of the call; 0 does not wait.
        pub lock_timeout: Option<Duration> = None => millis("lockTimeoutMs", 0).default_doc("that of the injector");
        /// Presses under a manual lock of this injector.
        pub lock: Option<LockId> = None;
        elsewhere {
            /// Ends the injection: not-sent while it waits, unknown once the digits were handed over.
            "signal": "signal";
            /// A lock on this call that the program holds.
            "lock": "lock";
            /// The trace that the injection belongs to, as W3C Trace Context writes it. It goes along with every request for
            /// digits.
            "traceparent": "text";
            /// What the program calls the injection: 1 to 128 of `A-Z a-z 0-9 . _ ~ : @ + = / -`. It goes along with every
            /// request for digits, and into the entry.
            "correlationId": "text";
        }
    }
}
