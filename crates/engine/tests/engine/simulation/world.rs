//! Plays one world from its beginning to the laws.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::audit::{AuditSink, Intent};
use cxone_dtmf_engine::auth::TokenCache;
use cxone_dtmf_engine::endpoint::Configured;
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::event::{Event, EventSink};
use cxone_dtmf_engine::injector::{Injector, Parts};
use cxone_dtmf_engine::lock::Registry;
use cxone_dtmf_engine::origin::base_url;
use cxone_dtmf_engine::outcome::Outcome;
use fastrand::Rng;
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

use super::bugs::{self, Bug};
use super::checker::{self, Violation};
use super::clocks::Clocks;
use super::faults::{ms, pick};
use super::history::{History, Injection, Step, What};
use super::names::call_of;
use super::plan::Plan;
use super::platform::{Platform, ToPlatform};
use super::program::{OTHERS, Program};
use super::sessions::Sessions;
use super::tally::Tally;
use super::tokens::{Deaf, Endpoint, Issued};

/// Longer than anything in a world may take: deadlines, locks and late executions.
const LONG: Duration = Duration::from_secs(600);

/// One world, played to its end.
pub struct Played {
    pub steps: Vec<Step>,
    pub violations: Vec<Violation>,
    pub tally: Tally,
}

/// Plays the world of a seed.
pub fn play(seed: u64, bug: Bug) -> Played {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        // Timers end on the runtime's own milliseconds: from such a moment on all times are whole.
        sleep(ms(1)).await;
        World::new(seed, bug).play().await
    })
}

fn sources(
    count: usize,
    issued: &Arc<Issued>,
    history: &History,
    rng: &mut Rng,
) -> Vec<Arc<TokenCache>> {
    let new = |source| {
        let endpoint = Endpoint {
            source,
            issued: Arc::clone(issued),
            history: history.clone(),
            rng: Mutex::new(rng.fork()),
        };
        TokenCache::new(Arc::new(endpoint), Arc::new(Deaf))
    };
    (0..count).map(new).collect()
}

struct World {
    plan: Arc<Plan>,
    history: History,
    registry: Arc<Registry>,
    tally: Arc<Mutex<Tally>>,
    program: Arc<Program>,
}

impl World {
    fn new(seed: u64, bug: Bug) -> Self {
        let plan = Arc::new(Plan::draw(seed));
        let history = History::begin();
        let clocks = Clocks::new(history.clone());
        let issued = Arc::new(Issued::default());
        let tally = Arc::new(Mutex::new(Tally::default()));
        let registry = Arc::new(Registry::default());
        let sessions = Arc::new(Sessions::new(plan.calls, plan.lively, bug));
        let platform = Arc::new(Platform {
            seed,
            plan: Arc::clone(&plan),
            history: history.clone(),
            clocks: clocks.clone(),
            issued: Arc::clone(&issued),
            tally: Arc::clone(&tally),
            requests: AtomicU64::new(0),
            sessions: Arc::clone(&sessions),
        });
        let mut rng = Rng::with_seed(seed ^ 0x746f_6b65_6e73);
        let sources = sources(plan.sources, &issued, &history, &mut rng);
        let injectors = plan.injectors.iter().enumerate().map(|(number, injector)| {
            let record = Record(Mutex::new(rng.fork()));
            let audit = injector.audited.then(|| Arc::new(record) as _);
            let transport = Arc::new(ToPlatform(Arc::clone(&platform), number));
            let parts = Parts {
                profile: bugs::profile(plan.api, bug),
                endpoint: Arc::new(Configured::new(base_url("apiUrl", bugs::API).unwrap())),
                tokens: sources[injector.source].clone(),
                control: transport.clone(),
                transport,
                events: Arc::new(Events {
                    injector: number,
                    history: history.clone(),
                }),
                audit,
                registry: Arc::clone(&registry),
                submissions: None,
                fleet: None,
                clock: clocks.of_the_program(),
            };
            Injector::new(parts, bugs::config(&injector.config, bug)).unwrap()
        });
        let program = Arc::new(Program {
            plan: Arc::clone(&plan),
            injectors: injectors.collect(),
            history: history.clone(),
            registry: Arc::clone(&registry),
            clocks,
            issued,
            sessions,
            following: Mutex::default(),
            followed: Mutex::default(),
            bug,
        });
        Self {
            plan,
            history,
            registry,
            tally,
            program,
        }
    }

    async fn play(self) -> Played {
        let tasks = self.program.run().await;
        for task in tasks {
            // A task that was dropped on purpose ends in an error; one that panicked must not pass.
            match timeout(LONG, task).await {
                Ok(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Ok(_) => {}
                Err(_) => self.left_behind("a task that never ends"),
            }
        }
        for (number, injector) in self.program.injectors.iter().enumerate() {
            self.history.note(What::Closed(number));
            injector.close(None).await;
        }
        // What the platform executes late is still to come.
        sleep(LONG).await;
        self.look_around();
        let steps = self.history.take();
        let violations = checker::check(&steps, self.plan.atomic);
        let mut tally = std::mem::take(&mut *self.tally.lock().unwrap());
        tally.count(&steps);
        Played {
            steps,
            violations,
            tally,
        }
    }

    /// After the end nothing may be there any more.
    fn look_around(&self) {
        let following = self.program.following.lock().unwrap();
        if following.iter().any(|task| !task.is_finished()) {
            self.left_behind("a session that is still followed");
        }
        if !self.registry.is_empty() {
            self.left_behind(&format!("{} lines of calls", self.registry.len()));
        }
        for (number, injector) in self.program.injectors.iter().enumerate() {
            let now = injector.snapshot();
            if (now.waiting, now.in_flight, now.locks) != (0, 0, 0) {
                self.left_behind(&format!("injector {number}: {now:?}"));
            }
        }
    }

    fn left_behind(&self, what: &str) {
        self.history.note(What::LeftBehind(what.to_owned()));
    }
}

/// Takes the events of one injector down.
struct Events {
    injector: usize,
    history: History,
}

impl EventSink for Events {
    fn emit(&self, event: Event) {
        match event {
            Event::Retrying { id, .. } if id < OTHERS => self.history.note(What::Retrying(id)),
            Event::Finished(outcome) if outcome.id < OTHERS => {
                self.history.note(finished(outcome.id, &outcome));
            }
            Event::Unmasked { id, failure, .. } if id < OTHERS => {
                self.history.note(What::Unmasked {
                    injection: id,
                    failed: failure.is_some(),
                });
            }
            Event::SessionEnded { session, .. } => self.history.note(What::SessionEnded {
                injector: self.injector,
                call: call_of(&session),
            }),
            Event::LockExpired { lock, .. } => self.history.note(What::LockExpired(lock.0)),
            _ => {}
        }
    }
}

/// The event at the end, as the history tells it.
pub fn finished(injection: Injection, outcome: &Outcome) -> What {
    let error = outcome.result.as_ref().err();
    What::Finished {
        injection,
        delivery: outcome.delivery(),
        code: error.map(|error| error.code),
        attempts: outcome.attempts,
        queued: outcome.queued,
        digits_accepted: error.and_then(|error| error.digits_accepted),
        unmasking: outcome.unmasking,
    }
}

/// A record that is slow, and at times not available.
struct Record(Mutex<Rng>);

/// The longest time that the record takes for one entry.
pub const SLOWEST_RECORD: Duration = ms(20);

impl Record {
    fn takes(&self) -> Duration {
        *pick(&mut self.0.lock().unwrap(), &[ms(0), ms(5), SLOWEST_RECORD])
    }
}

impl AuditSink for Record {
    fn intent(&self, _: Intent) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            sleep(self.takes()).await;
            if self.0.lock().unwrap().u8(0..50) == 0 {
                return Err(Error::not_sent(Code::Closed, "the disk is full"));
            }
            Ok(())
        })
    }

    fn outcome(&self, _: Arc<Outcome>) -> BoxFuture<'_, bool> {
        Box::pin(async {
            sleep(self.takes()).await;
            true
        })
    }
}
