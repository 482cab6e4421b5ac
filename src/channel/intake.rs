//! What was asked for and has not begun.
//!
//! Beginning an injection is validating it, naming it and taking its place in line: a few microseconds that a caller's
//! thread may not have to spare. It may note the injection here instead, and somebody else begins it. The order of the
//! notes is the order of the beginnings, whoever begins them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Begins one.
pub type Begin = Box<dyn FnOnce() + Send>;

/// Notes in the order of the calls.
#[derive(Default)]
pub struct Intake {
    noted: Mutex<VecDeque<Begin>>,
    /// Held while one is begun, since two threads could overtake each other between taking a note and beginning it.
    beginning: Mutex<()>,
}

impl Intake {
    /// Notes one. `true` when it is the only one: somebody has to be told to begin it.
    #[must_use]
    pub fn note(&self, begin: Begin) -> bool {
        let mut noted = lock(&self.noted);
        noted.push_back(begin);
        noted.len() == 1
    }

    /// Begins all that was noted, on this thread. A note must not ask for this when it is begun.
    pub fn begin_all(&self) {
        if lock(&self.noted).is_empty() {
            // One that was taken already may still be on its way into its line.
            drop(lock(&self.beginning));
            return;
        }
        let _order = lock(&self.beginning);
        loop {
            let Some(begin) = lock(&self.noted).pop_front() else {
                return;
            };
            // A panic ends what it began: what was noted behind it must not be forgotten.
            let _ = catch_unwind(AssertUnwindSafe(begin));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
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
