//! What is not known of calls: digits whose outcome is unknown, and what takes no more digits until it is known.
//!
//! [`InDoubt`] is the memory of the process, [`Recipient`] whom digits are meant for, `Fingerprint` what is kept of them,
//! `Table` a bounded table whose entries end; `wiper` wipes digits when their time is over.

mod fingerprint;
mod memory;
mod recipient;
mod table;
mod wiper;

pub use memory::{Block, Doubt, InDoubt, Unknown};
pub use recipient::Recipient;
