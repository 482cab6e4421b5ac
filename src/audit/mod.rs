//! The record: what is written down before the digits leave, and after the outcome is known.
//!
//! [`AuditSink`] is the seam. [`AuditLog`] behind it keeps a log in files in which nothing can be altered unseen:
//!
//! * [`record`] is the form of a line, [`seal`] and [`chain`] bind lines together, [`anchor`] what is kept elsewhere;
//! * [`writer`] is the thread that writes, many records at once; [`log`] chooses the file, and another when that
//!   one is full or fails; [`place`] names files, [`disk`] holds them, [`fail_stop`] never trusts one again whose sync failed; [`leftovers`] and [`recovery`] mend what
//!   a process left that ended in the middle;
//! * [`verify`] reads it all again.
//!
//! No digit is in it, nor anything computed from one but a rough length.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::BoxFuture;
use crate::error::Error;
use crate::outcome::Outcome;

pub mod anchor;
pub mod chain;
pub mod disk;
pub mod fail_stop;
mod leftovers;
pub mod log;
mod notice;
mod open_file;
pub mod options;
pub mod place;
pub mod record;
mod recovery;
pub mod seal;
mod shared;
mod sink;
pub mod verify;
mod writer;

pub use notice::{Notice, Observer};
pub use options::{Durability, OnFailure, Options, Rotation};
pub use place::Place;
pub use seal::Key;
pub use sink::AuditLog;

/// Digits are about to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Names the injection.
    pub injection_id: Uuid,
    /// The platform.
    pub origin: Arc<str>,
    /// The call.
    pub call: Arc<str>,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// How many digits. The log tells it roughly.
    pub digits: usize,
    /// The number of the lease on the call, as in [`Outcome::fence`].
    pub fence: Option<u64>,
    /// How long the injection may still take.
    pub remaining: Duration,
}

/// Keeps the record. Neither method is given a digit.
///
/// What is to be recorded is on its way when a method returns, also if nobody waits for the end.
pub trait AuditSink: Send + Sync + 'static {
    /// Ends when the intent is safe. An error keeps the digits from being sent.
    fn intent(&self, intent: Intent) -> BoxFuture<'_, Result<(), Error>>;

    /// Ends when the outcome is safe, with `true`, or cannot be made so; it never changes the outcome.
    fn outcome(&self, outcome: Arc<Outcome>) -> BoxFuture<'_, bool>;
}
