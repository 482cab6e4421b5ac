//! The rate limit on our side: fewer requests than the platform would refuse.
//!
//! [`gcra`] is the formula, [`limiter`] keeps one bucket for all calls and one for each.

pub mod gcra;
pub mod limiter;

pub use limiter::{Limiter, RateLimit};
