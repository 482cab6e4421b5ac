//! Presses DTMF digits into live NICE CXone calls: never twice, in order, without leaking a digit.
//!
//! The way of one injection, as [`injector`] runs it:
//!
//! 1. *validate*: [`payload`] and [`api`] check digits and ids; nothing is sent when a rule is broken;
//! 2. *lock*: [`lock`] queues it behind the others of its call, and [`fleet`] takes the lease on the call, where there
//!    is a fleet;
//! 3. *rate limit*: [`rate_limit`] books a slot, where a limit is configured;
//! 4. *token*: [`auth`] returns the current one or fetches one; [`endpoint`] is the address it may go to, configured or
//!    found by asking the platform;
//! 5. *intent*: [`audit`] records what is about to be sent;
//! 6. *send*: [`http`] carries the request once, and witnesses whether its body was handed over;
//! 7. *classify*: [`api`] says what the result means for the digits: accepted, or a [`retry::Failure`];
//! 8. *retry*: [`retry`] decides whether it is safe and sensible to send again, and when;
//! 9. *outcome*: [`outcome`] is the end of all attempts, [`metrics`] counts it, [`audit`] records it;
//! 10. *event*: [`event`] reports it, before the promise of the caller settles.
//!
//! Imports go one way, from each row to those below it:
//!
//! | rooms | |
//! |---|---|
//! | [`submit`] | from callers to the queues of their calls |
//! | [`injector`] | runs the injections: the only room that knows the order |
//! | [`config`], [`event`] | what goes into it, and what comes out |
//! | [`fleet`], [`metrics`] | what processes share on Redis; what is counted |
//! | [`api`] | wire formats |
//! | [`endpoint`] | the address of the API, configured or discovered |
//! | [`auth`], [`audit`] | tokens; the audit log |
//! | [`http`], [`outcome`] | requests and connections; the end of an injection |
//! | [`json`], [`retry`], [`redact`], [`lock`], [`rate_limit`] | from bytes to JSON; resends; what errors must not show; the queue of a call; the rate limit |
//! | [`in_doubt`] | unknown outcomes that the process remembers |
//! | [`payload`], [`origin`], [`trace`], [`cancel`] | checked input; cancellation |
//! | [`error`], [`delivery`], [`clock`], [`timestamp`], `counters` | the words that all rooms share |

use std::future::Future;
use std::pin::Pin;

pub use cxone_dtmf_options::Secret;

pub mod api;
pub mod audit;
pub mod auth;
pub mod cancel;
pub mod clock;
pub mod config;
mod counters;
pub mod delivery;
pub mod endpoint;
pub mod error;
pub mod event;
pub mod fleet;
pub mod http;
pub mod in_doubt;
pub mod injector;
pub mod json;
pub mod lock;
pub mod metrics;
pub mod origin;
pub mod outcome;
pub mod payload;
pub mod rate_limit;
pub mod redact;
pub mod retry;
pub mod sessions;
mod sleep;
pub mod submit;
pub mod timestamp;
pub mod tls;
pub mod trace;

/// A boxed future, as the traits of the seams return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
