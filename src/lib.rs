//! The binding: the only place where napi is named.
//!
//! Rules of the boundary:
//! * plain data crosses (strings, numbers, booleans, buffers), objects are made in `lib/`, in the caller's realm;
//! * nothing here decides anything: input is handed to the engine, outcomes are handed to the lane;
//! * every synchronous export has `catch_unwind`, since a panic that crosses into Node.js aborts the process.

#![allow(
    clippy::needless_pass_by_value,
    reason = "values that come from JavaScript are owned by the function they come to"
)]

use std::sync::Once;

use napi::bindgen_prelude::create_custom_tokio_runtime;
use napi_derive::module_init;
use serde_json::Value;

use cxone_dtmf_engine::error::Error;
use lane::Outbox;
use record::{Failure, Record};

mod audit;
mod audit_check;
mod auth_client;
mod auth_options;
mod events;
mod fleet;
mod foreign_tokens;
mod http;
mod injector;
mod lane;
mod logs;
mod metrics;
mod network;
mod options;
mod params;
pub mod payload;
mod profile;
mod record;
mod simulator;

/// Worker threads of the engine. One takes tens of thousands of injections in a second. A second one would share its
/// tasks, connections and memory: measured on two cores, that took up to a third more of the processor and gave no more
/// (`docs/performance.md`). What blocks runs on threads of its own: name lookups, roots, the audit log.
const WORKER_THREADS: usize = 1;

#[module_init]
fn init() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .thread_name("cxone-dtmf")
        .enable_all()
        .build();
    if let Ok(runtime) = runtime {
        create_custom_tokio_runtime(runtime);
    }
}

/// Keeps panics from printing their payload, which may hold digits: the place is enough to find them.
/// A hook belongs to this addon alone, since it has its own copy of the standard library.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            if let Some(place) = panic.location() {
                let (file, line) = (place.file(), place.line());
                eprintln!("cxone-dtmf: internal error at {file}:{line}");
            }
        }));
    });
}

/// An error as JSON text, for the exports that answer at once.
fn failure_json(error: &Error) -> String {
    serde_json::json!({ "error": Failure::from(error) }).to_string()
}

/// Settles a promise of `lib/`.
fn settle(outbox: &Outbox, id: f64, result: Result<Option<Value>, Error>) {
    let (value, error) = match &result {
        Ok(value) => (value.as_ref(), None),
        Err(error) => (None, Some(Failure::from(error))),
    };
    outbox.push(&Record::Settled { id, value, error });
}

/// `lib/` checks a config before it makes an object of it, so that the error is of the caller's realm.
/// An object made without that check fails with this.
fn unchecked(error: Error) -> napi::Error {
    napi::Error::from_reason(error.message)
}
