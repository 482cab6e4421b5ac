//! The API that NICE publishes: `POST …/agent-sessions/{sessionId}/send-dtmf`.
//!
//! Source: the developer portal (operation `SendDtmfTone`), and the agent SDK of NICE.
//! An answer of 202 says that the platform accepted the digits; the tones play after it. Nothing is promised of
//! a 500 or a 503, so both leave the outcome unknown unless the user says otherwise.

mod commands;
mod events;
mod profile;
mod requests;
mod rules;
mod settings;
mod version;

pub use super::params::agent_session::{PARAMS, Params};
pub use commands::{EndOptions, JoinOptions, SessionCommand, StartOptions};
pub use profile::AgentSession;
pub use rules::{
    DEFAULT_INTER_DIGIT_PAUSE, DEFAULT_TONE_DURATION, MAX_SEQUENCE_LENGTH, MAX_TONE_DURATION,
    MIN_TONE_DURATION,
};
pub use settings::{Encoding, Settings};
pub use version::Version;

#[cfg(test)]
mod tests;
