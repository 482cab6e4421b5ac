//! What holds whatever the wire format, on the paused clock. `tests/telephony_v2.rs` and `tests/agent_session.rs`
//! play it, each with its own `API`.
//!
//! [`injector`] is the way of one injection, [`endings`] is what ends at the same moment as something else,
//! [`rate_limit`] is the limit on our side.

mod endings;
mod injector;
mod rate_limit;
