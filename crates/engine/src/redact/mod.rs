//! Hides the digits of an injection, and tokens and secrets, in what a server answered.
//!
//! A server may echo the request in an error, and in any encoding. Hiding too much costs a little
//! legibility, hiding too little a card number: in doubt it is hidden.

mod digits;
mod form;
mod json;
mod placeholder;
mod redactor;
mod secrets;
mod word;

pub use digits::DigitRedactor;
pub use placeholder::PLACEHOLDER;
pub use redactor::{Redactor, bounded, carries_credentials};
pub use secrets::SHORTEST_SECRET;
