//! Redis or Valkey: connections that are kept, and scripts that run within a time-out.

mod arg;
mod cluster;
mod connection;
mod connector;
mod counters;
mod error;
mod node;
mod redis_store;
mod refusal;
mod restart_guard;
mod slot_map;
mod wake_registry;

pub use arg::Arg;
pub use counters::{Counters, Counts};
pub use error::StoreError;
pub use redis::Value;
pub use redis_store::Store;
pub use refusal::{Refusal, Right};
pub(super) use restart_guard::MARKER;
pub(super) use wake_registry::{Waker, WakerGuard};
