//! An injection as it was asked for: plain data, not validated yet.

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
use crate::injector::Injector;

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
    /// How; or what is wrong with that, and then the injection ends with it.
    pub options: Result<InjectionOptions, Error>,
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
            aborted,
            log,
            runtime,
        } = self;
        with_default(&log, || {
            let injection = match options {
                Ok(options) => injector.inject_asked(asked, id, params, &options),
                Err(error) => injector.refuse(id, error),
            };
            // Before the work can begin: a signal that has fired already must not let a digit through.
            if aborted {
                injector.abort(id);
            }
            let Some(injection) = injection.end_if_refused() else {
                return;
            };
            // Boxed, since a future that is moved into another takes its room twice.
            let work: BoxFuture<'static, ()> = Box::pin(async {
                injection.run().await;
            });
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
