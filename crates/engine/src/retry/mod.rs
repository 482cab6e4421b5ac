//! Whether, when and how an attempt is made again: pure, without clock and I/O.
//!
//! Time and randomness come in as arguments, so that every decision can be tested as a table.

pub mod backoff;
pub mod budget;
mod failure;
mod policy;
mod resend_when_unknown;
pub mod retry_after;
mod status;

pub use budget::Budget;
pub use failure::{Failure, Resend};
pub use policy::{Decision, MAX_UNSENT_RESENDS, Policy, Progress, StopReason};
pub use resend_when_unknown::{ResendWhenUnknown, UnknownCause};
pub use status::{is_too_early, is_transient, may_have_run, may_still_run, wants_new_connection};
