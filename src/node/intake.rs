//! What JavaScript asked for and the engine has not begun.
//!
//! Beginning an injection is validating it, naming it and taking its place in line: a few microseconds that the
//! event loop need not spend. So an injection is only noted here, and a thread of the engine begins it, in the order
//! in which the calls were made. Whatever else JavaScript asks of an injector begins what was noted first, so that
//! nobody can tell the difference: an abort finds what it aborts, and the metrics count what was asked for.
//!
//! There is one order in a process, as there is one lock registry: two injections of one call may come from two
//! injectors, and from two threads that told each other.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::spawn;
use tracing::instrument::WithDispatch;

use super::logs::EngineLog;
use crate::BoxFuture;
use crate::injector::Journey;

/// Begins one injection. What it returns does the rest of the work; `None` when nothing is left to do.
type Begin = Box<dyn FnOnce() -> Option<Work> + Send>;

/// The rest of the work of one injection.
pub type Work = WithDispatch<BoxFuture<'static, ()>>;

/// Makes the work of a journey, unless it has ended already.
pub fn work(journey: Journey, log: &EngineLog) -> Option<Work> {
    let journey = journey.end_if_refused()?;
    // Boxed, since a future that is moved into another takes its room twice.
    let work: BoxFuture<'static, ()> = Box::pin(async {
        journey.run().await;
    });
    Some(log.around(work))
}

static NOTED: Mutex<VecDeque<Begin>> = Mutex::new(VecDeque::new());
/// Held while one is begun: the order of the beginnings is that of the notes, whoever begins them.
static BEGINNING: Mutex<()> = Mutex::new(());

/// Notes an injection. A thread of the engine begins it soon.
pub fn note(begin: Begin) {
    let mut noted = lock(&NOTED);
    let first = noted.is_empty();
    noted.push_back(begin);
    drop(noted);
    if first {
        spawn(async {
            // The last of them runs in this very task.
            if let Some(work) = begin_all() {
                work.await;
            }
        });
    }
}

/// Begins all that was noted, on this thread.
pub fn flush() {
    if let Some(work) = begin_all() {
        spawn(work);
    }
}

/// Begins all that was noted, and gives back the work of one of them, which is not under way yet.
fn begin_all() -> Option<Work> {
    let _order = lock(&BEGINNING);
    let mut kept = None;
    loop {
        let Some(begin) = lock(&NOTED).pop_front() else {
            return kept;
        };
        // A panic ends its own injection: what was noted behind it must not be forgotten.
        let work = catch_unwind(AssertUnwindSafe(begin)).ok().flatten();
        if let Some(work) = work
            && let Some(earlier) = kept.replace(work)
        {
            spawn(earlier);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
