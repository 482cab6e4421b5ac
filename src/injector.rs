//! `DtmfInjector`, the native half.

use std::sync::Arc;

use napi::bindgen_prelude::{Either, Uint8Array, spawn, within_runtime_if_available};
use napi_derive::napi;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::audit_notices::LaneObserver;
use super::auth_client::{NativeAuthClient, not_discoverable};
use super::engine_log::EngineLog;
use super::events::LaneEvents;
use super::failure::failure_json;
use super::foreign_tokens::ForeignTokens;
use super::lane::NativeLane;
use super::metrics;
use super::options::{self, ApiUrl, InjectorConfig, Section};
use super::outbox::Outbox;
use super::params::copied;
use super::thrown::Thrown;
use super::times::whole;
use super::token_path::TokenPath;
use super::transports::Pair;
use cxone_dtmf_engine::api::Params;
use cxone_dtmf_engine::audit::{self, AuditLog, AuditSink};
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::endpoint::{Configured, Endpoint};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::event::EventSink;
use cxone_dtmf_engine::fleet::{Fleet, FleetOptions, Store};
use cxone_dtmf_engine::injector::{Injector, Parts, Submissions as _, Versions};
use cxone_dtmf_engine::lock::{LockId, Registry};
use cxone_dtmf_engine::metrics::{Snapshot, exposition};
use cxone_dtmf_engine::origin::is_of_platform;
use cxone_dtmf_engine::submit::{Submission, SubmitQueue};

/// The options of an injector, read.
#[napi]
pub struct NativeInjectorConfig {
    config: InjectorConfig,
    shown: String,
}

#[napi]
impl NativeInjectorConfig {
    /// Reads the JSON text of a config, or tells what is wrong as the JSON text of a failure.
    #[napi(catch_unwind)]
    pub fn read(config: String) -> Either<NativeInjectorConfig, String> {
        let json = Zeroizing::new(config);
        match InjectorConfig::read(&json) {
            Ok(config) => Either::A(Self {
                config,
                shown: options::shown(Section::Injector, &json),
            }),
            Err(error) => Either::B(failure_json(&error)),
        }
    }

    /// The name of the wire profile.
    #[napi(getter, catch_unwind)]
    pub fn api(&self) -> &'static str {
        self.config.api.as_str()
    }

    /// The names of the params of an injection, in the order in which they cross.
    #[napi(getter, catch_unwind)]
    pub fn params(&self) -> Vec<&'static str> {
        self.config.api.params().to_vec()
    }

    /// Whether the API is at an address of NICE, or where NICE says.
    #[napi(getter, catch_unwind)]
    pub fn on_platform(&self) -> bool {
        match &self.config.api_url {
            ApiUrl::Configured(url) => is_of_platform(url),
            ApiUrl::Discovered(_) => true,
        }
    }

    /// Whether there may be no params but these.
    #[napi(getter, catch_unwind)]
    pub fn is_strict(&self) -> bool {
        self.config.api.is_strict()
    }

    /// What was read, as JSON text without secrets.
    #[napi(getter, catch_unwind)]
    pub fn shown(&self) -> String {
        self.shown.clone()
    }
}

/// Presses digits into calls. Promises are settled through the lane, by the numbers given here.
#[napi]
pub struct NativeInjector {
    pub(super) injector: Injector,
    pub(super) outbox: Arc<Outbox>,
    events: Arc<LaneEvents>,
    foreign: Arc<ForeignTokens>,
    token_path: Arc<TokenPath>,
    submissions: Arc<SubmitQueue<Submission>>,
    runtime: Handle,
    log: EngineLog,
    pub(super) audit: Option<Arc<AuditLog>>,
    token_refreshes: Counter,
}

#[napi]
impl NativeInjector {
    /// Makes an injector, or tells what is wrong as the JSON text of a failure.
    ///
    /// `injector` is the number that records name this injector by. Without `auth`, JavaScript is asked for each token; with it, where it has found it replaced.
    /// `host` is the machine's name, for the audit log. `log_to_logger` and `log_to_stderr` say where the debug lines of the engine go.
    #[napi(catch_unwind)]
    pub fn open(
        lane: &NativeLane,
        injector: f64,
        auth: Option<&NativeAuthClient>,
        config: &NativeInjectorConfig,
        log_to_logger: bool,
        log_to_stderr: bool,
        host: String,
    ) -> Either<NativeInjector, String> {
        let log = EngineLog::new(injector, &lane.outbox(), log_to_logger, log_to_stderr);
        let made = Self::with(lane, injector, auth, config.config.clone(), host, log);
        made.map_or_else(|error| Either::B(failure_json(&error)), Either::A)
    }

    /// Begins an injection; its end is the record `finished`.
    /// `params` is what [`Params`] describes. `digits` are those that are bytes, which `lib/` wipes when this returns.
    /// `aborted` says that the caller's signal has fired already. `lib/` has looked where tokens come from before.
    #[napi(catch_unwind)]
    pub fn inject(
        &self,
        id: f64,
        params: String,
        digits: Option<Uint8Array>,
        lock: Option<f64>,
        aborted: bool,
        options: Option<String>,
    ) {
        let asked = Instant::now();
        self.token_path.unchanged(asked);
        self.submissions.submit(Submission {
            injector: self.injector.clone(),
            id: whole(id),
            asked,
            params: Params::new(params.into(), digits.map(|bytes| copied(&bytes))),
            options,
            lock: lock.map(whole),
            read: options::injection,
            aborted,
            log: self.log.dispatch().clone(),
            runtime: self.runtime.clone(),
        });
    }

    /// Begins to follow a session; `abort` with the same `id` ends it. What is wrong comes back as a failure.
    #[napi(catch_unwind)]
    /// `reveals` asks for its events as they come too, digits included.
    pub fn follow_session(
        &self,
        id: f64,
        session_id: Option<String>,
        reveals: bool,
    ) -> Option<String> {
        let session_id = session_id.as_deref();
        match (self.up_to_date()).follow(whole(id), session_id, reveals) {
            Ok(follower) => {
                spawn(self.log.around(follower.run()));
                None
            }
            Err(error) => Some(failure_json(&error)),
        }
    }

    /// Settles the promise `id` when something was done with a session, with its id where one was opened. `command` is one of
    /// [`options::session_command`].
    #[napi(catch_unwind)]
    pub fn command_session(
        &self,
        id: f64,
        command: String,
        session_id: Option<String>,
        options: Option<String>,
    ) {
        let outbox = Arc::clone(&self.outbox);
        let order = options::session_command(&command, options.as_deref()).and_then(|command| {
            self.up_to_date()
                .order(whole(id), command, session_id.as_deref())
        });
        match order {
            Ok(order) => {
                let work = async move {
                    let done = order.run().await;
                    outbox.settle(id, done.map(|opened| opened.map(|session| json!(session))));
                };
                drop(spawn(self.log.around(work)));
            }
            Err(error) => outbox.settle(id, Err(error)),
        }
    }

    /// Ends an injection that JavaScript found wrong, the way every injection ends. `params` is what it could read.
    #[napi(catch_unwind)]
    pub fn refuse(&self, id: f64, params: String, message: String) {
        let params = Params::new(params.into(), None);
        let refused = (self.up_to_date()).refuse(whole(id), &params, Error::invalid(message));
        drop(refused.end_if_refused());
    }

    /// Whether events are to show what the platform answers.
    #[napi(catch_unwind)]
    pub fn show_answers(&self, shown: bool) {
        self.events.show_answers(shown);
    }

    /// Ends an injection or the wait for a lock.
    #[napi(catch_unwind)]
    pub fn abort(&self, id: f64) {
        self.up_to_date().abort(whole(id));
    }

    /// Settles the promise `id` with the number of the lock.
    #[napi(catch_unwind)]
    pub fn acquire_lock(
        &self,
        id: f64,
        call_id: Option<String>,
        aborted: bool,
        options: Option<String>,
    ) {
        let outbox = Arc::clone(&self.outbox);
        match options::lock_time_out(options.as_deref()) {
            Ok(wait) => {
                let acquisition =
                    self.up_to_date()
                        .acquire_lock(whole(id), call_id.as_deref(), wait);
                if aborted {
                    self.injector.abort(whole(id));
                }
                spawn(async move {
                    let lock = acquisition.run().await;
                    outbox.settle(id, lock.map(|LockId(lock)| Some(json!(lock))));
                });
            }
            Err(error) => outbox.settle(id, Err(error)),
        }
    }

    /// Settles the promise `id` when the lock is released.
    #[napi(catch_unwind)]
    pub fn release_lock(&self, id: f64, lock: f64) {
        let injector = self.up_to_date().clone();
        let outbox = Arc::clone(&self.outbox);
        spawn(async move {
            injector.release_lock(LockId(whole(lock))).await;
            outbox.settle(id, Ok(None));
        });
    }

    /// Settles the promise `id` with the rights that the user of the fleet's Redis lacks.
    #[napi(catch_unwind)]
    pub fn missing_fleet_rights(&self, id: f64) {
        let injector = self.injector.clone();
        let outbox = Arc::clone(&self.outbox);
        spawn(async move {
            let missing = injector.missing_fleet_rights().await;
            outbox.settle(id, missing.map(|rights| Some(json!(rights))));
        });
    }

    /// Settles the promise `id` with where the API is, and the status that each of these versions of it answered.
    #[napi(catch_unwind)]
    pub fn ask_versions(&self, id: f64, versions: Vec<String>) {
        let injector = self.up_to_date().clone();
        let outbox = Arc::clone(&self.outbox);
        spawn(self.log.around(async move {
            let found = injector.ask_versions(&versions).await;
            outbox.settle(
                id,
                found.map(|Versions { api, answers }| {
                    Some(json!({ "api": api, "answers": answers }))
                }),
            );
        }));
    }

    /// JavaScript looked whether the auth client's ways to a token are replaced, for `request` where it was asked.
    #[napi(catch_unwind)]
    pub fn token_path(&self, replaced: bool, request: Option<u32>) {
        self.token_path.found(replaced, request);
    }

    /// The program's own auth client answered; `null` is what is no text.
    #[napi(catch_unwind)]
    pub fn token_answered(&self, request: u32, token: Option<String>) {
        match token {
            Some(token) => self.foreign.answered(request, token),
            None => self.foreign.no_text(request),
        }
    }

    /// The program's own auth client threw what `thrown` describes and JavaScript keeps under the number `cause`.
    #[napi(catch_unwind)]
    pub fn token_failed(&self, request: u32, thrown: String, cause: f64) {
        (self.foreign).threw(request, &Thrown::read(&thrown), whole(cause));
    }

    /// The metrics, as JSON text. Monitors fail on the other side, so that is handed in.
    #[napi(catch_unwind)]
    pub fn metrics(&self, monitor_errors: f64) -> String {
        metrics::snapshot_json(&self.snapshot(monitor_errors))
    }

    /// The metrics in the exposition format of Prometheus.
    #[napi(catch_unwind)]
    pub fn metrics_text(&self, monitor_errors: f64) -> String {
        exposition(&self.snapshot(monitor_errors))
    }

    /// Takes a report of what the far end recognised. What is wrong comes back as a failure.
    #[napi(catch_unwind)]
    pub fn report_recognition(
        &self,
        injection_id: Option<String>,
        digits_recognised: f64,
    ) -> Option<String> {
        let report = metrics::report(injection_id.as_deref(), digits_recognised);
        report
            .and_then(|(id, digits)| self.injector.report_recognition(id, digits))
            .err()
            .as_ref()
            .map(failure_json)
    }

    /// Settles the promise `id` when everything has ended.
    #[napi(catch_unwind)]
    pub fn close(&self, id: f64, options: Option<String>) {
        let outbox = Arc::clone(&self.outbox);
        match options::close_time_out(options.as_deref()) {
            Ok(wait) => {
                let injector = self.up_to_date().clone();
                let audit = self.audit.clone();
                // Refuses from this very moment on, not only when the runtime gets to it.
                injector.begin_close();
                spawn(async move {
                    injector.close(wait).await;
                    if let Some(audit) = audit {
                        audit.close().await;
                    }
                    outbox.settle(id, Ok(None));
                });
            }
            Err(error) => outbox.settle(id, Err(error)),
        }
    }
}

impl NativeInjector {
    fn with(
        lane: &NativeLane,
        injector: f64,
        auth: Option<&NativeAuthClient>,
        config: InjectorConfig,
        host: String,
        log: EngineLog,
    ) -> Result<Self, Error> {
        let outbox = lane.outbox();
        let endpoint = endpoint(config.api_url, auth)?;
        let Pair { digits, control } = lane.transports().with(config.network)?;
        let audit = config.audit.map(|options| {
            let observer = LaneObserver {
                injector,
                outbox: Arc::clone(&outbox),
            };
            let host = host.into();
            AuditLog::open(audit::Options { host, ..options }, Arc::new(observer)).map(Arc::new)
        });
        let audit = audit.transpose()?;
        let fleet = config.fleet.map(|options| {
            Store::shared(FleetOptions {
                extra_ca: lane.transports().extra_ca(),
                ..options
            })
        });
        let fleet = fleet.transpose()?;
        if let (Some(store), Some(auth)) = (&fleet, auth) {
            auth.join(store);
        }
        let foreign = Arc::new(ForeignTokens::new(injector, Arc::clone(&outbox)));
        let own = auth.map(NativeAuthClient::source);
        let token_path = Arc::new(TokenPath::new(own, Arc::clone(&foreign)));
        let submissions = SubmitQueue::process_wide();
        let events = Arc::new(LaneEvents::new(
            injector,
            Arc::clone(&outbox),
            fleet.is_some(),
        ));
        let parts = Parts {
            endpoint,
            profile: config.api.profile(config.settings, config.headers),
            tokens: token_path.clone(),
            transport: digits,
            control,
            events: Arc::clone(&events) as Arc<dyn EventSink>,
            audit: audit.clone().map(|log| log as Arc<dyn AuditSink>),
            registry: Registry::process_wide(),
            submissions: Some(submissions.clone()),
            fleet: fleet.map(Fleet::new),
            clock: WallClock::system(),
        };
        Ok(Self {
            injector: Injector::new(parts, config.engine)?,
            submissions,
            runtime: within_runtime_if_available(Handle::current),
            log,
            audit,
            outbox,
            events,
            token_refreshes: token_refreshes(auth, &foreign),
            foreign,
            token_path,
        })
    }

    /// What the injector is doing now, with what is counted outside of the engine.
    fn snapshot(&self, monitor_errors: f64) -> Snapshot {
        // Not all that was submitted is begun for it: thousands take the event loop a long time.
        let is_own = |submission: &Submission| submission.injector.is_same(&self.injector);
        let left = self.submissions.begin_some(is_own);
        let mut now = self.injector.snapshot();
        now.waiting += left;
        now.totals.token_refreshes = (self.token_refreshes)();
        now.totals.audit_failures = self.audit.as_ref().map_or(0, |log| log.unlogged());
        now.totals.monitor_errors = whole(monitor_errors);
        now.outbox_bytes = self.outbox.bytes();
        now
    }

    /// The injector, with everything begun that was submitted before.
    ///
    /// So it cannot be told that an injection is begun later than it is asked for: an abort finds what it aborts.
    pub(super) fn up_to_date(&self) -> &Injector {
        self.submissions.drain();
        &self.injector
    }
}

/// Reads a number that grows.
type Counter = Box<dyn Fn() -> u64 + Send + Sync>;

/// How many tokens came, whichever way.
fn token_refreshes(auth: Option<&NativeAuthClient>, foreign: &Arc<ForeignTokens>) -> Counter {
    let foreign = Arc::clone(foreign);
    match auth.map(NativeAuthClient::refreshes) {
        Some(own) => Box::new(move || own() + foreign.received()),
        None => Box::new(move || foreign.received()),
    }
}

/// Where the API is. Only an auth client of ours can tell who is to be asked.
fn endpoint(api_url: ApiUrl, auth: Option<&NativeAuthClient>) -> Result<Arc<dyn Endpoint>, Error> {
    match (api_url, auth) {
        (ApiUrl::Configured(base), _) => Ok(Arc::new(Configured::new(base))),
        (ApiUrl::Discovered(hosts), Some(auth)) => Ok(auth.discovered(hosts)),
        (ApiUrl::Discovered(_), None) => Err(not_discoverable()),
    }
}

impl Drop for NativeInjector {
    /// No caller is left for what is still under way: the object was collected, or its thread has ended.
    ///
    /// What was submitted is not begun here, since the runtime may have ended: it is refused when it is begun.
    fn drop(&mut self) {
        self.injector.abandon();
    }
}
