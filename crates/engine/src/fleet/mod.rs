//! The fleet mode: several processes share the order of every call, one token and one rate limit, on Redis or Valkey.
//!
//! * [`options`] are the settings, [`keys`] the names of what is kept, [`script`] a piece of Lua with its digest;
//! * [`store`] keeps the connections and runs scripts, with short time-outs of its own;
//! * [`lock`] is the lease that a process needs to press digits into a call;
//! * [`rate`] is the rate limit, [`token`] the OAuth token, both shared by all.
//!
//! In one process the local line of a call comes first ([`crate::lock`]); the process asks the fleet once for the
//! line, not once for each who waits in it. No digit, and nothing computed from one, ever reaches the store.

use std::sync::Arc;

pub mod keys;
pub mod lock;
pub mod options;
pub mod rate;
pub mod script;
pub mod store;
pub mod token;

pub use options::{FleetOptions, OnUnavailable};
pub use store::{Arg, Counts, Store, StoreError};

use lock::Locks;

/// The fleet, as one injector takes part in it.
#[derive(Debug)]
pub struct Fleet {
    /// Where it meets.
    pub store: Arc<Store>,
    /// Its locks.
    pub locks: Locks,
}

impl Fleet {
    /// The fleet that meets in this store.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self {
            locks: Locks::new(Arc::clone(&store)),
            store,
        }
    }
}
