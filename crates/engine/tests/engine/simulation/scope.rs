//! How the program uses manual locks: well, and in all the ways that programs do.

use std::sync::Arc;

use cxone_dtmf_engine::lock::LockId;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::bugs::{self, Bug};
use super::history::What;
use super::names::{call_id, session_id};
use super::plan::{Release, Scope};
use super::program::{Held, OTHERS, Program, Tasks};

impl Program {
    /// Takes a place in the line of the call, then does the rest on its own.
    pub fn scope(self: &Arc<Self>, scope: Scope) -> JoinHandle<()> {
        let id = self.sessions.id(scope.call, scope.dice);
        let (lock, call) = (scope.lock, session_id(scope.call, id));
        if self.bug == Bug::LostTurn {
            return tokio::spawn(bugs::wait_and_lose_the_turn(
                Arc::clone(&self.registry),
                call_id(scope.call),
                scope.wait,
            ));
        }
        self.history.note(What::LockAsked {
            lock,
            call: scope.call,
        });
        let injector = &self.injectors[scope.injector];
        let acquisition = injector.acquire_lock(OTHERS + lock, Some(&call), scope.wait);
        let program = Arc::clone(self);
        tokio::spawn(async move {
            let acquired = match scope.release {
                Release::GivenUpAfter(soon) => timeout(soon, acquisition.run()).await.ok(),
                _ => Some(acquisition.run().await),
            };
            let Some(Ok(id)) = acquired else {
                program.history.note(What::LockFailed(lock));
                return;
            };
            program.history.note(What::LockHeld { lock, id: id.0 });
            program.press_under(&scope, id).await;
        })
    }

    async fn press_under(self: Arc<Self>, scope: &Scope, id: LockId) {
        let held = Held {
            number: scope.lock,
            id,
        };
        let mut tasks = Tasks::new();
        for (pause, wish) in &scope.wishes {
            sleep(*pause).await;
            let work = self.begin(wish, Some(held));
            tasks.extend(self.start(wish, Some(held), work));
        }
        let injector = &self.injectors[scope.injector];
        match scope.release {
            Release::Never => return,
            Release::AtTheEnd | Release::GivenUpAfter(_) => {
                for task in tasks.drain(..) {
                    let _ = task.await;
                }
                injector.release_lock(id).await;
            }
            Release::After(soon) => {
                sleep(soon).await;
                // Twice at the same time, as a program with a `finally` too many does.
                tokio::join!(injector.release_lock(id), injector.release_lock(id));
            }
        }
        self.history.note(What::LockGone(scope.lock));
        for task in tasks {
            let _ = task.await;
        }
    }
}
