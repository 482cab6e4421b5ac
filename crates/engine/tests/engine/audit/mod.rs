//! The audit log from outside: what was acknowledged is there, and what was altered is found.

#![allow(
    clippy::unnecessary_wraps,
    clippy::needless_range_loop,
    clippy::naive_bytecount,
    clippy::needless_pass_by_value,
    clippy::similar_names,
    reason = "a broken expectation fails the test, and a test may say plainly what it means"
)]

mod clock;
mod disk;
mod doubts;
mod faults;
mod files;
mod kill;
mod records;
mod rotation;
mod sink;
mod tampering;
mod upkeep;
