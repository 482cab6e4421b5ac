//! The law of redaction over random bytes, by the body of the fuzz target `secrets`.

use proptest::prelude::*;

#[path = "../../../../fuzz/src/secrets.rs"]
mod secrets;

/// A secret, encodings by number, and a text that is full of their marks.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let secret = "[!-~]{8,20}|[ -~é]{8,16}|[a-c%&;\\\\u0-9+/]{8,12}";
    let text = "[a-f0-9%&#;x\\\\u+/={}\"\\n]{0,40}|\\PC{0,20}";
    (secret, "[a-g]{0,4}", text)
        .prop_map(|(secret, encodings, text)| format!("{secret}\n{encodings}\n{text}").into_bytes())
}

proptest! {
    #[test]
    fn nothing_told_in_confidence_comes_back(data in input()) {
        secrets::check(&data);
    }

    #[test]
    fn any_bytes_are_survived(data: Vec<u8>) {
        secrets::check(&data);
    }
}
