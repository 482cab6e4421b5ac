//! An injection from its submission to its outcome.
//!
//! [`pipeline`] is what holds whatever the wire format, [`session`] what agent sessions add; [`delivery`] is what is
//! known of the digits, [`never_twice`] that they are not sent again, and [`discovery`] the order while the API is not known.

mod delivery;
mod discovery;
mod never_twice;
mod pipeline;
mod session;
