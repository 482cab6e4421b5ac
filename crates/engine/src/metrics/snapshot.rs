//! What an injector is doing at one moment.

use std::time::Duration;

use super::counts::Counts;
use super::times::Times;
use super::totals::Totals;
use crate::fleet;
use crate::in_doubt::Block;
use crate::sessions::SessionView;

/// What an injector is doing at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// What happened so far, by delivery and code.
    pub counts: Counts,
    /// What happened so far, in all.
    pub totals: Totals,
    /// How many injections and locks wait for a call.
    pub waiting: usize,
    /// How many requests are under way.
    pub in_flight: usize,
    /// How many manual locks are held.
    pub locks: usize,
    /// How many bytes of outcomes and events wait for the program to take them. The caller sets it: its events end
    /// outside of the engine.
    pub outbox_bytes: usize,
    /// The whole tokens left for resends.
    pub budget: u32,
    /// The age of the token in use, where there is one.
    pub token_age: Option<Duration>,
    /// How long injections took so far.
    pub times: AllTimes,
    /// The sessions that are followed in the process, on the platform of this injector: at most 1,000 of them, and how many
    /// there are.
    pub sessions: (Vec<SessionView>, usize),
    /// What takes no more digits in the process, on the platform of this injector: the first to end and at most
    /// 1,000 of them, and how many there are.
    pub in_doubt: (Vec<Block>, usize),
    /// What happened in the fleet, for all injectors of the process that share its settings.
    pub fleet: Option<fleet::Counts>,
    /// For how long the fleet's Redis has not answered, or granted no leases.
    pub fleet_unavailable: Option<Duration>,
}

/// The times of all injections.
#[derive(Clone, Debug, Default)]
pub struct AllTimes {
    /// From the request to the granted lock.
    pub queue: Times,
    /// From the granted lock to the outcome: token, back-off and all attempts. Of those that got the lock.
    pub latency: Times,
    /// The last attempt's own time. Of those that had one.
    pub attempt: Times,
}
