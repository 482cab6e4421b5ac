//! The locks of a fleet, as this process asks for them.

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use tracing::instrument::WithSubscriber as _;

use super::lease_client::LeaseClient;
use super::lease_handle::LeaseHandle;
use super::lease_task::LeaseTask;
use super::shared::Shared;
use super::terms::LeaseTerms;
use crate::BoxFuture;
use crate::fleet::store::Store;
use crate::lock::FleetLock;

/// The locks of a fleet, as this process asks for them.
pub(in crate::fleet) struct FleetLocks {
    store: Arc<Store>,
    terms: LeaseTerms,
    releasing: TaskTracker,
}

impl FleetLocks {
    /// The locks in this store.
    #[must_use]
    pub(in crate::fleet) fn new(store: Arc<Store>) -> Self {
        Self {
            terms: LeaseTerms::of(store.options()),
            store,
            releasing: TaskTracker::new(),
        }
    }

    /// Requests the lock of a call, without waiting for it. Within a tokio runtime only.
    #[must_use]
    pub(in crate::fleet) fn request(&self, scope: &str, call: &str) -> Arc<dyn FleetLock> {
        let waker = self.store.wake_registry().register();
        let shared = Arc::new(Shared::new(Arc::clone(waker.waker())));
        let lease_task = LeaseTask::new(
            Arc::clone(&self.store),
            LeaseClient::new(&self.store, waker.number(), scope, call),
            self.terms,
            Arc::clone(&shared),
            waker,
        );
        let (release, released) = oneshot::channel();
        // Boxed, as all tasks of the fleet are: the code around a task exists once for each type of future.
        let task: BoxFuture<'static, ()> =
            Box::pin(lease_task.run(released).with_current_subscriber());
        tokio::spawn(task);
        let release = (release, self.releasing.token());
        Arc::new(LeaseHandle::new(Arc::clone(&self.store), shared, release))
    }

    /// Resolves when everything that was requested here has been released.
    pub(in crate::fleet) async fn all_released(&self) {
        self.releasing.close();
        self.releasing.wait().await;
    }
}

impl fmt::Debug for FleetLocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetLocks").finish_non_exhaustive()
    }
}
