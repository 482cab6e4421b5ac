//! Everything that needs a server.

mod lock;
mod lock_model;
mod servers;
