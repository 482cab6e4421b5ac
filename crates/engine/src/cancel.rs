//! Ending an injection from outside, in two strengths. The end of the session lies between them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::error::{Code, Error};

/// Who ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The caller's signal.
    Aborted,
    /// The injector was closed.
    Closed,
    /// The session ended.
    CallEnded,
}

/// How far the ending goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    /// Whoever waits gives up; a request that is under way goes on.
    Waiting(Reason),
    /// A request that is under way is given up too.
    Everything(Reason),
}

/// The end that can come from outside.
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

    /// Ends the waiting, lets a request that is under way finish.
    pub fn end_waiting(&self, reason: Reason) {
        self.reach(Stage::Waiting(reason), |stage| stage == Stage::Running);
    }

    /// Ends everything.
    pub fn end_everything(&self, reason: Reason) {
        self.reach(Stage::Everything(reason), |stage| {
            !matches!(stage, Stage::Everything(_))
        });
    }

    /// Resolves when somebody who waits must give up.
    pub async fn waiting_ended(&self) -> Error {
        error(self.reached(|stage| stage != Stage::Running).await)
    }

    /// Resolves when a sequence that has begun must press no more: who closes lets it finish, the session is gone.
    pub async fn sequence_ended(&self) -> Error {
        error(self.reached(ends_sequence).await)
    }

    /// Resolves when even a request that is under way must be given up.
    pub async fn everything_ended(&self) -> Error {
        error(
            self.reached(|stage| matches!(stage, Stage::Everything(_)))
                .await,
        )
    }

    /// Whether whoever waits must give up.
    pub fn check(&self) -> Result<(), Error> {
        match *self.stage() {
            Stage::Running => Ok(()),
            Stage::Waiting(reason) | Stage::Everything(reason) => Err(error(reason)),
        }
    }

    /// Whether a sequence that has begun must press no more.
    pub fn check_sequence(&self) -> Result<(), Error> {
        match *self.stage() {
            stage @ (Stage::Waiting(reason) | Stage::Everything(reason))
                if ends_sequence(stage) =>
            {
                Err(error(reason))
            }
            _ => Ok(()),
        }
    }

    async fn reached(&self, enough: impl Fn(Stage) -> bool) -> Reason {
        loop {
            // Before the look: who changes the stage after it wakes this.
            let changed = self.changed.notified();
            let stage = *self.stage();
            match stage {
                Stage::Waiting(reason) | Stage::Everything(reason) if enough(stage) => {
                    return reason;
                }
                _ => changed.await,
            }
        }
    }

    fn reach(&self, next: Stage, from: impl Fn(Stage) -> bool) {
        let mut stage = self.stage();
        if from(*stage) {
            *stage = next;
            drop(stage);
            self.changed.notify_waiters();
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn ends_sequence(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::Everything(_) | Stage::Waiting(Reason::CallEnded)
    )
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

fn error(reason: Reason) -> Error {
    match reason {
        Reason::Aborted => Error::not_sent(Code::Aborted, "the injection was aborted"),
        Reason::Closed => closed(),
        Reason::CallEnded => call_ended(),
    }
}

/// What those hear who wait for a session that has ended.
#[must_use]
pub fn call_ended() -> Error {
    Error::not_sent(
        Code::CallEnded,
        "the session has ended: nothing was sent to it",
    )
}

/// What a closed injector answers.
#[must_use]
pub fn closed() -> Error {
    Error::not_sent(
        Code::Closed,
        "the injector is closed: make a new one to send more digits",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn closing_ends_the_waiting_only_and_an_abort_everything() {
        let cancel = Cancel::new();
        assert!(cancel.check().is_ok());
        cancel.end_waiting(Reason::Closed);
        assert_eq!(cancel.waiting_ended().await.code, Code::Closed);
        let in_flight = tokio::time::timeout(
            std::time::Duration::from_millis(1),
            cancel.everything_ended(),
        );
        assert!(in_flight.await.is_err());
        cancel.end_everything(Reason::Aborted);
        assert_eq!(cancel.everything_ended().await.code, Code::Aborted);
    }

    #[tokio::test]
    async fn the_first_reason_of_one_strength_stays() {
        let cancel = Cancel::new();
        cancel.end_everything(Reason::Aborted);
        cancel.end_everything(Reason::Closed);
        cancel.end_waiting(Reason::Closed);
        assert_eq!(cancel.waiting_ended().await.code, Code::Aborted);
    }
}
