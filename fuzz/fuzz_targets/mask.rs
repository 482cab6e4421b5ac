//! The first line names the digits, the rest is a text of the platform.
#![no_main]

use cxone_dtmf_engine::redact::{DigitRedactor, PLACEHOLDER, Redactor};
use cxone_dtmf_fuzz::{assert_hidden, digits, first_line};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    let (line, text) = first_line(data);
    let Some(digits) = digits(line) else {
        return Corpus::Reject;
    };
    let text = String::from_utf8_lossy(text);
    let digits_redactor = [DigitRedactor::from_digits(&digits)];
    let redactor = Redactor {
        digits: &digits_redactor,
        secrets: &[],
    };
    let redacted = redactor.text(&text);
    assert_hidden(&digits, &redacted);
    // What is shown is the placeholder, or what was there around placeholders. Stars of the text's own would be mixed up with
    // them.
    if redacted != PLACEHOLDER && !text.contains('*') {
        let mut rest = &text[..];
        for shown in redacted.split(PLACEHOLDER) {
            let at = rest
                .find(shown)
                .expect("nothing but the digits is replaced");
            rest = &rest[at + shown.len()..];
        }
    }
    let again = redactor.text(&redacted);
    // As in the target `secrets`.
    assert!(again == redacted || again == PLACEHOLDER, "redacted again");
    Corpus::Keep
});
