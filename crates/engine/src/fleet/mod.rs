//! The fleet mode: several processes share the order of every call, one token and one rate limit, on Redis or Valkey.
//!
//! * `options` are the settings, `servers` where Redis is, `keys` the names of keys, `script` a Lua script with its digest;
//! * `store` keeps the connections and runs scripts, with short time-outs of its own;
//! * `lock` is the lease that a process needs to press digits into a call;
//! * `blocks` are calls that take nothing more, `session_ids` what the ids of agent sessions mean;
//! * `rate` is the rate limit, `token` the OAuth token, both shared by all processes.
//!
//! Within a process the queue of a call comes first ([`crate::lock`]); the process asks the fleet once for the queue, not
//! once for each injection in it. No digit, and nothing computed from one, ever reaches the store.

mod blocks;
mod keys;
mod lock;
mod member;
mod options;
mod rate;
mod script;
mod servers;
mod session_ids;
mod store;
mod token;

pub use keys::{CallId, Keys, PROTOCOL};
pub use lock::{AcquireReply, LeaseClient, LeaseTerms};
pub use member::Fleet;
pub use options::{FleetOptions, MARGIN, OnUnavailable};
pub use rate::{FleetRateLimiter, GCRA_LUA, SharedReservation, SharedSchedule, SharedSlot};
pub use script::Script;
pub use servers::{Server, Servers};
pub use store::{Arg, Counters, Counts, Refusal, Right, Store, StoreError, Value};
pub use token::{Identity, SharedGrant};
