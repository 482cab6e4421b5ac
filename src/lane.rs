//! The lane: the one ordered way back to JavaScript.
//!
//! napi-rs makes a threadsafe function and two tasks for every promise, and two threadsafe functions have
//! no order among themselves. So everything of one JavaScript realm goes through one outbox, in batches: each wakes
//! JavaScript, which takes it. What was pushed first is seen first: an event before the promise of its injection.

use std::sync::Arc;

use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use serde_json::Value;

use super::outbox::Outbox;
use super::panics;
use super::record;
use super::transports::Transports;

/// Wakes JavaScript. In the order of the parameters: nothing is passed, nothing comes back, nothing is
/// the argument, errors are a `Status`, `CalleeHandled = false` (no error argument), `Weak = true`
/// (an idle lane does not keep the process alive).
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// The way back to one JavaScript realm, and what its objects share.
#[napi]
pub struct NativeLane {
    outbox: Arc<Outbox>,
    transports: Transports,
}

#[napi]
impl NativeLane {
    /// `wake` is called when there is a [`batch`](Self::batch).
    #[napi(constructor, catch_unwind)]
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        panics::silence();
        let wake: Wake = wake
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .weak::<true>()
            .build()?;
        let wake = move || {
            // It fails when the environment is closing: there is nothing left to wake then.
            let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        };
        Ok(Self {
            outbox: Arc::new_cyclic(|this| Outbox::new(this.clone(), wake)),
            transports: Transports::new(),
        })
    }

    /// The oldest records, as the text of a JSON array. They stay until [`crossed`](Self::crossed) is called.
    #[napi(catch_unwind)]
    pub fn batch(&self) -> Option<String> {
        self.outbox.batch()
    }

    /// The oldest record alone, for when a batch cannot be taken. `short` leaves the answer of the platform out.
    #[napi(catch_unwind)]
    pub fn oldest(&self, short: bool) -> Option<String> {
        self.outbox.oldest(short)
    }

    /// JavaScript has taken so many records. If there are more, it is woken again.
    #[napi(catch_unwind)]
    pub fn crossed(&self, count: u32) {
        self.outbox
            .crossed(usize::try_from(count).unwrap_or(usize::MAX));
    }
}

impl NativeLane {
    pub(crate) fn outbox(&self) -> Arc<Outbox> {
        Arc::clone(&self.outbox)
    }

    pub(crate) fn transports(&self) -> &Transports {
        &self.transports
    }
}

/// The names of the fields of each kind of record, as the text of a JSON object.
#[napi(catch_unwind)]
#[must_use]
pub fn lane_records() -> String {
    Value::Object(record::names()).to_string()
}
