//! Whether the server still has all leases that it granted.
//!
//! A server that was restarted without its data, a replica that was promoted, or one whose data was deleted would grant a
//! lease that another process still holds. So the server keeps a marker with the id of its run (`run_id`). Where the
//! marker is missing or names another run, leases may be lost, and none is granted for as long as one lasts: the
//! earlier ones have then ended by their holders' clocks.
//!
//! The first process of a fleet finds no marker either. That is no loss if no process has seen another run before, which
//! each says of itself, and none subscribes to the channel of the fleet. One case is left: a process that starts while
//! the server comes back empty, before any other has connected again. The others close the fleet when they connect,
//! but a lease may have been granted in between.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::Value;

use super::connection::Connection;
use super::error::StoreError;
use crate::fleet::keys::Keys;
use crate::fleet::options::FleetOptions;
use crate::fleet::script::Script;

/// The key of the marker, of which each hash tag has one.
pub(in crate::fleet) const MARKER: &str = "memory";

/// The channel to which every process of a fleet subscribes.
pub(super) const PRESENCE: &str = "fleet";

static CHECK: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/restart_guard.lua")));

/// The run of the server that this process saw last, for each hash tag.
#[derive(Debug, Default)]
pub(super) struct RestartGuard(Mutex<HashMap<u16, Arc<str>>>);

impl RestartGuard {
    /// Checks all hash tags of the server, as the first thing on a new connection. Tells for how long no lease is granted.
    pub(super) async fn check(
        &self,
        keys: &Keys,
        options: &FleetOptions,
        connection: &Connection,
    ) -> Result<Duration, StoreError> {
        self.check_tags(keys.tags(), keys, options, connection)
            .await
    }

    /// Checks one of the hash tags of the server once more, as a write that tells whether it is still a master.
    pub(super) async fn check_again(
        &self,
        keys: &Keys,
        options: &FleetOptions,
        connection: &Connection,
    ) -> Result<Duration, StoreError> {
        let Some(tag) = connection.tag.get() else {
            // A node that keeps nothing of the fleet.
            let pong = connection.command(&redis::cmd("PING")).await;
            return pong.map(|_| Duration::ZERO);
        };
        let tags = *tag..*tag + 1;
        self.check_tags(tags, keys, options, connection).await
    }

    async fn check_tags(
        &self,
        tags: Range<u16>,
        keys: &Keys,
        options: &FleetOptions,
        connection: &Connection,
    ) -> Result<Duration, StoreError> {
        let lease = u64::try_from(options.lease.as_millis()).unwrap_or(u64::MAX);
        let presence = keys.of_fleet(PRESENCE);
        let mut closed = Duration::ZERO;
        let mut all = redis::pipe();
        for tag in tags.clone() {
            let seen = self.runs().get(&tag).cloned().unwrap_or_default();
            all.cmd("EVAL")
                .arg(CHECK.text())
                .arg(1)
                .arg(keys.of_tag(MARKER, tag))
                .arg(&*connection.run_id)
                .arg(lease)
                .arg(&presence)
                .arg(&*seen);
        }
        for (tag, checked) in tags.zip(connection.commands(&all).await?) {
            match checked {
                Ok(reply) => {
                    if let Value::Int(millis) = reply {
                        closed = closed.max(Duration::from_millis(millis.unsigned_abs()));
                    }
                    let _ = connection.tag.set(tag);
                    self.runs().insert(tag, Arc::clone(&connection.run_id));
                }
                // Another node of the cluster has the hash tag.
                Err(StoreError::Redirected { .. }) => {}
                Err(error) => return Err(error.in_script(&CHECK)),
            }
        }
        Ok(closed)
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u16, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
