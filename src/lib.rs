//! The binding: the only crate that knows napi. It decides nothing.
//!
//! Rules of the boundary:
//! * plain data crosses (strings, numbers, booleans, buffers), objects are made in `lib/`, in the caller's realm;
//! * input is handed to the engine, outcomes are handed to the lane; defaults and limits are the engine's;
//! * every export has `catch_unwind`, since a panic that crosses into Node.js aborts the process (`exports.rs` checks it).
//!
//! | files | what |
//! |---|---|
//! | `injector`, `in_doubt`, `auth_client`, `simulator`, `audit_check`, `payload` | what JavaScript can call |
//! | `params`, `options` | what comes in: the params of an injection, option objects |
//! | `lane`, `outbox`, `record`, `outcome_fields`, `failure`, `times` | what goes out: the outbox, its records, errors, times |
//! | `audit_upkeep` | what is done to an audit log from outside |
//! | `events`, `audit_notices`, `engine_log`, `metrics` | what the engine tells, made into records and text |
//! | `foreign_tokens`, `transports` | tokens of the program's own auth client; connections that objects share |
//! | `tables` | facts that are written once, for `lib/`, the command line and the documentation |
//! | `panics`, `stderr` | what a panic prints; lines on standard error |

#![allow(
    clippy::needless_pass_by_value,
    reason = "values that come from JavaScript are owned by the function they come to"
)]
#![allow(
    unreachable_pub,
    reason = "napi exports public items only, and no crate can import an addon"
)]

use napi::bindgen_prelude::create_custom_tokio_runtime;
use napi_derive::module_init;

mod audit_check;
mod audit_notices;
mod audit_upkeep;
mod auth_client;
mod engine_log;
mod events;
#[cfg(test)]
mod exports;
mod failure;
mod foreign_secrets;
mod foreign_tokens;
mod in_doubt;
mod injector;
// Public for the same reason as `payload`.
pub mod lane;
mod metrics;
mod options;
mod outbox;
mod outcome_fields;
mod own_retries;
mod panics;
// Public for the same reason.
pub mod params;
// Public, since its functions would count as unused in tests, where napi registers nothing.
pub mod payload;
mod record;
mod simulator;
mod stderr;
// Public for the same reason.
pub mod tables;
mod thrown;
mod times;
mod token_path;
mod transports;

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
