//! Whether, when and how an attempt is made again: pure, without clock and I/O.
//!
//! Time and randomness come in as arguments, so that every decision can be tested as a table.

mod backoff;
mod budget;
mod failure;
mod policy;
mod resend_when_unknown;
mod retry_after;
mod status;

pub use backoff::{DEFAULT_BASE, DEFAULT_CAP, exponential, full_jitter, throttled};
pub use budget::{Budget, DEFAULT_CAPACITY};
pub use failure::{Failure, Resend};
pub use policy::{
    DEFAULT_MAX_ATTEMPTS, Decision, MAX_UNSENT_RESENDS, Policy, Progress, StopReason,
};
pub use resend_when_unknown::{Causes, ResendWhenUnknown, UnknownCause, resend_when_unknown};
pub use retry_after::{
    LONGEST_RETRY_AFTER, http_date, longest_retry_after, parse_retry_after, retry_after_of,
};
pub use status::{is_too_early, is_transient, may_have_run, may_still_run, wants_new_connection};
