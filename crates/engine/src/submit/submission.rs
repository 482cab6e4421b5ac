//! An injection as it was asked for: plain data, not validated yet.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use tokio::runtime::Handle;
use tokio::time::Instant;
use tracing::Dispatch;
use tracing::dispatcher::with_default;
use tracing::instrument::WithSubscriber as _;

use super::queue::{Begin, SubmitQueue};
use crate::BoxFuture;
use crate::api::Params;
use crate::config::InjectionOptions;
use crate::error::Error;
use crate::injector::{Injector, dropped};
use crate::outcome::Outcome;

/// Reads the settings of an injection: the text, and the number of the manual lock.
pub type ReadOptions = fn(Option<&str>, Option<u64>) -> Result<InjectionOptions, Error>;

/// What a caller asks for.
pub struct Submission {
    /// The injector to do it.
    pub injector: Injector,
    /// The caller's number.
    pub id: u64,
    /// When it was asked for: its time runs from then.
    pub asked: Instant,
    /// What is pressed where.
    pub params: Params,
    /// How, as text that [`read`](Self::read) understands.
    pub options: Option<String>,
    /// The manual lock to run under, by its number.
    pub lock: Option<u64>,
    /// Reads the options, away from the caller's thread. An injection whose options are wrong ends with the error.
    pub read: ReadOptions,
    /// The caller's signal has fired already.
    pub aborted: bool,
    /// Takes the lines that the injection logs.
    pub log: Dispatch,
    /// Where it runs.
    pub runtime: Handle,
}

impl Begin for Submission {
    fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Queues the injection and lets it run.
    fn begin(self) {
        let Self {
            injector,
            id,
            asked,
            params,
            options,
            lock,
            read,
            aborted,
            log,
            runtime,
        } = self;
        with_default(&log, || {
            // A panic here must not take the promise along; from where the injection exists it ends it.
            let options = catch_unwind(AssertUnwindSafe(|| read(options.as_deref(), lock)));
            let injection = match options.unwrap_or_else(|_| Err(dropped())) {
                Ok(options) => injector.inject_asked(asked, id, params, &options),
                Err(error) => injector.refuse(id, &params, error),
            };
            // Before the work can begin: a signal that has fired already must not let a digit through.
            if aborted {
                injector.abort(id);
            }
            let Some(injection) = injection.end_if_refused() else {
                return;
            };
            // Boxed as it is, since a future that is moved into another takes its room twice.
            let work: BoxFuture<'static, Arc<Outcome>> = Box::pin(injection.run());
            runtime.spawn(work.with_subscriber(log.clone()));
        });
    }
}

/// An order that ends at the border of an object would be no order, so there is one queue in a process, as there is one
/// registry of calls.
static PROCESS_WIDE: LazyLock<Arc<SubmitQueue<Submission>>> = LazyLock::new(Arc::default);

impl SubmitQueue<Submission> {
    /// The queue of this process.
    #[must_use]
    pub fn process_wide() -> Arc<Self> {
        Arc::clone(&PROCESS_WIDE)
    }
}
