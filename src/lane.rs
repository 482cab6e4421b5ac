//! The lane: the one ordered way back to JavaScript.
//!
//! napi-rs makes a threadsafe function and two tasks for every promise, and two threadsafe functions have
//! no order among themselves. So everything of one JavaScript realm goes through one outbox: the first
//! record since it was empty wakes JavaScript, which takes all that is there. What was pushed first is
//! seen first: an event before the promise of its injection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use serde::Serialize;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::yield_now;

use super::failure::Failure;
use super::panics;
use super::record::Record;
use super::transports::Transports;
use cxone_dtmf_engine::error::Error;

/// Wakes JavaScript. In the order of the parameters: nothing is passed, nothing comes back, nothing is
/// the argument, errors are a `Status`, `CalleeHandled = false` (no error argument), `Weak = true`
/// (an idle lane does not keep the process alive).
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// Records on their way, as the inside of a JSON array.
pub struct Outbox {
    records: Mutex<String>,
    wake: Wake,
    this: Weak<Self>,
}

impl Outbox {
    /// Adds a record, one of `record.rs`, and wakes JavaScript if it has nothing to fetch yet.
    pub fn push(&self, record: &impl Serialize) {
        // Records hold strings and numbers only, which always have a JSON form.
        let Ok(json) = serde_json::to_string(record) else {
            return;
        };
        let mut records = self.records();
        let was_empty = records.is_empty();
        if !was_empty {
            records.push(',');
        }
        records.push_str(&json);
        drop(records);
        if was_empty {
            self.wake_soon();
        }
    }

    /// Settles the promise `id` of `lib/`.
    pub fn settle(&self, id: f64, result: Result<Option<Value>, Error>) {
        let (value, error) = match &result {
            Ok(value) => (value.as_ref(), None),
            Err(error) => (None, Some(Failure::from(error))),
        };
        self.push(&Record::Settled { id, value, error });
    }

    /// On a thread of the engine, once everything that can go on there has gone on: one wake of JavaScript then
    /// takes more records. With 256 injections in flight that is a fifth more of them in the same time.
    fn wake_soon(&self) {
        match (Handle::try_current(), self.this.upgrade()) {
            (Ok(runtime), Some(this)) => {
                runtime.spawn(async move {
                    yield_now().await;
                    this.wake_now();
                });
            }
            _ => self.wake_now(),
        }
    }

    fn wake_now(&self) {
        // It fails when the environment is closing: there is nothing left to wake then.
        let _ = self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn records(&self) -> MutexGuard<'_, String> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way back to one JavaScript realm, and what its objects share.
#[napi]
pub struct NativeLane {
    outbox: Arc<Outbox>,
    transports: Transports,
}

#[napi]
impl NativeLane {
    /// `wake` is called when there is something to [`drain`](Self::drain).
    #[napi(constructor, catch_unwind)]
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        panics::silence();
        let wake = wake
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .weak::<true>()
            .build()?;
        Ok(Self {
            outbox: Arc::new_cyclic(|this| Outbox {
                records: Mutex::default(),
                wake,
                this: this.clone(),
            }),
            transports: Transports::new(),
        })
    }

    /// Takes all records, as the text of a JSON array.
    #[napi(catch_unwind)]
    pub fn drain(&self) -> String {
        let records = std::mem::take(&mut *self.outbox.records());
        format!("[{records}]")
    }
}

impl NativeLane {
    pub fn outbox(&self) -> Arc<Outbox> {
        Arc::clone(&self.outbox)
    }

    pub fn transports(&self) -> &Transports {
        &self.transports
    }
}
