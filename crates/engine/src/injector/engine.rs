//! What all work of one injector shares.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::capacity::Capacity;
use super::commands::StartedSessions;
use super::in_flight::InFlight;
use super::manual_locks::ManualLocks;
use super::retries::Retries;
use super::scope::CallScope;
use crate::api::WireProfile;
use crate::audit::AuditSink;
use crate::auth::TokenSource;
use crate::clock::WallClock;
use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::event::{Event, EventSink};
use crate::fleet::Fleet;
use crate::http::Transport;
use crate::lock::{LockKey, Registry, Rejection};
use crate::metrics::Metrics;
use crate::rate_limit::{LocalRateLimiter, RateLimiter};

/// What an injector is made of. Each part is a seam.
pub struct Parts {
    /// The wire format.
    pub profile: Arc<dyn WireProfile>,
    /// Where the API is.
    pub endpoint: Arc<dyn Endpoint>,
    /// Where tokens come from.
    pub tokens: Arc<dyn TokenSource>,
    /// Carries the requests that press digits.
    pub transport: Arc<dyn Transport>,
    /// Carries masks, unmasks and polls.
    pub control: Arc<dyn Transport>,
    /// Is told what happens.
    pub events: Arc<dyn EventSink>,
    /// Keeps the audit log, when there is one.
    pub audit: Option<Arc<dyn AuditSink>>,
    /// The queues of the calls. Programs share [`Registry::process_wide`].
    pub registry: Arc<Registry>,
    /// Injections on their way into those queues, where the program does not queue each at once.
    pub submissions: Option<Arc<dyn Submissions>>,
    /// The other processes that press digits, where there are some.
    pub fleet: Option<Fleet>,
    /// The time of day.
    pub clock: WallClock,
}

/// Injections that were asked for and are not yet in the queue of their call.
pub trait Submissions: Send + Sync + 'static {
    /// Returns when all of them are queued.
    fn drain(&self);
}

/// The shared inside of an injector.
pub(super) struct Engine {
    pub(super) parts: Parts,
    pub(super) config: Config,
    pub(super) origin: Arc<str>,
    /// With the id of a call it names a queue.
    pub(super) scope: CallScope,
    pub(super) in_flight: Arc<InFlight>,
    pub(super) capacity: Capacity,
    pub(super) locks: ManualLocks,
    pub(super) started: StartedSessions,
    /// Recordings that are masked, or may be. Closing waits until they are unmasked.
    pub(super) maskings: TaskTracker,
    rate_limiter: OnceLock<Option<Arc<dyn RateLimiter>>>,
    /// How many injections were asked for.
    asked: AtomicU64,
    pub(super) retries: Retries,
    pub(super) metrics: Metrics,
    /// The last turn was taken without a lease, and that was told.
    without_lease: Mutex<Option<Instant>>,
}

impl Engine {
    pub(super) fn new(parts: Parts, config: Config) -> Result<Self, Error> {
        config.check()?;
        if let Some(fleet) = &parts.fleet {
            fleet.check(config.timeout)?;
        }
        let origin = parts.endpoint.origin();
        let scope = CallScope::new(&*parts.endpoint, &*parts.profile, &parts.registry);
        Ok(Self {
            rate_limiter: OnceLock::new(),
            asked: AtomicU64::new(0),
            origin,
            scope,
            in_flight: Arc::default(),
            capacity: Capacity::new(config.max_waiting, config.max_in_flight),
            locks: ManualLocks::default(),
            started: StartedSessions::default(),
            maskings: TaskTracker::new(),
            retries: Retries::new(config.retry.budget, config.seed),
            metrics: Metrics::default(),
            without_lease: Mutex::default(),
            parts,
            config,
        })
    }

    /// The limit on our side, where there is one. That of a fleet belongs to the scope, so it is asked for within a turn.
    pub(super) fn rate_limiter(&self) -> Option<&Arc<dyn RateLimiter>> {
        let limit = self.config.rate_limit?;
        let limiter = self.rate_limiter.get_or_init(|| match &self.parts.fleet {
            Some(fleet) => {
                let scope = self.scope.get()?;
                Some(fleet.rate_limiter(Arc::clone(scope), limit))
            }
            None => Some(Arc::new(LocalRateLimiter::new(limit))),
        });
        limiter.as_ref()
    }

    /// The place of an injection that is begun now: injections are begun in the order of the submissions.
    pub(super) fn next_place(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed)
    }

    /// What is configured, or else what the API promises.
    pub(super) fn atomic_server_errors(&self) -> bool {
        let configured = self.config.atomic_server_errors;
        configured.unwrap_or_else(|| self.parts.profile.atomic_server_errors())
    }

    /// Rejects what waits in a queue, and what was submitted before: none of it may come out as if it had been asked
    /// for afterwards.
    pub(super) fn reject_queued(&self, key: &LockKey, why: Rejection) {
        self.queue_submitted();
        self.parts.registry.reject_queued(key, why);
    }

    /// Queues what was submitted before.
    pub(super) fn queue_submitted(&self) {
        if let Some(submissions) = &self.parts.submissions {
            submissions.drain();
        }
    }

    /// Tells once that calls go on without leases, and once that they have them again.
    pub(super) fn observe_lease(&self, given: bool) {
        let mut since = (self.without_lease.lock()).unwrap_or_else(PoisonError::into_inner);
        let event = match (given, *since) {
            (false, None) => {
                *since = Some(Instant::now());
                let away = self.parts.fleet.as_ref().and_then(Fleet::unavailable_for);
                Event::WithoutLease {
                    away: away.unwrap_or_default(),
                }
            }
            (true, Some(began)) => {
                *since = None;
                Event::LeasesAgain {
                    after: began.elapsed(),
                }
            }
            _ => return,
        };
        // While it is locked, so that events come in their order.
        self.parts.events.emit(event);
    }
}
