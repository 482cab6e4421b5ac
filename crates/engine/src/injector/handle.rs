//! What a program holds of an injector.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::acquisition::{self, Acquisition};
use super::commands::SessionOrder;
use super::engine::{Engine, Parts};
use super::identity::{Identity, Names};
use super::injection::Injection;
use super::sessions::Follower;
use super::versions::Versions;
use crate::api::Params;
use crate::api::agent_session::SessionCommand;
use crate::cancel::Reason;
use crate::config::{Config, InjectionOptions};
use crate::error::Error;
use crate::fleet::Fleet;
use crate::lock::LockId;
use crate::metrics::Snapshot;

/// How long `close` waits for requests that it has just given up to be gone.
const AFTER_GIVING_UP: Duration = Duration::from_secs(1);

/// Presses digits into calls of one platform.
///
/// The methods that begin something take its ticket in the queue of the call before they return, so the order of the
/// calls is the order of the digits; what they return does the work when it is run on a tokio runtime.
#[derive(Clone)]
pub struct Injector(Arc<Engine>);

impl Injector {
    /// An injector of the given parts.
    pub fn new(parts: Parts, config: Config) -> Result<Self, Error> {
        Engine::new(parts, config).map(Arc::new).map(Self)
    }

    /// Begins an injection. `id` is the caller's number for it, unique among what is under way.
    #[must_use]
    pub fn inject(&self, id: u64, params: Params, options: &InjectionOptions) -> Injection {
        self.inject_asked(Instant::now(), id, params, options)
    }

    /// The same for what was asked for earlier: its time runs from then.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "they hold digits, which are wiped when they have been read"
    )]
    pub fn inject_asked(
        &self,
        asked: Instant,
        id: u64,
        params: Params,
        options: &InjectionOptions,
    ) -> Injection {
        Injection::begin(Arc::clone(&self.0), asked, id, &params, options)
    }

    /// An injection whose input was found wrong before it could be asked for: it ends like every other. `params` are what
    /// could be read of them.
    #[must_use]
    pub fn refuse(&self, id: u64, params: &Params, error: Error) -> Injection {
        let names = Names::or_none(&*self.0.parts.profile, params);
        let identity = Identity::new(Arc::clone(&self.0), id, Instant::now(), &names);
        Injection::refuse(identity, error)
    }

    /// Whether it is this one, or a clone of it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Ends the work with this number, also in flight. Nothing happens when it has ended already.
    pub fn abort(&self, id: u64) {
        self.0.in_flight.end(id, Reason::Aborted);
    }

    /// Begins to acquire the lock of a call by hand. `wait` overrides [`Config::lock_timeout`].
    #[must_use]
    pub fn acquire_lock(&self, id: u64, call: Option<&str>, wait: Option<Duration>) -> Acquisition {
        Acquisition::begin(Arc::clone(&self.0), id, call, wait)
    }

    /// Releases a manual lock after what was begun under it has ended.
    /// A lock that is no longer held, because its time ran out or the injector closed, needs no release.
    pub async fn release_lock(&self, lock: LockId) {
        acquisition::release(&self.0, lock).await;
    }

    /// Begins to follow a session. [`abort`](Self::abort) with this `id` ends it, and so does `close`. `reveals` says that its
    /// events are told as they come too, digits included.
    pub fn follow(&self, id: u64, session: Option<&str>, reveals: bool) -> Result<Follower, Error> {
        Follower::begin(Arc::clone(&self.0), id, session, reveals)
    }

    /// Begins to do something with a session. [`abort`](Self::abort) with this `id` ends the wait for it.
    pub fn order(
        &self,
        id: u64,
        command: SessionCommand,
        session: Option<&str>,
    ) -> Result<SessionOrder, Error> {
        SessionOrder::begin(Arc::clone(&self.0), id, command, session)
    }

    /// Refuses new work, rejects what waits, lets requests in flight finish for at most `wait` (default: the time-out
    /// of an attempt), gives the rest up and releases the manual locks. Recordings are unmasked before it returns,
    /// after the tones that they were masked for, and sessions that it has started are ended. Tones alone are not waited for.
    pub async fn close(&self, wait: Option<Duration>) {
        self.begin_close();
        let engine = &self.0;
        let wait = wait.unwrap_or(engine.config.timeout);
        if timeout(wait, engine.in_flight.emptied()).await.is_err() {
            engine.in_flight.end_everything(Reason::Closed);
            // It ends by itself at once; the bound only guards against a stalled runtime.
            let _ = timeout(AFTER_GIVING_UP, engine.in_flight.emptied()).await;
        }
        engine.locks.release_all();
        engine.maskings.close();
        engine.maskings.wait().await;
        engine.end_started().await;
        // Last: what was pressed until now went by what they heard.
        engine.in_flight.end_everything(Reason::Closed);
        if let Some(fleet) = &engine.parts.fleet {
            // Other processes would wait for what is not given back until its lease ends.
            let _ = timeout(AFTER_GIVING_UP, fleet.locks_released()).await;
        }
    }

    /// The first step of [`close`](Self::close), for callers that run the rest later: refuses new work and rejects
    /// what waits.
    pub fn begin_close(&self) {
        self.0.in_flight.close();
        self.0.in_flight.end_waiting(Reason::Closed);
    }

    /// Ends everything at once, because no caller is left to hear of it: requests in flight are given up (what waits
    /// behind them learns that the outcome is unknown), manual locks are released.
    pub fn abandon(&self) {
        self.0.in_flight.close();
        self.0.in_flight.end_everything(Reason::Closed);
        self.0.locks.release_all();
    }

    /// Takes a report of how many digits of an accepted injection the far end recognised.
    pub fn report_recognition(&self, injection: Uuid, recognised: u32) -> Result<(), Error> {
        self.0.metrics.report(injection, recognised)
    }

    /// Says that it was found out what became of the call, session or contact with this id: whether its digits were
    /// pressed or not, it may be sent digits again. Tells whether it was in doubt.
    pub fn resolve(&self, id: Option<&str>) -> Result<bool, Error> {
        self.0.resolve(id)
    }

    /// The injections because of which the call, session or contact with this id is in doubt, with their calls.
    #[must_use]
    pub fn in_doubt_of(&self, id: &str) -> BTreeMap<Uuid, Arc<str>> {
        self.0.in_doubt_of(id)
    }

    /// Blocks calls because of injections of which an earlier process did not say what became of them, as an unknown outcome
    /// blocks them. Needs `afterUnknown: 'block'`.
    pub async fn block(&self, injections: Vec<(Uuid, Arc<str>)>) -> Result<(), Error> {
        self.0.block(injections).await
    }

    /// Where digits are sent, as the audit log names it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Says the same to the other processes of the fleet; `calls` says whom injections were for. Tells whether it was in doubt
    /// there.
    pub async fn resolve_elsewhere(
        &self,
        id: Option<&str>,
        calls: &BTreeMap<Uuid, Arc<str>>,
    ) -> Result<bool, Error> {
        self.0.resolve_elsewhere(id, calls).await
    }

    /// The rights that the user of the fleet's Redis lacks, as `ACL SETUSER` takes them. None without a fleet.
    pub async fn missing_fleet_rights(&self) -> Result<Vec<String>, Error> {
        match &self.0.parts.fleet {
            Some(fleet) => fleet.missing_rights().await,
            None => Ok(Vec::new()),
        }
    }

    /// Which of these versions of the API answer, and where it is. Needs an API of sessions.
    pub async fn ask_versions(&self, versions: &[String]) -> Result<Versions, Error> {
        self.0.ask_versions(versions).await
    }

    /// What the injector is doing now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let engine = &self.0;
        Snapshot {
            counts: engine.metrics.read(),
            totals: engine.metrics.totals.read(),
            waiting: engine.capacity.waiting(),
            in_flight: engine.capacity.in_flight(),
            locks: engine.locks.len(),
            outbox_bytes: 0,
            budget: engine.retries.budget_level(),
            token_age: engine.parts.tokens.age(),
            times: engine.metrics.times(),
            in_doubt: engine.blocks(),
            sessions: engine.followed_sessions(),
            fleet: engine.parts.fleet.as_ref().map(Fleet::counts),
            fleet_unavailable: engine.parts.fleet.as_ref().and_then(Fleet::unavailable_for),
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
