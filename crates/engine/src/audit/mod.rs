//! The audit log: what is about to leave is written down before the digits do, and what came of it afterwards.
//!
//! [`AuditSink`] is the seam. [`AuditLog`] behind it keeps a log in files in which nothing can be altered unseen:
//!
//! * `record` is the form of a line and `fields` its words, `seal` and `chain` bind lines together, `anchor` is what is
//!   kept elsewhere;
//! * `writer` is the thread that writes, many records at once; `log` chooses the file, and another when that one is full
//!   or fails; `location` names files, `disk` holds them, `fail_stop` never trusts a file again whose sync failed;
//! * `orphaned_files` and `recovery` mend what a process left that ended in the middle;
//! * [`verify`] reads it all again.
//!
//! No digit is in it, nor anything computed from one but a rough length.

mod anchor;
mod chain;
mod disk;
mod fail_stop;
mod fields;
mod intent;
mod location;
mod log;
mod notice;
mod open_file;
mod options;
mod orphaned_files;
mod record;
mod recovery;
mod seal;
mod shared;
mod sink;
pub mod verify;
mod writer;

pub use anchor::Anchor;
pub use chain::{Chain, Head};
pub use disk::{Disk, LogFile, RealDisk};
pub use fail_stop::FailStop;
pub use fields::{AUDIT_FIELDS, AuditField, Event, LINK_FIELDS};
pub use intent::Intent;
pub use location::Location;
pub use log::Log;
pub use notice::{Notice, Observer};
pub use options::{Durability, OnFailure, Options, Rotation};
pub use record::{Record, Stamp};
pub use seal::{Key, Seal};
pub use sink::{AuditLog, AuditSink};
