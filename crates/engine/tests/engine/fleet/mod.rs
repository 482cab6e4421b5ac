//! The fleet mode before real Redis servers.

mod proxy;
mod redis;
mod stage;

mod on_redis;
