//! Wipes digits when their time is over, although nothing may ask for them by then.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use scopeguard::ScopeGuard;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};

use super::memory::InDoubt;

impl InDoubt {
    /// Begins to wipe what ends, unless that goes on already. It goes on as long as there is something.
    pub fn wipe_in_time(self: &Arc<Self>) {
        // Without a runtime the process is ending, and its memory with it.
        if let Ok(runtime) = Handle::try_current()
            && self.begins_to_wipe()
        {
            // Before it is polled first: where a runtime ends, the next one begins anew.
            let wiping = scopeguard::guard(Arc::clone(self), |in_doubt| in_doubt.ends_wiping());
            runtime.spawn(wipe(wiping));
        }
    }

    fn begins_to_wipe(&self) -> bool {
        !self.wiping.swap(true, Ordering::AcqRel)
    }

    fn ends_wiping(&self) {
        self.wiping.store(false, Ordering::Release);
    }
}

/// The one task that wipes.
async fn wipe(in_doubt: ScopeGuard<Arc<InDoubt>, impl FnOnce(Arc<InDoubt>)>) {
    loop {
        while let Some(next) = in_doubt.expire(Instant::now()) {
            sleep_until(next).await;
        }
        in_doubt.ends_wiping();
        // What was added since that look found a task at work.
        if in_doubt.expire(Instant::now()).is_none() || !in_doubt.begins_to_wipe() {
            break;
        }
    }
    drop(ScopeGuard::into_inner(in_doubt));
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use tokio::time::sleep;
    use uuid::Uuid;

    use super::*;
    use crate::in_doubt::{Recipient, Unknown};
    use crate::payload::{Alphabet, Sequence};

    fn add(in_doubt: &Arc<InDoubt>, digits: &str, seconds: u64) {
        let unknown = Unknown {
            injection: Uuid::nil(),
            recipient: Recipient {
                scope: "platform".into(),
                call: "c".into(),
                contact: None,
            },
            guard: Duration::from_secs(seconds),
            block: None,
            since: SystemTime::UNIX_EPOCH,
        };
        let digits = Sequence::parse(digits, Alphabet::Full, 20).unwrap();
        in_doubt.add(unknown, &digits, Instant::now());
        in_doubt.wipe_in_time();
    }

    #[tokio::test(start_paused = true)]
    async fn digits_are_wiped_although_nothing_asks_for_them() {
        let in_doubt = Arc::new(InDoubt::default());
        for _ in 0..2 {
            add(&in_doubt, "1", 30);
            add(&in_doubt, "2", 60);
            sleep(Duration::from_secs(31)).await;
            assert_eq!(in_doubt.kept(), 1);
            sleep(Duration::from_secs(30)).await;
            assert_eq!(in_doubt.kept(), 0);
            assert!(!in_doubt.wiping.load(Ordering::Acquire));
        }
    }

    #[test]
    fn a_runtime_that_ends_leaves_the_work_to_the_next() {
        let in_doubt = Arc::new(InDoubt::default());
        for digits in ["1", "2"] {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap();
            runtime.block_on(async { add(&in_doubt, digits, 30) });
            drop(runtime);
            assert!(!in_doubt.wiping.load(Ordering::Acquire), "after {digits}");
        }
    }
}
