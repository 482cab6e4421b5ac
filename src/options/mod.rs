//! Option objects of JavaScript, read into the engine's types: one file a subject. Same names, same order as `index.d.ts`.
//!
//! Defaults and limits are the engine's; what is read here is types and names.

mod audit;
mod auth;
mod fleet;
mod injection;
mod injector;
mod network;
mod profile;
mod resend;

pub use auth::AuthConfig;
pub use injection::{injection, time_out};
pub use injector::{ApiUrl, InjectorConfig};
