//! The lock of a call: one queue per call, first come, first served.
//!
//! [`Queue`] is the order itself, [`Registry`] has the queues of the whole process, a [`LockTicket`] is a position in one,
//! `FleetLock` is what a fleet adds.

mod call_queues;
mod fleet_lock;
mod key;
mod queue;
mod registry;
mod rejection;
mod ticket;

pub(crate) use fleet_lock::FleetLock;
pub use key::{LockId, LockKey};
pub use queue::{Enqueued, Position, Queue};
pub use registry::Registry;
pub use rejection::{QueueFull, Rejection};
pub use ticket::LockTicket;
