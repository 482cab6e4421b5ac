//! Who is woken by what other processes publish.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Wakes one who waits, or tells one who holds that others wait. Shared with [`Wakes`].
#[derive(Debug, Default)]
pub struct Bell {
    rung: Notify,
    wanted: AtomicBool,
}

impl Bell {
    /// Resolves when the bell was rung since it last did.
    pub async fn rung(&self) {
        self.rung.notified().await;
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
pub struct Wakes {
    bells: Mutex<HashMap<u64, Arc<Bell>>>,
    next: AtomicU64,
}

impl Wakes {
    /// A new bell and its number.
    pub fn hang(self: &Arc<Self>) -> Hanging {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let bell = Arc::<Bell>::default();
        self.bells().insert(number, Arc::clone(&bell));
        Hanging {
            wakes: Arc::clone(self),
            number,
            bell,
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
        let bell = number
            .parse()
            .ok()
            .and_then(|number: u64| self.bells().get(&number).cloned());
        match (what, bell) {
            ("turn", Some(bell)) => bell.rung.notify_one(),
            ("wanted", Some(bell)) => bell.want(),
            _ => {}
        }
    }

    /// Rings all: messages may have been missed.
    pub(super) fn ring_all(&self) {
        for bell in self.bells().values() {
            bell.rung.notify_one();
        }
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<u64, Arc<Bell>>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bell that hangs until dropped.
#[derive(Debug)]
pub struct Hanging {
    wakes: Arc<Wakes>,
    number: u64,
    bell: Arc<Bell>,
}

impl Hanging {
    /// The number under which others ring it.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The bell itself.
    #[must_use]
    pub const fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.wakes.bells().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    async fn rings(bell: &Bell) -> bool {
        timeout(Duration::from_millis(1), bell.rung()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_named_bell_rings_and_a_ring_is_kept_until_heard() {
        let wakes = Arc::<Wakes>::default();
        let (first, second) = (wakes.hang(), wakes.hang());
        wakes.deliver(format!("turn:{}", first.number()).as_bytes());
        assert!(rings(first.bell()).await);
        assert!(!rings(first.bell()).await);
        assert!(!rings(second.bell()).await);
        wakes.deliver(format!("wanted:{}", second.number()).as_bytes());
        assert!(second.bell().is_wanted() && !first.bell().is_wanted());
        assert!(!rings(second.bell()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_understood_rings_nothing_and_a_bell_that_is_gone_is_forgotten() {
        let wakes = Arc::<Wakes>::default();
        let bell = wakes.hang();
        for message in [
            &b"turn"[..],
            b"turn:",
            b"turn:x",
            b"later:0",
            b"\xff:0",
            b"turn:7",
        ] {
            wakes.deliver(message);
        }
        assert!(!rings(bell.bell()).await);
        drop(bell);
        assert!(wakes.bells().is_empty());
    }
}
