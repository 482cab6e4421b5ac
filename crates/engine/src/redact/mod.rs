//! Hides what was told in confidence in what a server answered: the digits of an injection, tokens and secrets.
//!
//! A server may echo the request in an error, and in any encoding. Hiding too much costs a little
//! legibility, hiding too little a card number: in doubt it is hidden.
//!
//! The law: nothing of it can be had from what is shown, by whatever sequence of the [`decodings`]. What stands there as it is
//! is replaced where it stands. A text (a string, a key, the value of a header) in which it comes about by decoding is replaced
//! as a whole, since what stands where in it is a matter of the decoding.

mod decodings;
mod digits;
mod json;
mod placeholder;
mod redactor;
mod secrets;
mod word;

pub use digits::DigitRedactor;
pub use placeholder::PLACEHOLDER;
pub use redactor::{Redactor, bounded, carries_credentials};
pub use secrets::SHORTEST_SECRET;
