//! Agent sessions that are followed: their ids, and whom what is pressed into them reaches.
//!
//! [`Contacts`] is the state of the contacts as events tell it, without clock and without I/O. A [`Session`] has them together
//! with what waits for them, and with the requests that must not leave once they reach somebody else. [`Sessions`] finds a
//! session by any of its ids; a process has one, in its lock registry.

mod contacts;
mod event;
mod following;
mod ids;
mod masking;
mod session;
mod table;

pub use contacts::{ContactView, Contacts, Hearing};
pub use event::{ContactState, SessionEvent, SessionFact};
pub use following::Following;
pub use masking::MaskAsked;
pub use session::{InFlightGuard, Polling, Reach, Session, SessionView, Target, Tell};
pub use table::Sessions;
