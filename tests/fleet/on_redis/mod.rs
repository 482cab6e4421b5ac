//! Everything that needs a server.

mod faults;
mod lock;
mod lock_model;
mod servers;
mod store;
