//! The channel lock: one line per call, first come, first served.
//!
//! [`queue`] is the order itself, [`registry`] keeps the lines of the whole process, [`submissions`] keeps what is on its
//! way into them, [`fleet_lock`] is what a fleet adds.

pub mod fleet_lock;
pub mod queue;
pub mod registry;
pub mod submissions;

pub use fleet_lock::FleetLock;
pub use registry::{LockId, LockKey, LockTicket, QueueFull, Registry, Rejection};
