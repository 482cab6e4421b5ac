//! Whether the server remembers all leases that were given.
//!
//! A server that was started anew without its data, a replica that was promoted, or one whose data was deleted would
//! give a call away that somebody still holds. So the server keeps a marker with the name of its run (`run_id`).
//! Where the marker is missing or names another run, something may be forgotten, and for as long as a lease lasts
//! none is given: what was held before has then ended by its own clock.
//!
//! The first process of a fleet finds no marker either. What tells that from a loss: no process saw another run
//! before, as each says of itself, and none listens. One case is left: a process that starts while the server comes
//! back empty, before any of the others has connected again. Those close the fleet then, but for what was given in between.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::error::StoreError;
use super::link::Link;
use crate::fleet::keys::Keys;
use crate::fleet::options::FleetOptions;
use crate::fleet::script::Script;

/// The key of the marker, in each bucket.
pub const MARKER: &str = "memory";

/// The channel that every process hears.
pub(super) const PRESENCE: &str = "fleet";

static SETTLE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/memory.lua")));

/// What this process knows: the run of the server that it saw last, for each bucket.
#[derive(Debug, Default)]
pub(super) struct RestartGuard(Mutex<HashMap<u16, Arc<str>>>);

impl RestartGuard {
    /// Settles it for all buckets of the server, as the first thing on a new connection.
    pub async fn settle(
        &self,
        keys: &Keys,
        options: &FleetOptions,
        link: &Link,
    ) -> Result<(), StoreError> {
        let lease = u64::try_from(options.lease.as_millis()).unwrap_or(u64::MAX);
        let presence = keys.of_fleet(PRESENCE);
        let mut all = redis::pipe();
        for bucket in keys.buckets() {
            let seen = self.runs().get(&bucket).cloned().unwrap_or_default();
            all.cmd("EVAL")
                .arg(SETTLE.text())
                .arg(1)
                .arg(keys.of_bucket(MARKER, bucket))
                .arg(&*link.run)
                .arg(lease)
                .arg(&presence)
                .arg(&*seen);
        }
        for (bucket, settled) in keys.buckets().zip(link.commands(&all).await?) {
            match settled {
                Ok(_) => {
                    self.runs().insert(bucket, Arc::clone(&link.run));
                }
                // Another node of the cluster has the bucket.
                Err(StoreError::Elsewhere { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u16, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
