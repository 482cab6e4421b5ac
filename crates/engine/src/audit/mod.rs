//! The audit log: what is about to leave is written down before the digits do, and what came of it afterwards.
//!
//! [`AuditSink`] is the seam. [`AuditLog`] behind it keeps a log in files in which nothing can be altered unseen:
//!
//! * `record` is the form of a line and `fields` its words, `seal` and `chain` bind lines together, `anchor` is what is
//!   kept elsewhere, `lost` what the log could not take;
//! * `writer` is the thread that writes, many records at once; `log` begins files and never trusts one again whose sync
//!   failed, `disk` makes them: a process writes only what it has made itself, and reads nothing;
//! * [`verify`] reads it all, whoever asks; [`upkeep`] removes what is old.
//!
//! No digit is in it, nor anything computed from one but a rough length.

mod anchor;
mod chain;
mod disk;
mod ends;
mod fields;
mod found;
mod intent;
mod log;
mod lost;
mod names;
mod notice;
mod open_file;
mod options;
mod record;
mod seal;
mod shared;
mod sink;
mod unread;
pub mod upkeep;
pub mod verify;
mod writer;

pub use anchor::Anchor;
pub use chain::{Chain, Head};
pub use disk::{Disk, LogFile, RealDisk};
pub use fields::{AUDIT_FIELDS, AuditField, Event, LINK_FIELDS};
pub use found::Found;
pub use intent::Intent;
pub use log::Log;
pub use lost::Lost;
pub use notice::{Notice, Observer};
pub use options::{Durability, OnFailure, Options, Rotation};
pub use record::{Link, Record, Stamp};
pub use seal::{Key, Seal};
pub use sink::{AuditLog, AuditSink};
pub use unread::unread;
