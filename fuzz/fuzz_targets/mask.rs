//! The first line names the digits, the rest is a text of the platform.
#![no_main]

use std::borrow::Cow;

use cxone_dtmf_engine::redact::{Mask, PLACEHOLDER};
use cxone_dtmf_fuzz::{assert_hidden, digits, first_line};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    let (line, text) = first_line(data);
    let Some(digits) = digits(line) else {
        return Corpus::Reject;
    };
    let text = String::from_utf8_lossy(text);
    let mask = Mask::from_digits(&digits);
    let masked = mask.text(&text);
    assert_hidden(&digits, &masked);
    // What is shown is what was there, around placeholders. Stars of the text's own would be mixed up with them.
    if !text.contains('*') {
        let mut rest = &text[..];
        for shown in masked.split(PLACEHOLDER) {
            let at = rest
                .find(shown)
                .expect("nothing but the digits is replaced");
            rest = &rest[at + shown.len()..];
        }
    }
    assert_eq!(matches!(masked, Cow::Borrowed(_)), masked == text);
    assert_eq!(mask.text(&masked), masked, "masked again");
    Corpus::Keep
});
