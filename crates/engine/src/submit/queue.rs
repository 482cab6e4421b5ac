//! Injections that were asked for and are not yet in the queue of their call.
//!
//! Beginning an injection is validating it, naming it and taking its ticket: a few microseconds that a caller's thread
//! may not have to spare. It may submit the injection here instead, as plain data, and a task of the engine begins it.
//! The order of the submissions is the order of the tickets, whichever thread begins them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::task::yield_now;

use crate::injector::Submissions;

/// Plain data of which a task of the engine makes something under way.
pub trait Begin: Send + 'static {
    /// The runtime of that task.
    fn runtime(&self) -> &Handle;

    /// Begins it. It must not drain the queue that it came from.
    fn begin(self);
}

/// What was submitted, in the order in which it was asked for.
pub struct SubmitQueue<S> {
    submitted: Mutex<VecDeque<S>>,
    /// Held while one is begun, since two threads could overtake each other between taking a submission and beginning it.
    beginning: Mutex<()>,
    /// A drainer was started and has not looked yet.
    drainer_coming: AtomicBool,
}

/// How many a drainer begins before other tasks on the same thread have their turn.
const BATCH: usize = 64;

impl<S> Default for SubmitQueue<S> {
    fn default() -> Self {
        Self {
            submitted: Mutex::default(),
            beginning: Mutex::default(),
            drainer_coming: AtomicBool::new(false),
        }
    }
}

impl<S: Begin> SubmitQueue<S> {
    /// Takes a submission. It is begun soon, on its runtime.
    pub fn submit(self: &Arc<Self>, submission: S) {
        let runtime = submission.runtime().clone();
        locked(&self.submitted).push_back(submission);
        if !self.drainer_coming.swap(true, Ordering::SeqCst) {
            runtime.spawn(Drainer(Arc::clone(self)).run());
        }
    }

    /// Begins a batch of what was submitted, and tells how many are left of those that are `counted`. For who asks how much waits, and
    /// may not have the time to begin it all.
    pub fn begin_some(&self, counted: impl Fn(&S) -> bool) -> usize {
        self.begin(BATCH);
        locked(&self.submitted)
            .iter()
            .filter(|it| counted(it))
            .count()
    }

    /// Begins at most so many. `true` when there may be more.
    fn begin(&self, most: usize) -> bool {
        // Before the look: a submission after it starts another drainer.
        self.drainer_coming.store(false, Ordering::SeqCst);
        let _order = locked(&self.beginning);
        for _ in 0..most {
            let Some(submission) = locked(&self.submitted).pop_front() else {
                return false;
            };
            // A panic ends what it began: the submissions behind it must not be forgotten.
            let _ = catch_unwind(AssertUnwindSafe(|| submission.begin()));
        }
        true
    }
}

impl<S: Begin> Submissions for SubmitQueue<S> {
    fn drain(&self) {
        if locked(&self.submitted).is_empty() {
            // One that was taken already may still be on its way into its queue.
            drop(locked(&self.beginning));
            return;
        }
        while self.begin(usize::MAX) {}
    }
}

/// The task that begins what was submitted.
struct Drainer<S: Begin>(Arc<SubmitQueue<S>>);

impl<S: Begin> Drainer<S> {
    async fn run(self) {
        while self.0.begin(BATCH) {
            yield_now().await;
        }
    }
}

impl<S: Begin> Drop for Drainer<S> {
    /// It may never have run, where a runtime ends: what was submitted must end all the same, and the next submission
    /// must start another drainer.
    fn drop(&mut self) {
        self.0.drainer_coming.store(false, Ordering::SeqCst);
        self.0.drain();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    type Seen = Arc<Mutex<Vec<usize>>>;

    /// Writes its number down, or panics without one.
    struct Numbered {
        number: Option<usize>,
        seen: Seen,
        runtime: Handle,
    }

    impl Begin for Numbered {
        fn runtime(&self) -> &Handle {
            &self.runtime
        }

        fn begin(self) {
            match self.number {
                Some(number) => locked(&self.seen).push(number),
                None => std::panic::resume_unwind(Box::new("planted")),
            }
        }
    }

    fn numbered(number: usize, seen: &Seen) -> Numbered {
        Numbered {
            number: Some(number),
            seen: Arc::clone(seen),
            runtime: Handle::current(),
        }
    }

    #[tokio::test]
    async fn they_begin_in_the_order_of_the_submissions_whichever_thread_begins_them() {
        const SUBMISSIONS: usize = 20_000;
        let queue = Arc::new(SubmitQueue::default());
        let seen = Seen::default();
        let drainers: Vec<_> = (0..2)
            .map(|_| {
                let (queue, seen) = (Arc::clone(&queue), Arc::clone(&seen));
                thread::spawn(move || {
                    while locked(&seen).len() < SUBMISSIONS {
                        queue.drain();
                    }
                })
            })
            .collect();
        for number in 0..SUBMISSIONS {
            queue.submit(numbered(number, &seen));
            if number % 7 == 0 {
                queue.drain();
                assert_eq!(locked(&seen).len(), number + 1, "begun when that returns");
            }
        }
        for drainer in drainers {
            drainer.join().unwrap();
        }
        assert!(locked(&seen).iter().copied().eq(0..SUBMISSIONS));
    }

    #[tokio::test]
    async fn a_task_of_the_runtime_begins_them_batch_by_batch() {
        let queue = Arc::new(SubmitQueue::default());
        let seen = Seen::default();
        for number in 0..BATCH * 3 {
            queue.submit(numbered(number, &seen));
        }
        assert!(locked(&seen).is_empty());
        yield_now().await;
        assert_eq!(locked(&seen).len(), BATCH);
        while locked(&seen).len() < BATCH * 3 {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn who_asks_how_many_wait_begins_a_batch_and_counts_the_rest() {
        let queue = Arc::new(SubmitQueue::default());
        let seen = Seen::default();
        for number in 0..BATCH * 3 {
            queue.submit(numbered(number, &seen));
        }
        let is_even = |it: &Numbered| it.number.is_some_and(|number| number % 2 == 0);
        assert_eq!(queue.begin_some(is_even), BATCH);
        assert_eq!(locked(&seen).len(), BATCH);
    }

    #[test]
    fn a_drainer_that_never_runs_leaves_nothing_behind() {
        let queue = Arc::new(SubmitQueue::default());
        let seen = Seen::default();
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
        };
        let first = runtime();
        let guard = first.enter();
        queue.submit(numbered(0, &seen));
        drop(guard);
        drop(first);
        assert_eq!(*locked(&seen), [0]);
        runtime().block_on(async {
            queue.submit(numbered(1, &seen));
            while locked(&seen).len() < 2 {
                yield_now().await;
            }
        });
        assert_eq!(*locked(&seen), [0, 1]);
    }

    #[tokio::test]
    async fn a_panic_ends_only_its_own() {
        let queue = Arc::new(SubmitQueue::default());
        let seen = Seen::default();
        queue.submit(Numbered {
            number: None,
            ..numbered(1, &seen)
        });
        queue.submit(numbered(2, &seen));
        queue.drain();
        queue.submit(numbered(3, &seen));
        queue.drain();
        assert_eq!(*locked(&seen), [2, 3]);
    }
}
