//! The lock of a call across processes: a lease, given in the order of asking.
//!
//! * [`wire`](self) are the scripts: tickets, leases and fences as the server keeps them, by its clock;
//! * [`lease`](self) is a lease as its holder sees it, by its own clock; it knows no store;
//! * [`claim`](self) is what the line of a process has, [`lease_task`](self) the task that asks, renews and gives back.
//!
//! A process asks once for its line, however many wait in it, and keeps the lease while they follow each other. While
//! other processes wait it queues again behind them after a few turns. Every grant has a fence, a number that only
//! grows. The platform knows no fences, so it is the clock that keeps two processes apart: before each send the lease
//! must last longer than the attempt may take. Fences are for the record, where an overlap can be seen by them.
//!
//! At most one process sends while the server neither fails over unnoticed nor jumps its clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use tokio::sync::{Notify, oneshot, watch};
use tokio_util::task::TaskTracker;
use tracing::instrument::WithSubscriber as _;

use super::options::OnUnavailable;
use super::store::Store;
use crate::BoxFuture;
use crate::lock::FleetLock;

mod lease;
mod lease_state;
mod lease_task;
mod leased_call;
mod wire;

pub use wire::{Asked, MOST_TICKETS, Owner, PATIENCE, POLL};

use lease_state::LeaseState;
use lease_task::LeaseTask;
use leased_call::{LeasedCall, Shared};

/// On which terms leases are asked for. Those of all processes of a fleet must be the same.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long a lease lasts.
    pub lease: Duration,
    /// How long a waiter that is not heard of keeps its place.
    pub patience: Duration,
    /// How many may wait for one call.
    pub most_tickets: u64,
    /// What happens while the store is away.
    pub on_unavailable: OnUnavailable,
}

/// The locks of a fleet, as this process asks for them.
pub struct Locks {
    store: Arc<Store>,
    terms: Terms,
    returning: TaskTracker,
}

impl Locks {
    /// The locks in this store.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        let options = store.options();
        Self {
            terms: Terms {
                lease: options.lease,
                patience: PATIENCE,
                most_tickets: MOST_TICKETS,
                on_unavailable: options.on_unavailable,
            },
            store,
            returning: TaskTracker::new(),
        }
    }

    /// Where they are.
    #[must_use]
    pub const fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Begins to ask for a call. Within a tokio runtime only.
    #[must_use]
    pub fn claim(&self, scope: &str, call: &str) -> Arc<dyn FleetLock> {
        let hanging = self.store.wake_registry().register();
        let shared = Arc::new(Shared {
            lease_state: watch::Sender::new(LeaseState::Asked),
            renew: Notify::new(),
            dismissals: AtomicU32::new(0),
            dismiss: Notify::new(),
            waker: Arc::clone(hanging.waker()),
        });
        let (end, given_up) = oneshot::channel();
        let lease_task = LeaseTask {
            owner: Owner::new(&self.store, hanging.number(), scope, call),
            store: Arc::clone(&self.store),
            terms: self.terms,
            shared: Arc::clone(&shared),
            hanging,
            dismissals: AtomicU32::new(0),
        };
        // Boxed, as all tasks of the fleet are: the code around a task exists once for each type of future.
        let keeping: BoxFuture<'static, ()> =
            Box::pin(lease_task.run(given_up).with_current_subscriber());
        tokio::spawn(keeping);
        let end = (end, self.returning.token());
        Arc::new(LeasedCall::new(Arc::clone(&self.store), shared, end))
    }

    /// Ends when everything has been given back that this process had asked for here.
    pub async fn returned(&self) {
        self.returning.close();
        self.returning.wait().await;
    }
}

impl fmt::Debug for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locks").finish_non_exhaustive()
    }
}
