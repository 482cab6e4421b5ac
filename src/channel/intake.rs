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
pub struct Intake {
    noted: Mutex<VecDeque<Begin>>,
    /// Held while one is begun, since two threads could overtake each other between taking a note and beginning it.
    beginning: Mutex<()>,
    /// Somebody was told that there are notes, and has not looked yet.
    told: AtomicBool,
}

impl Intake {
    /// Notes one. `true` when a [`Beginner`] has to be told, since none is on its way.
    #[must_use]
    pub fn note(&self, begin: Begin) -> bool {
        lock(&self.noted).push_back(begin);
        !self.told.swap(true, Ordering::SeqCst)
    }

    /// Begins all that was noted, on this thread. A note must not ask for this when it is begun.
    pub fn begin_all(&self) {
        if lock(&self.noted).is_empty() {
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
            let Some(begin) = lock(&self.noted).pop_front() else {
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
pub struct Beginner(Arc<Registry>);

impl Beginner {
    /// Made by the one whose [`Intake::note`] answered `true`.
    #[must_use]
    pub fn new(registry: Arc<Registry>) -> Self {
        Self(registry)
    }

    /// Begins all that was noted.
    pub async fn run(self) {
        while self.0.intake().begin(AT_ONCE) {
            yield_now().await;
        }
    }
}

impl Drop for Beginner {
    /// It may never have run, where a runtime ends: the next note must tell another one.
    fn drop(&mut self) {
        self.0.intake().told.store(false, Ordering::SeqCst);
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
        let intake = Arc::new(Intake::default());
        let seen = Arc::<Mutex<Vec<usize>>>::default();
        let beginners: Vec<_> = (0..2)
            .map(|_| {
                let (intake, seen) = (Arc::clone(&intake), Arc::clone(&seen));
                thread::spawn(move || {
                    while lock(&seen).len() < NOTES {
                        intake.begin_all();
                    }
                })
            })
            .collect();
        for number in 0..NOTES {
            let _ = intake.note(writes(&seen, number));
            if number % 7 == 0 {
                intake.begin_all();
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
        let intake = Intake::default();
        let seen = Arc::<Mutex<Vec<usize>>>::default();
        assert!(intake.note(writes(&seen, 1)));
        assert!(!intake.note(writes(&seen, 2)));
        intake.begin_all();
        assert!(intake.note(writes(&seen, 3)));
    }

    #[tokio::test]
    async fn a_beginner_that_never_ran_is_missed_by_nobody() {
        let registry = Arc::new(Registry::default());
        let seen = Arc::<Mutex<Vec<usize>>>::default();
        for number in 0..AT_ONCE * 3 {
            let told = registry.intake().note(writes(&seen, number));
            assert_eq!(told, number == 0);
        }
        drop(Beginner::new(Arc::clone(&registry)));
        assert!(registry.intake().note(writes(&seen, AT_ONCE * 3)));
        Beginner::new(Arc::clone(&registry)).run().await;
        assert!(lock(&seen).iter().copied().eq(0..=AT_ONCE * 3));
    }

    #[test]
    fn a_panic_ends_only_its_own() {
        let intake = Intake::default();
        let seen = Arc::<Mutex<Vec<usize>>>::default();
        let _ = intake.note(Box::new(|| std::panic::resume_unwind(Box::new("planted"))));
        let _ = intake.note(writes(&seen, 2));
        intake.begin_all();
        let _ = intake.note(writes(&seen, 3));
        intake.begin_all();
        assert_eq!(*lock(&seen), [2, 3]);
    }
}
