//! The program that presses digits: it injects, aborts, drops and closes as planned.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxone_dtmf_engine::api::{Params, agent_session, telephony_v2};
use cxone_dtmf_engine::config::{AfterUnknown, InjectionOptions, PlayoutMode};
use cxone_dtmf_engine::injector::Injector;
use cxone_dtmf_engine::lock::{LockId, Registry};
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::payload::Value;
use cxone_dtmf_engine::retry::DEFAULT_MAX_ATTEMPTS;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::bugs::{self, Bug};
use super::checker::GUARD;
use super::clocks::Clocks;
use super::history::{Ask, History, LockNumber, What};
use super::injectors::MANY;
use super::moves::Aim;
use super::names::{call_id, contact_id, session_id};
use super::plan::{Action, Api, Fate, Plan, Wish};
use super::sessions::Sessions;
use super::tokens::Issued;

/// From here on the engine's numbers are of things that are no injection of the plan.
pub const OTHERS: u64 = 1_000_000;

/// From here on they are of sessions that are followed.
const FOLLOWED: u64 = OTHERS * 3;

/// The length of a tone, and of the silence behind it.
const TONE: u64 = 50;

/// How many digits a burst has between pauses.
pub const DIGITS: u32 = 6;

/// How many a piece of a sequence has that is split: two and three of these are cut alike by the limits of both APIs.
const PIECE: u32 = 16;

/// The pause between two bursts, which is written `,`.
pub const PAUSE: Duration = Duration::from_millis(500);

pub struct Program {
    pub plan: Arc<Plan>,
    pub injectors: Vec<Injector>,
    pub history: History,
    pub registry: Arc<Registry>,
    pub clocks: Clocks,
    pub issued: Arc<Issued>,
    pub sessions: Arc<Sessions>,
    pub following: Mutex<Tasks>,
    /// Which sessions are followed by which injectors.
    pub followed: Mutex<BTreeSet<(usize, usize)>>,
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
                Action::Inject(wishes) => self.segment(wishes, None, &mut tasks),
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
                Action::Follow(number, call, dice) => self.follow(*number, *call, *dice),
                Action::Unfollow(number, call) => {
                    self.injectors[*number].abort(FOLLOWED + *call as u64);
                }
                Action::Move(call, change, dice) => {
                    let now = self.history.now();
                    let gone = self.sessions.moved(*call, *change, now, *dice);
                    if let Some(contact) = gone {
                        self.history.note(What::Gone {
                            call: *call,
                            contact,
                        });
                    }
                }
                Action::EndSession(call) => self.sessions.end(*call),
                Action::Resolve(number, call) => {
                    self.history.note(What::FoundOut { call: *call });
                    let id = call_id(*call);
                    let _ = self.injectors[*number].resolve(Some(&id)).unwrap();
                }
            }
        }
        tasks
    }

    /// Follows the session of a call, unless its injector is closed or does so already.
    fn follow(self: &Arc<Self>, injector: usize, call: usize, dice: u64) {
        if self.followed.lock().unwrap().contains(&(call, injector)) {
            return;
        }
        let id = session_id(call, self.sessions.id(call, dice));
        let begun = self.injectors[injector].follow(FOLLOWED + call as u64, Some(&id), false);
        let Ok(follower) = begun else {
            return;
        };
        self.followed.lock().unwrap().insert((call, injector));
        self.history.note(What::Followed { injector, call });
        let program = Arc::clone(self);
        let task = tokio::spawn(async move {
            follower.run().await;
            program.followed.lock().unwrap().remove(&(call, injector));
            program.history.note(What::Unfollowed { injector, call });
        });
        self.following.lock().unwrap().push(task);
    }

    fn is_followed(&self, call: usize) -> bool {
        let followed = self.followed.lock().unwrap();
        followed.iter().any(|(of, _)| *of == call)
    }

    /// The contact that digits are for. A mask needs one.
    fn contact(&self, wish: &Wish) -> Option<u32> {
        let aim = match (self.sessions.lively, wish.masked) {
            (true, true) if wish.aim == Aim::Anybody => Aim::Somebody,
            (true, _) => wish.aim,
            (false, true) => return Some(0),
            (false, false) => return None,
        };
        self.sessions.aimed_at(wish.call, aim, wish.dice)
    }

    /// Asks for all at once. What does the work is started in another order, which must not matter.
    pub fn segment(self: &Arc<Self>, wishes: &[Wish], lock: Option<Held>, tasks: &mut Tasks) {
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
        let in_sessions = self.plan.api == Api::AgentSession;
        let digits = if wish.split { PIECE } else { DIGITS };
        let burst = Duration::from_millis(2 * TONE) * digits;
        let ask = Ask {
            call: wish.call,
            injector: wish.injector,
            under: lock.map(|held| held.number),
            deadline: self.history.now() + wish.deadline.unwrap_or(config.deadline),
            max_attempts: wish.max_attempts.unwrap_or(DEFAULT_MAX_ATTEMPTS),
            digits_of: wish.repeats.unwrap_or(wish.injection),
            guard: config.repeat_guard,
            block: (config.after_unknown == AfterUnknown::Block).then_some(config.block_unknown),
            rejects_queued: config.after_unknown != AfterUnknown::Continue,
            segments: segments(self.plan.api, wish),
            digits,
            silence: if wish.split { GUARD } else { PAUSE },
            playing: if in_sessions { burst } else { Duration::ZERO },
            holds: in_sessions && config.playout == PlayoutMode::Hold,
            masked: in_sessions && wish.masked,
            contact: self.contact(wish).filter(|_| in_sessions),
            followed: self.is_followed(wish.call),
            limited: config.rate_limit.is_some() && config.max_in_flight >= MANY,
            mask_is_sure: !self.sessions.lively
                || self.is_followed(wish.call) && !self.plan.crowded.contains(&wish.call),
        };
        self.history.note(What::Asked(wish.injection, ask));
        let options = InjectionOptions {
            max_attempts: wish.max_attempts.unwrap_or(DEFAULT_MAX_ATTEMPTS),
            deadline: wish.deadline,
            lock_timeout: wish.lock_timeout,
            lock: lock.map(|held| held.id),
            split: Some(wish.split),
            ..InjectionOptions::default()
        };
        let injector = &self.injectors[wish.injector];
        if self.bug == Bug::LockReleasedDuringBackOff {
            let history = self.history.clone();
            let api = self.plan.api;
            let asked = (api, wish, ask.contact);
            return bugs::with_a_lock_per_attempt(injector.clone(), asked, options, history);
        }
        let id = session_id(wish.call, self.sessions.id(wish.call, wish.dice));
        let params = params(self.plan.api, wish, (&id, ask.contact));
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
                program.segment(&otherwise, lock, &mut tasks);
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
                let (sessions, call) = (Arc::clone(&self.sessions), wish.call);
                tokio::spawn(async move {
                    sleep(soon).await;
                    history.note(What::Aborted(injection));
                    sessions.aborted(call);
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

/// In how many bursts an injection goes out.
fn segments(api: Api, wish: &Wish) -> u32 {
    if api == Api::AgentSession || wish.split {
        wish.segments
    } else {
        1
    }
}

/// An injection whose digits are its number, or that of the one that it repeats, and the number of the burst.
pub fn params(api: Api, wish: &Wish, (call, contact): (&str, Option<u32>)) -> Params {
    let contact = contact.map(|contact| contact_id(wish.call, contact));
    let contact = contact.as_deref().map_or(Value::Missing, Value::Text);
    let number = wish.repeats.unwrap_or(wish.injection);
    let segment = |part: u32| {
        let width = if wish.split { PIECE } else { DIGITS } as usize - 1;
        format!("{number:0width$}{part}")
    };
    let bursts: Vec<_> = (0..segments(api, wish)).map(segment).collect();
    let params = match api {
        Api::TelephonyV2 => telephony_v2::Params {
            call_id: call.into(),
            dtmf_string: (&*bursts.concat()).into(),
            telephony_provider_id: "provider".into(),
            line_id: "line".into(),
            dtmf_type: "RFC2833".into(),
            inter_digit_pause: 100.0.into(),
        }
        .pack(),
        Api::AgentSession => {
            let pause = if wish.split { "" } else { "," };
            agent_session::Params {
                session_id: call.into(),
                dtmf_string: (&*bursts.join(pause)).into(),
                tone_duration: (TONE as f64).into(),
                inter_digit_pause: (TONE as f64).into(),
                contact_id: contact,
                mask_recording: Value::Flag(wish.masked),
                focus: Value::Flag(wish.focus && !matches!(contact, Value::Missing)),
                unguarded: Value::Flag(true),
            }
            .pack()
        }
    };
    // The platform tells repeats of one sequence by it.
    params.correlated(&wish.injection.to_string())
}

/// Which burst these digits are of.
pub fn part_of(digits: &str) -> u32 {
    digits[digits.len() - 1..].parse().unwrap()
}
