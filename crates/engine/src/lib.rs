//! Presses DTMF digits into live NICE CXone calls: never twice, in order, without leaking a digit.
//!
//! The way of one injection, as [`injector`] walks it:
//!
//! 1. *validate*: [`dtmf`] and [`api`] check digits and ids; nothing is sent when a rule is broken;
//! 2. *lock*: [`channel`] gives it a place in the line of its call, and [`fleet`] the lease on it, where there is one;
//! 3. *rate limit*: [`rate_limit`] lets it wait for a slot, where one is configured;
//! 4. *token*: [`auth`] gives the current one, or fetches one for all callers that wait; [`endpoint`] knows where it
//!    may go, from the configuration or from the platform;
//! 5. *intent*: [`audit`] writes down what is about to leave;
//! 6. *send*: [`http`] carries the request once and reports facts;
//! 7. *classify*: [`api`] says what the facts mean for the digits, a [`delivery::Delivery`];
//! 8. *retry*: [`retry`] decides whether it is safe and sensible to send again, and when;
//! 9. *outcome*: [`outcome`] sums up all attempts, [`metrics`] counts, [`audit`] writes it down;
//! 10. *events*: [`event`] tells it, before the caller hears.
//!
//! Arrows go one way: `node → injector → {dtmf, auth, api, channel, fleet, rate_limit, retry, transport, audit}`.
//! `retry`, `channel::queue` and `rate_limit::gcra` know neither clock nor I/O. Only `node` knows JavaScript.

use std::future::Future;
use std::pin::Pin;

pub use cxone_dtmf_options::Secret;

pub mod api;
pub mod audit;
pub mod auth;
pub mod cancel;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod endpoint;
pub mod error;
pub mod event;
pub mod fleet;
pub mod http;
pub mod injector;
pub mod lock;
pub mod metrics;
pub mod origin;
pub mod outcome;
pub mod payload;
pub mod rate_limit;
pub mod redact;
pub mod retry;
mod sleep;
pub mod submit;
pub mod timestamp;
mod tls;
pub mod trace;

/// A boxed future, as the traits of the seams return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
