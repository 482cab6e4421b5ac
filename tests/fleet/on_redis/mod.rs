//! Everything that needs a server.

mod servers;
