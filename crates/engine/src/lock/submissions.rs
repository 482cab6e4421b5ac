//! What was asked for and has not begun.
//!
//! Beginning an injection is validating it, naming it and taking its place in line: a few microseconds that a caller's
//! thread may not have to spare. It may note the injection here instead, and somebody else begins it. The order of the
//! notes is the order of the beginnings, whoever begins them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::yield_now;

use super::registry::Registry;

/// Begins one.
pub type Begin = Box<dyn FnOnce() + Send>;

/// Notes in the order of the calls.
#[derive(Default)]
pub struct SubmitQueue {
    submitted: Mutex<VecDeque<Begin>>,
    /// Held while one is begun, since two threads could overtake each other between taking a note and beginning it.
    beginning: Mutex<()>,
    /// Somebody was told that there are notes, and has not looked yet.
    told: AtomicBool,
}

impl SubmitQueue {
    /// Notes one. `true` when a [`Drainer`] has to be told, since none is on its way.
    #[must_use]
    pub fn submit(&self, begin: Begin) -> bool {
        lock(&self.submitted).push_back(begin);
        !self.told.swap(true, Ordering::SeqCst)
    }

    /// Begins all that was noted, on this thread. A note must not ask for this when it is begun.
    pub fn drain(&self) {
        if lock(&self.submitted).is_empty() {
            // One that was taken already may still be on its way into its line.
            drop(lock(&self.beginning));
            return;
        }
        while self.begin(usize::MAX) {}
    }

    /// Begins at most so many. `true` when there may be more.
    fn begin(&self, most: usize) -> bool {
        // Before the look: who notes something after it tells somebody anew.
        self.told.store(false, Ordering::SeqCst);
        let _order = lock(&self.beginning);
        for _ in 0..most {
            let Some(begin) = lock(&self.submitted).pop_front() else {
                return false;
            };
            // A panic ends what it began: what was noted behind it must not be forgotten.
            let _ = catch_unwind(AssertUnwindSafe(begin));
        }
        true
    }
}

/// How many are begun before others on the same thread have their turn.
const AT_ONCE: usize = 64;

/// Who was told that there are notes.
pub struct Drainer(Arc<Registry>);

impl Drainer {
    /// Made by the one whose [`SubmitQueue::submit`] answered `true`.
    #[must_use]
    pub fn new(registry: Arc<Registry>) -> Self {
        Self(registry)
    }

    /// Begins all that was noted.
    pub async fn run(self) {
        while self.0.submissions().begin(AT_ONCE) {
            yield_now().await;
        }
    }
}

impl Drop for Drainer {
    /// It may never have run, where a runtime ends: the next note must tell another one.
    fn drop(&mut self) {
        self.0.submissions().told.store(false, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn writes(seen: &Arc<Mutex<Vec<usize>>>, number: usize) -> Begin {
        let seen = Arc::clone(seen);
        Box::new(move || lock(&seen).push(number))
    }

    #[test]
    fn they_begin_in_the_order_of_the_notes_whoever_begins_them() {
        const NOTES: usize = 20_000;
        let submissions = Arc::new(SubmitQueue::default());
        let seen = Arc::<Mutex<Vec<usize>>>::default();
        let beginners: Vec<_> = (0..2)
            .map(|_| {
                let (submissions, seen) = (Arc::clone(&submissions), Arc::clone(&seen));
                thread::spawn(move || {
                    while lock(&seen).len() < NOTES {
                        submissions.drain();
                    }
                })
            })
            .collect();
        for number in 0..NOTES {
            let _ = submissions.submit(writes(&seen, number));
            if number % 7 == 0 {
                submissions.drain();
                assert_eq!(lock(&seen).len(), number + 1, "begun when that returns");
            }
        }
        for beginner in beginners {
            beginner.join().unwrap();
        }
        assert!(lock(&seen).iter().copied().eq(0..NOTES));
    }

    #[test]
    fn only_the_first_note_needs_somebody_to_begin_it() {
        let submissions = SubmitQueue::default();
        let seen = Arc::<Mutex<Vec<usize>>>::default();
        assert!(submissions.submit(writes(&seen, 1)));
        assert!(!submissions.submit(writes(&seen, 2)));
        submissions.drain();
        assert!(submissions.submit(writes(&seen, 3)));
    }

    #[tokio::test]
    async fn a_beginner_that_never_ran_is_missed_by_nobody() {
        let registry = Arc::new(Registry::default());
        let seen = Arc::<Mutex<Vec<usize>>>::default();
        for number in 0..AT_ONCE * 3 {
            let told = registry.submissions().submit(writes(&seen, number));
            assert_eq!(told, number == 0);
        }
        drop(Drainer::new(Arc::clone(&registry)));
        assert!(registry.submissions().submit(writes(&seen, AT_ONCE * 3)));
        Drainer::new(Arc::clone(&registry)).run().await;
        assert!(lock(&seen).iter().copied().eq(0..=AT_ONCE * 3));
    }

    #[test]
    fn a_panic_ends_only_its_own() {
        let submissions = SubmitQueue::default();
        let seen = Arc::<Mutex<Vec<usize>>>::default();
        let _ = submissions.submit(Box::new(|| std::panic::resume_unwind(Box::new("planted"))));
        let _ = submissions.submit(writes(&seen, 2));
        submissions.drain();
        let _ = submissions.submit(writes(&seen, 3));
        submissions.drain();
        assert_eq!(*lock(&seen), [2, 3]);
    }
}
