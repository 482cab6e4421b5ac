//! `DtmfInjector`, the native half.

use std::sync::Arc;

use napi::bindgen_prelude::{Either, Uint8Array, spawn, within_runtime_if_available};
use napi_derive::napi;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::audit_notices::LaneObserver;
use super::auth_client::{NativeAuthClient, no_tenant};
use super::engine_log::EngineLog;
use super::events::LaneEvents;
use super::failure::failure_json;
use super::foreign_tokens::ForeignTokens;
use super::lane::NativeLane;
use super::metrics;
use super::options::{self, ApiUrl, InjectorConfig};
use super::outbox::Outbox;
use super::params::copied;
use super::transports::Pair;
use cxone_dtmf_engine::api::{PackedParams, Params};
use cxone_dtmf_engine::audit::{self, AuditLog, AuditSink};
use cxone_dtmf_engine::auth::TokenSource;
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::endpoint::{Configured, Endpoint};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::fleet::{Fleet, FleetOptions, Store};
use cxone_dtmf_engine::injector::{Injector, Parts, Submissions as _};
use cxone_dtmf_engine::lock::{LockId, Registry};
use cxone_dtmf_engine::metrics::{Snapshot, exposition};
use cxone_dtmf_engine::submit::{Submission, SubmitQueue};

/// The options of an injector, read.
#[napi]
pub struct NativeInjectorConfig(InjectorConfig);

#[napi]
impl NativeInjectorConfig {
    /// Reads the JSON text of a config, or tells what is wrong as the JSON text of a failure.
    #[napi(catch_unwind)]
    pub fn read(config: String) -> Either<NativeInjectorConfig, String> {
        match InjectorConfig::read(&Zeroizing::new(config)) {
            Ok(config) => Either::A(Self(config)),
            Err(error) => Either::B(failure_json(&error)),
        }
    }

    /// The name of the wire profile.
    #[napi(getter, catch_unwind)]
    pub fn api(&self) -> &'static str {
        self.0.api.as_str()
    }

    /// Whether entries, events and log lines show digits.
    #[napi(getter, catch_unwind)]
    pub fn shows_digits(&self) -> bool {
        !self.0.engine.mask_digits
    }

    /// Whether calls are locked across processes.
    #[napi(getter, catch_unwind)]
    pub fn in_fleet(&self) -> bool {
        self.0.fleet.is_some()
    }
}

/// Presses digits into calls. Promises are settled through the lane, by the numbers given here.
#[napi]
pub struct NativeInjector {
    injector: Injector,
    outbox: Arc<Outbox>,
    foreign: Option<Arc<ForeignTokens>>,
    submissions: Arc<SubmitQueue<Submission>>,
    runtime: Handle,
    log: EngineLog,
    audit: Option<Arc<AuditLog>>,
    token_refreshes: Counter,
}

#[napi]
impl NativeInjector {
    /// Makes an injector, or tells what is wrong as the JSON text of a failure.
    ///
    /// `injector` is the number that records name this injector by. Without `auth`, JavaScript is asked for tokens.
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
        let made = Self::with(lane, injector, auth, config.0.clone(), host, log);
        made.map_or_else(|error| Either::B(failure_json(&error)), Either::A)
    }

    /// Begins an injection; its end is the record `finished`.
    /// `params` is what [`PackedParams`] describes. `digits` are those that are bytes, which `lib/` wipes when this returns.
    /// `aborted` says that the caller's signal has fired already.
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
        let digits = digits.map(|bytes| copied(&bytes));
        self.submissions.submit(Submission {
            injector: self.injector.clone(),
            id: whole(id),
            asked: Instant::now(),
            params: Params::Packed(PackedParams::new(params, digits)),
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
    pub fn follow_session(&self, id: f64, session_id: Option<String>) -> Option<String> {
        match self.up_to_date().follow(whole(id), session_id.as_deref()) {
            Ok(follower) => {
                spawn(self.log.around(follower.run()));
                None
            }
            Err(error) => Some(failure_json(&error)),
        }
    }

    /// Ends an injection that JavaScript found wrong, the way every injection ends.
    #[napi(catch_unwind)]
    pub fn refuse(&self, id: f64, message: String) {
        let refused = (self.up_to_date()).refuse(whole(id), Error::invalid(message));
        drop(refused.end_if_refused());
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

    /// The program's own auth client answered.
    #[napi(catch_unwind)]
    pub fn token_answered(&self, request: u32, token: String) {
        if let Some(foreign) = &self.foreign {
            foreign.answered(request, token);
        }
    }

    /// The program's own auth client failed.
    #[napi(catch_unwind)]
    pub fn token_failed(&self, request: u32, what: String) {
        if let Some(foreign) = &self.foreign {
            foreign.failed(request, &what);
        }
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
        let Tokens {
            source,
            foreign,
            refreshes,
        } = Tokens::of(auth, injector, &outbox);
        let submissions = SubmitQueue::process_wide();
        let parts = Parts {
            endpoint,
            profile: config.api.profile(config.settings, config.headers),
            tokens: source,
            transport: digits,
            control,
            events: Arc::new(LaneEvents {
                injector,
                outbox: Arc::clone(&outbox),
            }),
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
            foreign,
            token_refreshes: refreshes,
        })
    }

    /// What the injector is doing now, with what is counted outside of the engine.
    fn snapshot(&self, monitor_errors: f64) -> Snapshot {
        let mut now = self.up_to_date().snapshot();
        now.totals.token_refreshes = (self.token_refreshes)();
        now.totals.audit_failures = self.audit.as_ref().map_or(0, |log| log.unlogged());
        now.totals.monitor_errors = whole(monitor_errors);
        now.outbox_bytes = self.outbox.bytes();
        now
    }

    /// The injector, with everything begun that was submitted before.
    ///
    /// So it cannot be told that an injection is begun later than it is asked for: an abort finds what it aborts, and
    /// the metrics count what waits.
    fn up_to_date(&self) -> &Injector {
        self.submissions.drain();
        &self.injector
    }
}

/// Reads a number that grows.
type Counter = Box<dyn Fn() -> u64 + Send + Sync>;

/// Where tokens come from.
struct Tokens {
    source: Arc<dyn TokenSource>,
    /// Asks the program's own auth client, where there is none of ours.
    foreign: Option<Arc<ForeignTokens>>,
    refreshes: Counter,
}

impl Tokens {
    fn of(auth: Option<&NativeAuthClient>, injector: f64, outbox: &Arc<Outbox>) -> Self {
        if let Some(auth) = auth {
            return Self {
                source: auth.source(),
                foreign: None,
                refreshes: Box::new(auth.refreshes()),
            };
        }
        let foreign = Arc::new(ForeignTokens::new(injector, Arc::clone(outbox)));
        let asked = Arc::clone(&foreign);
        Self {
            source: Arc::clone(&foreign) as Arc<dyn TokenSource>,
            foreign: Some(foreign),
            refreshes: Box::new(move || asked.received()),
        }
    }
}

/// Where the API is. Only an auth client of ours can tell which tenant to ask for.
fn endpoint(api_url: ApiUrl, auth: Option<&NativeAuthClient>) -> Result<Arc<dyn Endpoint>, Error> {
    match (api_url, auth) {
        (ApiUrl::Configured(base), _) => Ok(Arc::new(Configured::new(base))),
        (ApiUrl::Discovered(hosts), Some(auth)) => auth.discovered(hosts),
        (ApiUrl::Discovered(_), None) => Err(no_tenant()),
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

/// Numbers given by `lib/` are whole and far below 2^53.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "see above"
)]
const fn whole(number: f64) -> u64 {
    number as u64
}
