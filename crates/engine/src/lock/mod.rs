//! The lock of a call: one queue per call, first come, first served.
//!
//! [`queue`] is the order itself, [`registry`] keeps the queues of the whole process, [`fleet_lock`] is what a fleet adds.

pub mod fleet_lock;
pub mod queue;
pub mod registry;

pub use fleet_lock::FleetLock;
pub use registry::{LockId, LockKey, LockTicket, QueueFull, Registry, Rejection};
