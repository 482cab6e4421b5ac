//! The program that presses digits: it injects, aborts, drops and closes as planned.

use std::pin::Pin;
use std::sync::Arc;

use cxone_dtmf::api::{Params, telephony_v2};
use cxone_dtmf::channel::{LockId, Registry};
use cxone_dtmf::config::{AfterUnknown, InjectionOptions};
use cxone_dtmf::injector::Injector;
use cxone_dtmf::outcome::Outcome;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::bugs::{self, Bug};
use crate::clocks::Clocks;
use crate::history::{Ask, History, Injection, LockNumber, What};
use crate::plan::{Action, Fate, Plan, Wish};
use crate::tokens::Issued;

/// From here on the engine's numbers are of things that are no injection of the plan.
pub const OTHERS: u64 = 1_000_000;

pub struct Program {
    pub plan: Arc<Plan>,
    pub injectors: Vec<Injector>,
    pub history: History,
    pub registry: Arc<Registry>,
    pub clocks: Clocks,
    pub issued: Arc<Issued>,
    pub bug: Bug,
}

/// A manual lock that the program holds.
#[derive(Clone, Copy)]
pub struct Held {
    pub number: LockNumber,
    pub id: LockId,
}

pub type Tasks = Vec<JoinHandle<()>>;

/// One injection, in line already.
pub type Work = Pin<Box<dyn Future<Output = Arc<Outcome>> + Send>>;

impl Program {
    /// Does everything in the plan, and returns what is still under way.
    pub async fn run(self: &Arc<Self>) -> Tasks {
        let mut tasks = Tasks::new();
        for (at, action) in &self.plan.timeline {
            sleep(at.saturating_sub(self.history.now())).await;
            match action {
                Action::Inject(wishes) => self.burst(wishes, None, &mut tasks),
                Action::Scope(scope) => tasks.push(self.scope(scope.clone())),
                Action::Close(number, patience) => {
                    self.history.note(What::Closed(*number));
                    let (injector, patience) = (self.injectors[*number].clone(), *patience);
                    injector.begin_close();
                    tasks.push(tokio::spawn(async move { injector.close(patience).await }));
                }
                Action::Abandon(number) => {
                    self.history.note(What::Closed(*number));
                    self.injectors[*number].abandon();
                }
                Action::Jump(seconds) => self.clocks.jump(*seconds),
                Action::Revoke => self.issued.revoke_all(),
            }
        }
        tasks
    }

    /// Asks for all at once. What does the work is started in another order, which must not matter.
    pub fn burst(self: &Arc<Self>, wishes: &[Wish], lock: Option<Held>, tasks: &mut Tasks) {
        let join = |wish| (wish, self.begin(wish, lock));
        let mut in_line: Vec<_> = wishes.iter().map(join).collect();
        in_line.rotate_left(wishes.len() / 2);
        for (wish, work) in in_line {
            tasks.extend(self.start(wish, lock, work));
        }
    }

    /// Asks for one injection.
    pub fn begin(&self, wish: &Wish, lock: Option<Held>) -> Work {
        let config = &self.plan.injectors[wish.injector].config;
        let ask = Ask {
            call: wish.call,
            injector: wish.injector,
            under: lock.map(|held| held.number),
            deadline: self.history.now() + wish.deadline.unwrap_or(config.deadline),
            max_attempts: wish.max_attempts.unwrap_or(1),
            rejects_queued: config.after_unknown == AfterUnknown::RejectQueued,
        };
        self.history.note(What::Asked(wish.injection, ask));
        let options = InjectionOptions {
            max_attempts: wish.max_attempts,
            deadline: wish.deadline,
            lock_timeout: wish.lock_timeout,
            lock: lock.map(|held| held.id),
            ..InjectionOptions::default()
        };
        let injector = &self.injectors[wish.injector];
        if self.bug == Bug::LockReleasedDuringBackOff {
            let history = self.history.clone();
            return bugs::with_a_lock_per_attempt(injector.clone(), wish, options, history);
        }
        let params = params(wish.injection, wish.call);
        Box::pin(injector.inject(wish.injection, params, &options).run())
    }

    /// Runs one injection and lets it meet its fate.
    pub fn start(
        self: &Arc<Self>,
        wish: &Wish,
        lock: Option<Held>,
        work: Work,
    ) -> Option<JoinHandle<()>> {
        let injection = wish.injection;
        if wish.fate == Fate::DroppedAfter(std::time::Duration::ZERO) {
            self.history.note(What::Dropped(injection));
            return None;
        }
        let (program, otherwise) = (Arc::clone(self), wish.otherwise.clone());
        let task = tokio::spawn(async move {
            let outcome = work.await;
            program.history.note(What::Resolved {
                injection,
                delivery: outcome.delivery(),
                code: outcome.result.as_ref().err().map(|error| error.code),
            });
            let mut tasks = Tasks::new();
            if outcome.result.is_err() {
                program.burst(&otherwise, lock, &mut tasks);
            }
            for task in tasks {
                let _ = task.await;
            }
        });
        let history = self.history.clone();
        match wish.fate {
            Fate::Awaited => {}
            Fate::AbortedAfter(soon) => {
                let injector = self.injectors[wish.injector].clone();
                tokio::spawn(async move {
                    sleep(soon).await;
                    history.note(What::Aborted(injection));
                    injector.abort(injection);
                });
            }
            Fate::DroppedAfter(soon) => {
                let task = task.abort_handle();
                tokio::spawn(async move {
                    sleep(soon).await;
                    history.note(What::Dropped(injection));
                    task.abort();
                });
            }
        }
        Some(task)
    }
}

/// The id of a call.
pub fn call_id(call: usize) -> String {
    format!("call-{call}")
}

/// An injection whose digits are its number.
pub fn params(injection: Injection, call: usize) -> Params {
    Params::TelephonyV2(telephony_v2::Params {
        telephony_provider_id: Some("provider".to_owned()),
        line_id: Some("line".to_owned()),
        call_id: Some(call_id(call)),
        dtmf_string: Some(format!("{injection:06}").into()),
        dtmf_type: Some("RFC2833".to_owned()),
        inter_digit_pause: 100.0,
    })
}
