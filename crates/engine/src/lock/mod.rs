//! The lock of a call: one queue per call, first come, first served.
//!
//! [`queue`](self) is the order itself, [`registry`](self) keeps the queues of the whole process, `FleetLock` is what a
//! fleet adds.

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
