//! Redis or Valkey: connections that are kept, and scripts that run within a time-out.

mod arg;
mod availability;
mod cluster;
mod connection;
mod connector;
mod counters;
mod error;
mod node;
mod redis_store;
mod refusal;
mod restart_guard;
mod rights;
mod sentinel;
mod slot_map;
mod wake_registry;

pub use arg::Arg;
pub use counters::{Counters, Counts};
pub use error::StoreError;
pub use redis::Value;
pub(super) use redis_store::REQUEST_TTL;
pub use redis_store::Store;
pub use refusal::{Refusal, Right};
pub(super) use restart_guard::MARKER;
pub(super) use wake_registry::{Waker, WakerGuard};
