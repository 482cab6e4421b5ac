//! The params of an injection as they cross.

use napi::bindgen_prelude::{Either, Uint8Array};
use zeroize::Zeroizing;

/// Digits as text, or as bytes that `lib/` wipes when they have been copied.
pub type Digits = Either<String, Uint8Array>;

/// Copies digits into memory that is wiped. A byte that is no ASCII breaks the rule of digits at its place.
pub fn copied(digits: Digits) -> Zeroizing<String> {
    match digits {
        Either::A(text) => Zeroizing::new(text),
        Either::B(bytes) => {
            let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
            let characters = bytes.iter().map(|byte| char::from(*byte));
            text.extend(characters.map(|found| if found.is_ascii() { found } else { '?' }));
            text
        }
    }
}
