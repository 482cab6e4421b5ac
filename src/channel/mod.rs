//! The channel lock: one line per call, first come, first served.
//!
//! [`queue`] is the order itself, [`registry`] keeps the lines of the whole process, [`intake`] keeps what is on its
//! way into them, [`claim`] is what a fleet adds.

pub mod claim;
pub mod intake;
pub mod queue;
pub mod registry;

pub use claim::Claim;
pub use registry::{Channel, Dismissal, LineFull, LockId, Place, Registry};
