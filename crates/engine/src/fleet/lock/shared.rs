//! What the handle of a lease and its task share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Notify, watch};

use super::lease_state::LeaseState;
use crate::fleet::store::Waker;

/// The state goes from task to handle, requests go the other way.
#[derive(Debug)]
pub(super) struct Shared {
    pub state: watch::Sender<LeaseState>,
    /// The lease is to be renewed now.
    pub renew: Notify,
    /// The waiters of other processes are to be rejected.
    pub reject: Notify,
    /// How often that was requested.
    rejections: AtomicU32,
    pub waker: Arc<Waker>,
}

impl Shared {
    pub(super) fn new(waker: Arc<Waker>) -> Self {
        Self {
            state: watch::Sender::new(LeaseState::Requested),
            renew: Notify::new(),
            reject: Notify::new(),
            rejections: AtomicU32::new(0),
            waker,
        }
    }

    pub(super) fn request_rejection(&self) {
        self.rejections.fetch_add(1, Ordering::AcqRel);
        self.reject.notify_one();
    }

    pub(super) fn rejections_requested(&self) -> u32 {
        self.rejections.load(Ordering::Acquire)
    }
}
