//! The lock of a call across processes: a lease, granted in the order of asking.
//!
//! * `lease_client` runs the scripts: tickets, leases and fences as the server keeps them, by its clock;
//! * `lease` is a lease as its holder sees it, by its own clock and without I/O;
//! * `lease_handle` is what the queue of a call has, `lease_task` the task behind it that asks, renews and releases.
//!
//! A process asks once for the queue of a call, however many injections wait in it, and keeps the lease while they
//! follow each other. While other processes wait it queues again behind them after a few turns. Every grant has a fence,
//! a number that only grows. The platform knows no fences, so it is the clock that keeps two processes apart: before each
//! send the lease must last longer than the attempt may take. Fences are for the audit log, where they show an overlap.
//!
//! At most one process sends while the server neither fails over unnoticed nor jumps its clock.

mod lease;
mod lease_client;
mod lease_handle;
mod lease_state;
mod lease_task;
mod locks;
mod shared;
mod terms;

pub use lease_client::{AcquireReply, LeaseClient};
pub(super) use lease_state::unavailable;
pub(super) use locks::FleetLocks;
pub use terms::LeaseTerms;
