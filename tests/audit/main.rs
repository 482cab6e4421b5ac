//! The audit log from outside: what was acknowledged is there, and what was altered is found.

mod disk;
mod faults;
mod files;
mod kill;
mod records;
mod recovery;
mod rotation;
mod sink;
mod tampering;
