//! Wakes tasks by what other processes publish.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Wakes a task that waits for a lease, or tells one that holds it that other processes wait.
#[derive(Debug, Default)]
pub(in crate::fleet) struct Waker {
    woken: Notify,
    contended: AtomicBool,
}

impl Waker {
    /// Resolves when a wake-up has arrived since it last resolved.
    pub(in crate::fleet) async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Whether other processes wait for the lease.
    #[must_use]
    pub(in crate::fleet) fn is_contended(&self) -> bool {
        self.contended.load(Ordering::Acquire)
    }

    /// Other processes wait for the lease.
    pub(in crate::fleet) fn mark_contended(&self) {
        self.contended.store(true, Ordering::Release);
    }
}

/// The wakers of this process. A message names the process by its channel and the waker by its number.
#[derive(Debug, Default)]
pub(in crate::fleet) struct WakeRegistry {
    wakers: Mutex<HashMap<u64, Arc<Waker>>>,
    next: AtomicU64,
}

impl WakeRegistry {
    /// Adds a waker.
    pub(in crate::fleet) fn register(self: &Arc<Self>) -> WakerGuard {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let waker = Arc::<Waker>::default();
        self.wakers().insert(number, Arc::clone(&waker));
        WakerGuard {
            wake_registry: Arc::clone(self),
            number,
            waker,
        }
    }

    /// Handles a message: `turn:<number>` or `wanted:<number>`. Others are of newer versions and ignored.
    pub(super) fn on_message(&self, message: &[u8]) {
        let Some((what, number)) = std::str::from_utf8(message)
            .ok()
            .and_then(|text| text.split_once(':'))
        else {
            return;
        };
        let waker = number
            .parse()
            .ok()
            .and_then(|number: u64| self.wakers().get(&number).cloned());
        match (what, waker) {
            ("turn", Some(waker)) => waker.woken.notify_one(),
            ("wanted", Some(waker)) => waker.mark_contended(),
            _ => {}
        }
    }

    /// Wakes all: messages may have been missed.
    pub(super) fn wake_all(&self) {
        for waker in self.wakers().values() {
            waker.woken.notify_one();
        }
    }

    fn wakers(&self) -> MutexGuard<'_, HashMap<u64, Arc<Waker>>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a waker registered until dropped.
#[derive(Debug)]
pub(in crate::fleet) struct WakerGuard {
    wake_registry: Arc<WakeRegistry>,
    number: u64,
    waker: Arc<Waker>,
}

impl WakerGuard {
    /// What messages call it.
    #[must_use]
    pub(in crate::fleet) const fn number(&self) -> u64 {
        self.number
    }

    /// The waker itself.
    #[must_use]
    pub(in crate::fleet) const fn waker(&self) -> &Arc<Waker> {
        &self.waker
    }
}

impl Drop for WakerGuard {
    fn drop(&mut self) {
        self.wake_registry.wakers().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    async fn is_woken(waker: &Waker) -> bool {
        timeout(Duration::from_millis(1), waker.woken())
            .await
            .is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_named_waker_wakes_and_a_wake_up_is_kept_until_it_is_seen() {
        let wake_registry = Arc::<WakeRegistry>::default();
        let (first, second) = (wake_registry.register(), wake_registry.register());
        wake_registry.on_message(format!("turn:{}", first.number()).as_bytes());
        assert!(is_woken(first.waker()).await);
        assert!(!is_woken(first.waker()).await);
        assert!(!is_woken(second.waker()).await);
        wake_registry.on_message(format!("wanted:{}", second.number()).as_bytes());
        assert!(second.waker().is_contended() && !first.waker().is_contended());
        assert!(!is_woken(second.waker()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn unknown_messages_wake_nothing_and_a_dropped_waker_is_removed() {
        let wake_registry = Arc::<WakeRegistry>::default();
        let waker = wake_registry.register();
        for message in [
            &b"turn"[..],
            b"turn:",
            b"turn:x",
            b"later:0",
            b"\xff:0",
            b"turn:7",
        ] {
            wake_registry.on_message(message);
        }
        assert!(!is_woken(waker.waker()).await);
        drop(waker);
        assert!(wake_registry.wakers().is_empty());
    }
}
