//! The bodies of the fuzz targets over seeds and random bytes.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

#[path = "../../../../fuzz/src/lib.rs"]
mod targets;

use targets::{answer, secrets};

/// A secret, encodings by number, and a text that is full of their marks.
fn secret_in_text() -> impl Strategy<Value = Vec<u8>> {
    let secret = "[!-~]{8,20}|[ -~é]{8,16}|[a-c%&;\\\\u0-9+/]{8,12}";
    let text = "[a-f0-9%&#;x\\\\u+/={}\"\\n]{0,40}|\\PC{0,20}";
    (secret, "[a-g]{0,4}", text)
        .prop_map(|(secret, encodings, text)| format!("{secret}\n{encodings}\n{text}").into_bytes())
}

/// Digits, a secret, how they are written, and an answer with both in odd places.
fn odd_answer() -> impl Strategy<Value = Vec<u8>> {
    let confidence = ("[0-9]{3,8}", "[!-)+-~]{8,16}", "[0-6gz\\x01-\\x10]{0,5}");
    let status = "HTTP/1\\.[01] [1-9][0-9]{2} [ -~]{0,8}\r?\n|HTTP/1.1 103 Hints\r\n\r\nHTTP/1\\.1 202 A\r\n|\\PC{0,16}";
    let fields = "((content-encoding: (gzip|deflate|br)|retry-after: ?[0-9]{1,5}|x-a: \\{[DS]\\}|[ -~\\x00]{0,12})\r?\n){0,4}";
    let body = "(\\{[DS]\\}|[\\[\\]{},:\"0-9%\\\\u]|\"a\":){0,12}";
    (confidence, status, fields, body).prop_map(|((digits, secret, ways), status, fields, body)| {
        format!("{digits}\n{secret}\n{ways}\n{status}{fields}\r\n{body}").into_bytes()
    })
}

proptest! {
    #[test]
    fn nothing_told_in_confidence_comes_back(data in secret_in_text()) {
        secrets::check(&data);
    }

    #[test]
    fn odd_answers_are_believed_and_show_nothing(data in odd_answer()) {
        answer::check(&data);
    }

    #[test]
    fn any_bytes_are_survived(data: Vec<u8>) {
        secrets::check(&data);
        answer::check(&[b"4711\nsecret-77\n\n", &data[..]].concat());
    }
}

#[test]
fn the_seeds_of_answers_keep_the_law() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/answer");
    let mut whole = 0;
    for seed in fs::read_dir(seeds).unwrap() {
        let path = seed.unwrap().path();
        let checked = answer::check(&fs::read(&path).unwrap());
        whole += usize::from(checked.expect("a seed is an input"));
    }
    assert!(whole >= 10, "the parser of the client reads most of them");
}
