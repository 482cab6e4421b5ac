//! The real transport against raw servers on 127.0.0.1.
//!
//! Each test plays one fault of a server, and says what the transport reports and whether the witness is set.
// A failed expectation is how a test fails, and the servers index into bytes that they just read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod http1;
mod http2;
mod once;
mod over;
mod peer;
mod proxy;
mod support;
mod tls;
