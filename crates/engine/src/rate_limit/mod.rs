//! The rate limit on our side: fewer requests than the platform would refuse.
//!
//! [`RateLimiter`] is what an injector asks; `LocalRateLimiter` serves one injector, the fleet has another that serves
//! many processes. [`Gcra`] is the formula of both.

mod gcra;
mod limit;
mod line;
mod local;
mod rate_limiter;
mod reservation;

pub use gcra::{Gcra, Reservation, Schedule, TooFar};
pub use limit::RateLimit;
pub(crate) use line::{Granted, Line, Reserved, Slots};
pub(crate) use local::LocalRateLimiter;
pub(crate) use rate_limiter::LONGEST_HOLD;
pub use rate_limiter::{RateLimiter, WaitTooLong};
pub(crate) use reservation::CancelOnDrop;
