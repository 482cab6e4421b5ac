//! Who is woken by what other processes publish.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Wakes one who waits, or tells one who holds that others wait. Shared with [`WakeRegistry`].
#[derive(Debug, Default)]
pub struct Waker {
    woken: Notify,
    wanted: AtomicBool,
}

impl Waker {
    /// Resolves when the bell was rung since it last did.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Whether somebody wants what is held.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// Notes that somebody wants what is held.
    pub fn want(&self) {
        self.wanted.store(true, Ordering::Release);
    }
}

/// The bells of this process, by number. What is published names the process by the channel and the bell by its number.
#[derive(Debug, Default)]
pub struct WakeRegistry {
    wakers: Mutex<HashMap<u64, Arc<Waker>>>,
    next: AtomicU64,
}

impl WakeRegistry {
    /// A new bell and its number.
    pub fn register(self: &Arc<Self>) -> WakerGuard {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let waker = Arc::<Waker>::default();
        self.wakers().insert(number, Arc::clone(&waker));
        WakerGuard {
            wake_registry: Arc::clone(self),
            number,
            waker,
        }
    }

    /// Takes a message: `turn:<number>` or `wanted:<number>`. Others are of newer versions, and left alone.
    pub(super) fn deliver(&self, message: &[u8]) {
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
            ("wanted", Some(waker)) => waker.want(),
            _ => {}
        }
    }

    /// Rings all: messages may have been missed.
    pub(super) fn wake_all(&self) {
        for waker in self.wakers().values() {
            waker.woken.notify_one();
        }
    }

    fn wakers(&self) -> MutexGuard<'_, HashMap<u64, Arc<Waker>>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bell that hangs until dropped.
#[derive(Debug)]
pub struct WakerGuard {
    wake_registry: Arc<WakeRegistry>,
    number: u64,
    waker: Arc<Waker>,
}

impl WakerGuard {
    /// The number under which others ring it.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The bell itself.
    #[must_use]
    pub const fn waker(&self) -> &Arc<Waker> {
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

    async fn rings(waker: &Waker) -> bool {
        timeout(Duration::from_millis(1), waker.woken())
            .await
            .is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_named_bell_rings_and_a_ring_is_kept_until_heard() {
        let wake_registry = Arc::<WakeRegistry>::default();
        let (first, second) = (wake_registry.register(), wake_registry.register());
        wake_registry.deliver(format!("turn:{}", first.number()).as_bytes());
        assert!(rings(first.waker()).await);
        assert!(!rings(first.waker()).await);
        assert!(!rings(second.waker()).await);
        wake_registry.deliver(format!("wanted:{}", second.number()).as_bytes());
        assert!(second.waker().is_wanted() && !first.waker().is_wanted());
        assert!(!rings(second.waker()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_understood_rings_nothing_and_a_bell_that_is_gone_is_forgotten() {
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
            wake_registry.deliver(message);
        }
        assert!(!rings(waker.waker()).await);
        drop(waker);
        assert!(wake_registry.wakers().is_empty());
    }
}
