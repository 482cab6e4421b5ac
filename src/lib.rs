//! Presses DTMF digits into live NICE CXone calls.

use std::future::Future;
use std::pin::Pin;

pub mod auth;
pub mod channel;
pub mod clock;
pub mod delivery;
pub mod dtmf;
pub mod error;
pub mod mask;
#[cfg(feature = "node")]
pub mod node;
pub mod origin;
pub mod retry;
pub mod secret;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod transport;

/// A boxed future, as the traits of the seams return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
