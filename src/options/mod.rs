//! Option objects of JavaScript, read into the engine's types.
//!
//! An option is an entry of a table ([`cxone_dtmf_options::options!`]), which stands beside what it fills: in the engine, or
//! here where only the binding knows what to make of it.

mod auth;
mod calls;
mod injector;
mod profile;
mod sessions;
mod shown;
#[cfg(test)]
mod tests;

pub use auth::AuthConfig;
pub use calls::{DEFAULT_MAX_RETRIES, close_time_out, injection, injection_names, lock_time_out};
pub use injector::{ApiUrl, InjectorConfig};
pub use profile::profile_of;
pub use sessions::session_command;
pub use shown::{Section, shown};

use cxone_dtmf_options::OptionSpec;
use cxone_dtmf_simulator::SimulatorOptions;

/// The tables by the objects that their options are in.
pub fn tables() -> [(&'static str, Vec<OptionSpec>); 10] {
    [
        ("injector", injector::table()),
        ("auth", auth::table()),
        ("injection", calls::injection_table()),
        ("injectWithRetry", calls::inject_with_retry_table()),
        ("lock", calls::lock_table()),
        ("close", calls::close_table()),
        ("startSession", sessions::start_table()),
        ("joinSession", sessions::join_table()),
        ("endSession", sessions::end_table()),
        ("simulator", SimulatorOptions::options()),
    ]
}
