//! The simulator over real sockets: each rule and each fault once.
//!
//! The client is a bare socket, so that what it sees is what the simulator sent.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken expectation fails the test"
)]

mod accepted;
mod agent;
mod bench;
mod calls;
mod contacts;
mod journal;
mod limits;
mod masks;
mod program;
mod published;
mod scripts;
mod server;
mod tokens;
