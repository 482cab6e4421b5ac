//! The fleet mode before real Redis servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may end this way"
)]

mod proxy;
#[path = "../support/redis.rs"]
mod redis;
mod stage;
#[path = "../support/mod.rs"]
mod support;

mod on_redis;
