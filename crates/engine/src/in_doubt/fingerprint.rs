//! What is kept of digits to recognise them by.

use std::fmt;

use ring::hmac::{Context, HMAC_SHA256, Key};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use super::recipient::Recipient;
use crate::payload::Sequence;

/// A keyed hash of digits, wiped when it is dropped. Whoever has one but not the key of the process cannot try out digits;
/// the call is part of it, so that the same PIN in two calls does not show.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Fingerprint(Zeroizing<[u8; 16]>);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digits]")
    }
}

/// Makes fingerprints, under a random key that never leaves the process.
pub(super) struct Fingerprints(Option<Key>);

impl Default for Fingerprints {
    fn default() -> Self {
        Self(Key::generate(HMAC_SHA256, &SystemRandom::new()).ok())
    }
}

impl Fingerprints {
    /// The fingerprint of digits in a call. Pauses between them are no part of it. Where the system has no random numbers
    /// all digits have the same: in doubt they are the same digits.
    pub(super) fn of(&self, recipient: &Recipient, digits: &Sequence) -> Fingerprint {
        let mut kept = Zeroizing::new([0; 16]);
        if let Some(key) = &self.0 {
            let mut hash = Context::with_key(key);
            for part in [&*recipient.scope, &*recipient.call, digits.expose()] {
                hash.update(part.as_bytes());
                // No part can hold it.
                hash.update(&[0]);
            }
            let hash = hash.sign();
            let bytes = kept.iter_mut().zip(hash.as_ref());
            bytes.for_each(|(kept, byte)| *kept = *byte);
        }
        Fingerprint(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Alphabet;

    fn digits(text: &str) -> Sequence {
        Sequence::parse(text, Alphabet::Full, 20).unwrap()
    }

    fn recipient(call: &str) -> Recipient {
        Recipient {
            scope: "platform".into(),
            call: call.into(),
            contact: None,
        }
    }

    #[test]
    fn same_digits_of_one_call_have_the_same_whatever_their_case() {
        let process = Fingerprints::default();
        let of = |call, text| process.of(&recipient(call), &digits(text));
        assert_eq!(of("c", "12A"), of("c", "12a"));
        assert_ne!(of("c", "12A"), of("c", "12B"));
        assert_ne!(of("c", "12A"), of("d", "12A"));
        let another = Fingerprints::default();
        assert_ne!(of("c", "12A"), another.of(&recipient("c"), &digits("12A")));
    }

    #[test]
    fn without_random_numbers_all_digits_are_the_same() {
        let none = Fingerprints(None);
        let of = |text| none.of(&recipient("c"), &digits(text));
        assert_eq!(of("1"), of("2"));
    }

    #[test]
    fn it_does_not_show() {
        let print = Fingerprints::default().of(&recipient("c"), &digits("1"));
        assert_eq!(format!("{print:?}"), "[digits]");
    }
}
