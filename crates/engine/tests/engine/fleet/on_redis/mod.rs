//! Everything that needs a server.

mod faults;
mod lock;
mod lock_model;
mod memory;
mod rate;
mod servers;
mod sessions;
mod store;
mod token;
mod twice;
mod versions;
