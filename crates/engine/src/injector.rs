//! The pipeline. This room is the only one that knows the order:
//! validate → lock → rate limit → token → intent → send → classify → retry → outcome → events.
//!
//! [`injection`] is the way of one injection, [`locks`] are the locks a program holds by hand,
//! [`recording`] masks and unmasks recordings, [`follow`] listens to the events of a session,
//! [`in_flight`] is what is under way and can be ended from outside.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::api::{Params, WireProfile};
use crate::audit::AuditSink;
use crate::auth::TokenSource;
use crate::cancel::Reason;
use crate::clock::WallClock;
use crate::config::{Config, InjectionOptions};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::event::{Event, EventSink};
use crate::fleet::{self, Fleet};
use crate::http::Transport;
use crate::lock::{LockKey, Registry};
use crate::metrics::{Metrics, Snapshot};
use crate::retry::Budget;

mod exchange;
mod in_flight;
mod injection;
mod limits;
mod manual_locks;
mod messages;
mod recording;
mod sessions;
mod turn;

pub use injection::Injection;
pub use manual_locks::Acquisition;
pub use sessions::Follower;

/// How long `close` waits for requests that it has just given up to be gone.
const AFTER_GIVING_UP: Duration = Duration::from_secs(1);

/// What an injector is made of. Each part is a seam.
pub struct Parts {
    /// The wire format.
    pub profile: Arc<dyn WireProfile>,
    /// Where the API is.
    pub endpoint: Arc<dyn Endpoint>,
    /// Where tokens come from.
    pub tokens: Arc<dyn TokenSource>,
    /// Carries the requests with digits.
    pub transport: Arc<dyn Transport>,
    /// Carries masks, unmasks and polls.
    pub control: Arc<dyn Transport>,
    /// Is told what happens.
    pub events: Arc<dyn EventSink>,
    /// Keeps the record, when there is one.
    pub audit: Option<Arc<dyn AuditSink>>,
    /// The lines of the calls. Programs share [`Registry::process_wide`].
    pub registry: Arc<Registry>,
    /// The other processes that press digits, where there are some.
    pub fleet: Option<Fleet>,
    /// The time of day.
    pub clock: WallClock,
}

/// Presses digits into calls of one platform.
///
/// The methods that begin something take its place in line before they return, so the order of the calls
/// is the order of the digits; what they return does the work when it is run on a tokio runtime.
#[derive(Clone)]
pub struct Injector(Arc<Engine>);

/// The shared inside of an injector.
pub(crate) struct Engine {
    parts: Parts,
    config: Config,
    origin: Arc<str>,
    /// With the id of a call it names a line.
    scope: Arc<str>,
    started: Instant,
    closed: AtomicBool,
    waiting: AtomicUsize,
    permits: Semaphore,
    in_flight: in_flight::InFlight,
    locks: manual_locks::ManualLocks,
    maskings: TaskTracker,
    limits: Option<limits::Limits>,
    /// The last turn was taken without a lease, and that was told.
    without_lease: AtomicBool,
    budget: Mutex<Budget>,
    rng: Mutex<fastrand::Rng>,
    metrics: Metrics,
}

impl Injector {
    /// An injector of the given parts.
    pub fn new(parts: Parts, config: Config) -> Result<Self, Error> {
        config.check()?;
        if let Some(fleet) = &parts.fleet {
            fleet.store.options().check(config.timeout)?;
        }
        // The names of injections must differ across machines: 62 bits that the system drew for this injector alone.
        let drawn = || Uuid::now_v7().as_u64_pair().1;
        let rng = fastrand::Rng::with_seed(config.seed.unwrap_or_else(drawn));
        let origin = parts.endpoint.origin();
        let scope = parts.profile.scope(&origin);
        Ok(Self(Arc::new(Engine {
            limits: (config.rate_limit)
                .map(|limit| limits::Limits::new(limit, parts.fleet.as_ref(), &scope)),
            scope,
            origin,
            started: Instant::now(),
            closed: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            permits: Semaphore::new(config.max_in_flight),
            in_flight: in_flight::InFlight::default(),
            locks: manual_locks::ManualLocks::default(),
            maskings: TaskTracker::new(),
            without_lease: AtomicBool::new(false),
            budget: Mutex::new(Budget::new(config.retry.budget)),
            rng: Mutex::new(rng),
            metrics: Metrics::default(),
            parts,
            config,
        })))
    }

    /// The lines that this injector's calls stand in.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.0.parts.registry)
    }

    /// Begins an injection. `id` is the caller's name for it, unique among what is under way.
    #[must_use]
    pub fn inject(&self, id: u64, params: Params, options: &InjectionOptions) -> Injection {
        self.inject_asked(Instant::now(), id, params, options)
    }

    /// The same for what was asked for earlier: its time runs from then.
    #[must_use]
    pub fn inject_asked(
        &self,
        asked: Instant,
        id: u64,
        params: Params,
        options: &InjectionOptions,
    ) -> Injection {
        Injection::begin(Arc::clone(&self.0), asked, id, params, options)
    }

    /// An injection whose input was found wrong before it could be asked for: it ends like every other.
    #[must_use]
    pub fn refuse(&self, id: u64, error: Error) -> Injection {
        Injection::refused(Arc::clone(&self.0), id, error)
    }

    /// Ends what goes by `id`, also in flight. Nothing happens when it has ended already.
    pub fn abort(&self, id: u64) {
        self.0.in_flight.end_one(id, Reason::Aborted);
    }

    /// Refuses new work, sends those away who wait, lets requests under way finish for at most `limits`
    /// (default: the time-out of an attempt), gives the rest up and releases the manual locks. Recordings are
    /// unmasked before it returns, after the tones that they were masked for. Tones alone are not waited for.
    pub async fn close(&self, limits: Option<Duration>) {
        self.begin_close();
        let limits = limits.unwrap_or(self.0.config.timeout);
        if timeout(limits, self.0.in_flight.none_left()).await.is_err() {
            self.0.in_flight.end_everything(Reason::Closed);
            // They end by themselves at once; the bound only guards against a stalled runtime.
            let _ = timeout(AFTER_GIVING_UP, self.0.in_flight.none_left()).await;
        }
        self.0.locks.release_all();
        self.0.maskings.close();
        self.0.maskings.wait().await;
        if let Some(fleet) = &self.0.parts.fleet {
            // Other processes would wait for what is not given back until its lease ends.
            let _ = timeout(AFTER_GIVING_UP, fleet.locks.returned()).await;
        }
    }

    /// The first step of [`close`](Self::close), for callers who run the rest later: refuses new work
    /// and sends those away who wait.
    pub fn begin_close(&self) {
        self.0.closed.store(true, Ordering::Release);
        self.0.in_flight.end_waiting(Reason::Closed);
    }

    /// Ends everything at once, because nobody is left to hear of it: requests under way are given up
    /// (those behind them learn that the outcome is unknown), manual locks are released.
    pub fn abandon(&self) {
        self.0.closed.store(true, Ordering::Release);
        self.0.in_flight.end_everything(Reason::Closed);
        self.0.locks.release_all();
    }

    /// Takes a report of how many digits of an accepted injection the far end recognised.
    pub fn report_recognition(&self, injection: Uuid, recognised: u32) -> Result<(), Error> {
        self.0.metrics.report(injection, recognised)
    }

    /// What the injector is doing now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let engine = &self.0;
        Snapshot {
            counts: engine.metrics.read(),
            waiting: engine.waiting.load(Ordering::Relaxed),
            in_flight: engine
                .config
                .max_in_flight
                .saturating_sub(engine.permits.available_permits()),
            locks: engine.locks.len(),
            budget: engine.budget().level(engine.uptime()),
            token_age: engine.parts.tokens.age(),
            times: engine.metrics.times(),
            fleet: engine.fleet_counts(),
        }
    }
}

impl fmt::Debug for Injector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Injector")
            .field("origin", &self.0.origin)
            .finish_non_exhaustive()
    }
}

impl Engine {
    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn lock_key(&self, call: &Arc<str>) -> LockKey {
        LockKey::Call {
            scope: Arc::clone(&self.scope),
            call: Arc::clone(call),
        }
    }

    fn fleet_counts(&self) -> Option<fleet::Counts> {
        let fleet = self.parts.fleet.as_ref()?;
        Some(fleet.store.counters().read())
    }

    /// Tells once that calls go on without leases.
    fn observe_lease(&self, given: bool) {
        let was_told = self.without_lease.swap(!given, Ordering::AcqRel);
        if !given && !was_told {
            self.parts.events.emit(Event::WithoutLease);
        }
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rng(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name for an injection (RFC 9562 §5.7). The system's random numbers seed the dice and are not asked for again:
    /// a call of the kernel each time is a large part of what beginning an injection costs.
    fn new_injection_id(&self, at: SystemTime) -> Uuid {
        let since = at.duration_since(SystemTime::UNIX_EPOCH);
        let millis = since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        });
        let mut random = [0; 10];
        self.rng().fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// The time since the injector was made, for policies that know no clock.
    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}
