//! The record: what is written down before the digits leave, and after the outcome is known.
//!
//! [`AuditSink`] is the seam. [`AuditLog`] behind it keeps a log in files in which nothing can be altered unseen:
//!
//! * [`record`] is the form of a line, [`seal`] and [`chain`] bind lines together, [`anchor`] what is kept elsewhere;
//! * [`writer`] is the thread that writes, many records at once; [`log`] chooses the file, and another when that
//!   one is full or fails; [`place`] names files, [`disk`] holds them, [`fail_stop`] never trusts one again whose
//!   sync failed; [`leftovers`] and [`recovery`] mend what a process left that ended in the middle;
//! * [`verify`] reads it all again.
//!
//! No digit is in it, nor anything computed from one but a rough length.

pub mod anchor;
pub mod chain;
pub mod disk;
pub mod fail_stop;
mod intent;
pub mod location;
pub mod log;
mod notice;
mod open_file;
mod options;
mod orphaned_files;
pub mod record;
mod recovery;
pub mod seal;
mod shared;
mod sink;
pub mod verify;
mod writer;

pub use intent::Intent;
pub use location::Location;
pub use notice::{Notice, Observer};
pub use options::{Durability, OnFailure, Options, Rotation};
pub use seal::Key;
pub use sink::{AuditLog, AuditSink};
