//! An injection from its submission to its outcome.
//!
//! [`pipeline`] is what holds whatever the wire format, [`session`] what agent sessions add; [`delivery`] is what is
//! known of the digits, and [`never_twice`] that they are not sent again.

mod delivery;
mod never_twice;
mod pipeline;
mod session;
