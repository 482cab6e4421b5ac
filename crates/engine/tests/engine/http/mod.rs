//! The real transport against raw servers on 127.0.0.1.
//!
//! Each test plays one fault of a server, and says what the transport reports and whether the witness is set.

mod alerts;
mod client;
mod http1;
mod http2;
mod kept;
mod once;
mod over;
mod proxy;
mod tls;
