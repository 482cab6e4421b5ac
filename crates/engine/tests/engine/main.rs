//! What the engine promises, seen from outside. A module has the name of the room that it tests.
//!
//! `cargo test --test engine fleet::` runs the tests of one room. Those below `on_redis` need a Redis server.
#![allow(unreachable_pub, reason = "nothing reaches into a test program")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a panic fails the test, in helpers as in tests"
)]

mod audit;
mod fleet;
mod fuzz_targets;
mod http;
mod injector;
mod simulation;
mod support;
