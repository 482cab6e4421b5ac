//! What the fuzz targets share: how an input is divided, and what a leak is.
//!
//! Inputs are lines of text, so that a corpus can be read and written by hand. The tests of the engine have this file as a
//! module of their own.

pub mod answer;
pub mod secrets;

use serde_json::Value;

/// The first line and what follows it.
#[must_use]
pub fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[]),
    }
}

/// The digits that a first line names: 3 to 20, upper case, or none.
///
/// Shorter ones are masked only where they stand alone. A `*` is left out, since the placeholder has it.
#[must_use]
pub fn digits(line: &[u8]) -> Option<String> {
    let digits: String = line
        .iter()
        .map(|byte| char::from(byte.to_ascii_uppercase()))
        .filter(|digit| "0123456789#ABCD".contains(*digit))
        .collect();
    (3..=20).contains(&digits.len()).then_some(digits)
}

/// Asserts that a reader of the text does not see the digits, also when the text is undone once
/// as a URL, a form or a JSON string.
pub fn assert_hidden(digits: &str, text: &str) {
    let holds = |text: &str| text.to_ascii_uppercase().contains(digits);
    assert!(!holds(text), "as it stands: {text:?}");
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    assert!(!holds(&decoded), "percent-decoded: {text:?}");
    if let Ok(Value::String(unescaped)) = serde_json::from_str(&format!("\"{text}\"")) {
        assert!(!holds(&unescaped), "as JSON: {text:?}");
    }
}

/// As [`assert_hidden`], for every string, key and number, and for neighbours in a list.
pub fn assert_hidden_in(digits: &str, value: &Value) {
    match value {
        Value::String(text) => assert_hidden(digits, text),
        Value::Number(number) => assert_hidden(digits, &number.to_string()),
        Value::Array(items) => {
            let mut run = String::new();
            for item in items {
                match part(item) {
                    Some(part) => run.push_str(&part),
                    None => run.clear(),
                }
                assert!(
                    !run.to_ascii_uppercase().contains(digits),
                    "over several items: {items:?}"
                );
                assert_hidden_in(digits, item);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                assert_hidden(digits, key);
                assert_hidden_in(digits, value);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// An item that a reader may take for some of the digits.
fn part(item: &Value) -> Option<String> {
    let text = match item {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let pure = !text.is_empty() && text.chars().all(|c| "0123456789#ABCDabcd".contains(c));
    pure.then_some(text)
}
