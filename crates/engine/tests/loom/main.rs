//! Walks the interleavings of the parts that several threads share: the channel lock, the token's
//! single flight, the witness of a send, and what is told of a session while it leaves. `npm run test:loom`.
//!
//! Only `--cfg cxone_loom` compiles this; loom's own `--cfg loom` would take the sockets out of tokio.
//! Each law is also tried on a variant that breaks it, so that a model that sees nothing is noticed.
//! What the walk does not cover is in docs/verification.md.
#![cfg(cxone_loom)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a model is a test from top to bottom, not only in the functions marked so"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};

mod lock;
mod session;
mod slot;
mod token;
mod witness;

/// Threads are preempted at most this often in one walk, unless `LOOM_MAX_PREEMPTIONS` says otherwise.
const PREEMPTIONS: usize = 3;

/// Runs the model in every order of its threads' steps.
fn walk(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(PREEMPTIONS);
    builder.check(model);
}

/// Asserts that some order breaks the model, and that it breaks for the reason given.
fn breaks(reason: &str, model: impl Fn() + Send + Sync + 'static) {
    let panic = catch_unwind(AssertUnwindSafe(|| walk(model)))
        .expect_err("no order of steps broke a model that is broken on purpose");
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or_default();
    assert!(
        message.contains(reason),
        "it broke for another reason: {message}"
    );
}
