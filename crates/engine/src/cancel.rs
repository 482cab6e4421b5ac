//! Ending work from outside: by the caller's signal, by closing the injector, by the end of the session.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::sync::Notify;

use crate::error::{Code, Error};

/// What ended the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The caller's signal.
    Aborted,
    /// The injector was closed.
    Closed,
    /// The session ended.
    CallEnded,
}

/// What the work is doing, and so what ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// It waits, and nothing of it was sent: every end applies.
    Waiting,
    /// A part of a sequence was pressed: closing lets the rest follow, an abort and the end of the session do not.
    Midway,
    /// A request is in flight: only an abort, or the end of a close's patience, gives it up.
    InFlight,
}

/// How far an end goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    /// Waiting work gives up; a request in flight goes on.
    Waiting(Reason),
    /// A request in flight is given up too.
    Everything(Reason),
}

impl Stage {
    /// Why work of this scope has to end.
    const fn ends(self, scope: Scope) -> Option<Reason> {
        match (self, scope) {
            (Self::Everything(reason), _)
            | (Self::Waiting(reason), Scope::Waiting)
            | (Self::Waiting(reason @ Reason::CallEnded), Scope::Midway) => Some(reason),
            _ => None,
        }
    }
}

/// The handle by which one piece of work is ended.
#[derive(Debug)]
pub struct Cancel {
    stage: Mutex<Stage>,
    changed: Notify,
}

impl Cancel {
    /// Nothing has ended yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            stage: Mutex::new(Stage::Running),
            changed: Notify::new(),
        }
    }

    /// Ends the waiting, lets a request in flight finish.
    pub fn end_waiting(&self, reason: Reason) {
        self.reach(Stage::Waiting(reason), |stage| stage == Stage::Running);
    }

    /// Ends everything.
    pub fn end_everything(&self, reason: Reason) {
        self.reach(Stage::Everything(reason), |stage| {
            !matches!(stage, Stage::Everything(_))
        });
    }

    /// Fails when work of this scope has to end.
    pub fn check(&self, scope: Scope) -> Result<(), Error> {
        self.stage()
            .ends(scope)
            .map_or(Ok(()), |why| Err(error(why)))
    }

    /// Resolves when work of this scope has to end.
    pub async fn ended(&self, scope: Scope) -> Error {
        loop {
            // Before the look: a change after it wakes this.
            let changed = self.changed.notified();
            let ends = self.stage().ends(scope);
            match ends {
                Some(reason) => return error(reason),
                None => changed.await,
            }
        }
    }

    /// Runs work of this scope until it is done or has to end.
    pub async fn guard<T>(&self, scope: Scope, work: impl Future<Output = T>) -> Result<T, Error> {
        let mut work = pin!(work);
        self.check(scope)?;
        // Most work is done at once, and then nothing has to be set up to wait for it.
        if let Poll::Ready(done) = poll_once(work.as_mut()).await {
            return Ok(done);
        }
        tokio::select! {
            biased;
            ended = self.ended(scope) => Err(ended),
            done = work => Ok(done),
        }
    }

    fn reach(&self, next: Stage, from: impl Fn(Stage) -> bool) {
        let mut stage = self.lock();
        if from(*stage) {
            *stage = next;
            drop(stage);
            self.changed.notify_waiters();
        }
    }

    fn stage(&self) -> Stage {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

/// Polls a future once.
pub(crate) async fn poll_once<F: Future>(mut work: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await
}

fn error(reason: Reason) -> Error {
    match reason {
        Reason::Aborted => Error::not_sent(Code::Aborted, "the injection was aborted"),
        Reason::Closed => closed(),
        Reason::CallEnded => call_ended(),
    }
}

/// The error of what waited for a session that has ended.
#[must_use]
pub fn call_ended() -> Error {
    Error::not_sent(
        Code::CallEnded,
        "the session has ended: nothing was sent to it",
    )
}

/// The error of what a closed injector is asked for.
#[must_use]
pub fn closed() -> Error {
    Error::not_sent(
        Code::Closed,
        "the injector is closed: make a new one to send more digits",
    )
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    const SCOPES: [Scope; 3] = [Scope::Waiting, Scope::Midway, Scope::InFlight];

    fn ended(cancel: &Cancel) -> [Option<Code>; 3] {
        SCOPES.map(|scope| cancel.check(scope).err().map(|error| error.code))
    }

    #[test]
    fn each_end_reaches_the_scopes_that_it_should() {
        type End = fn(&Cancel);
        let cases: [(End, [Option<Code>; 3]); 6] = [
            (|_| (), [None; 3]),
            (
                |it| it.end_waiting(Reason::Closed),
                [Some(Code::Closed), None, None],
            ),
            (
                |it| it.end_waiting(Reason::CallEnded),
                [Some(Code::CallEnded), Some(Code::CallEnded), None],
            ),
            (
                |it| it.end_waiting(Reason::Aborted),
                [Some(Code::Aborted), None, None],
            ),
            (
                |it| it.end_everything(Reason::Closed),
                [Some(Code::Closed); 3],
            ),
            (
                |it| it.end_everything(Reason::Aborted),
                [Some(Code::Aborted); 3],
            ),
        ];
        for (end, expected) in cases {
            let cancel = Cancel::new();
            end(&cancel);
            assert_eq!(ended(&cancel), expected);
        }
    }

    #[test]
    fn an_end_can_go_further_later_and_its_first_reason_stays() {
        let cancel = Cancel::new();
        cancel.end_waiting(Reason::Closed);
        cancel.end_everything(Reason::Aborted);
        cancel.end_everything(Reason::Closed);
        cancel.end_waiting(Reason::CallEnded);
        assert_eq!(ended(&cancel), [Some(Code::Aborted); 3]);
    }

    #[tokio::test]
    async fn guarded_work_ends_with_its_scope_and_is_not_begun_after_an_end() {
        let cancel = Cancel::new();
        assert_eq!(cancel.guard(Scope::Waiting, ready(1)).await, Ok(1));
        let waits = cancel.guard(Scope::Waiting, std::future::pending::<()>());
        let (ended, ()) = tokio::join!(waits, async { cancel.end_waiting(Reason::Closed) });
        assert_eq!(ended.map_err(|error| error.code), Err(Code::Closed));
        let late = cancel.guard(Scope::Waiting, async { panic!("begun after the end") });
        let late: Result<(), _> = late.await;
        assert!(late.is_err());
        assert_eq!(cancel.guard(Scope::InFlight, ready(2)).await, Ok(2));
    }
}
