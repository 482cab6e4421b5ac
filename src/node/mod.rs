//! The binding: the only place where napi is named.
//!
//! Rules of the boundary:
//! * plain data crosses (strings, numbers, booleans, buffers), objects are made in `lib/`, in the caller's realm;
//! * nothing here decides anything: input is handed to the engine, outcomes are handed to the lane;
//! * every synchronous export has `catch_unwind`, since a panic that crosses into Node.js aborts the process.

use napi::bindgen_prelude::create_custom_tokio_runtime;
use napi_derive::module_init;

pub mod simulator;

/// Worker threads of the engine. The work is waiting on sockets: one thread per core of the host
/// would only cost memory, and a single one would let a TLS handshake delay every other call.
const WORKER_THREADS: usize = 2;

#[module_init]
fn init() {
    // The payload of a panic may hold digits: print the place only.
    std::panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            eprintln!(
                "cxone-dtmf: internal error at {}:{}",
                place.file(),
                place.line()
            );
        }
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .thread_name("cxone-dtmf")
        .enable_all()
        .build();
    if let Ok(runtime) = runtime {
        create_custom_tokio_runtime(runtime);
    }
}
