//! The rate limit of a fleet: all processes reserve their slots in common schedules, by the clock of the server.
//!
//! The formula is [`Gcra`](crate::rate_limit::Gcra), in Lua; a test holds the two against each other. A request reserves
//! its slot on the server and waits for it here: one round trip for both limits where they share a node and both are free, else
//! one for each. While the store is away a process keeps to its part of the limits.

mod limiter;
mod shared_schedule;
mod slot;

pub use limiter::FleetRateLimiter;
pub use shared_schedule::{GCRA_LUA, SharedSchedule};
pub use slot::{SharedReservation, SharedSlot};
