//! Whether, when and how an attempt is made again: pure, without clock and I/O.
//!
//! Time and randomness come in as arguments, so that every decision can be tested as a table.

pub mod backoff;
pub mod budget;
pub mod policy;
pub mod retry_after;

pub use budget::Budget;
pub use policy::{Classification, Decision, Policy, Progress, Resend, StopReason};
