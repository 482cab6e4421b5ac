//! The one way from the bytes of an answer to JSON.
//!
//! What `JSON.parse` of JavaScript reads is read here, so that an answer means the same on both sides of the binding. A byte
//! order mark in front is passed over (RFC 8259 §8.1), as `fetch` does.

use std::fmt::Write as _;

use serde::Deserialize as _;
use serde::de::IgnoredAny;
use serde_json::Value;

/// How deep lists and objects may lie in one another. Every reader of a value goes down by recursion, so this is bounded by
/// the stack of a thread, 2 MB, and far above what an answer needs. Deeper ones are text.
pub const MOST_DEPTH: usize = 512;

/// The text of an answer: UTF-8 without its byte order mark. `None` where it is something else.
#[must_use]
pub fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

/// The JSON in the bytes of an answer. `None` where there is none.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Value> {
    read(text(bytes)?)
}

/// The JSON in a text. Half of a surrogate pair becomes U+FFFD, and a number beyond `f64` the greatest one: JSON knows both, and
/// the types of Rust neither.
#[must_use]
pub fn read(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    // Only these begin what can be mended, and most other texts are pages and sentences.
    let start = text.trim_start_matches([' ', '\t', '\r', '\n']);
    if !start.starts_with(|first: char| first.is_ascii_digit() || "{[\"-".contains(first)) {
        return None;
    }
    let mended = mended(text)?;
    let mut reader = serde_json::Deserializer::from_str(&mended);
    // The depth was counted.
    reader.disable_recursion_limit();
    let value = Value::deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(value)
}

/// The document with such halves and numbers replaced. `None` where it is too deep. All else that is wrong stays wrong.
fn mended(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '"' => string(rest, &mut mended),
            '-' | '0'..='9' => number(rest, &mut mended),
            _ => {
                match first {
                    '[' | '{' => depth += 1,
                    ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if depth > MOST_DEPTH {
                    return None;
                }
                mended.push(first);
                rest.get(first.len_utf8()..)?
            }
        };
    }
    Some(mended)
}

/// Copies a string, and gives what follows it.
fn string<'a>(text: &'a str, copy: &mut String) -> &'a str {
    let mut rest = text.strip_prefix('"').unwrap_or(text);
    copy.push('"');
    while let Some(first) = rest.chars().next() {
        let length = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                copy.push('\u{FFFD}');
                rest = rest.get(6..).unwrap_or_default();
                continue;
            }
            // A mark behind it ends nothing.
            _ if first == '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            _ => first.len_utf8(),
        };
        let (whole, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        copy.push_str(whole);
        rest = after;
        if whole == "\"" {
            break;
        }
    }
    rest
}

/// The UTF-16 unit that an escape at the beginning of the text stands for.
pub(crate) fn unit(text: &str) -> Option<u32> {
    let numerals = text.strip_prefix("\\u")?.get(..4)?;
    let are_hexadecimal = numerals.bytes().all(|byte| byte.is_ascii_hexdigit());
    are_hexadecimal.then(|| u32::from_str_radix(numerals, 16).ok())?
}

/// Copies a number, and gives what follows it.
fn number<'a>(text: &'a str, copy: &mut String) -> &'a str {
    let is_of_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let end = text.find(|c| !is_of_number(c)).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let is_lawful = || serde_json::from_str::<IgnoredAny>(number).is_ok();
    match number.parse::<f64>() {
        Ok(value) if value.is_infinite() && is_lawful() => {
            // Writing to a string does not fail.
            let _ = write!(copy, "{:e}", f64::MAX.copysign(value));
        }
        _ => copy.push_str(number),
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::Secret;
    use crate::redact::Redactor;

    #[test]
    fn what_javascript_reads_is_read() {
        for (text, value) in [
            (r#""\ud83d\ude00""#, json!("😀")),
            (r#""\ud83d""#, json!("\u{FFFD}")),
            (r#""\ude00\ud83d""#, json!("\u{FFFD}\u{FFFD}")),
            (r#""\ud83d\ud83d\ude00""#, json!("\u{FFFD}😀")),
            (r#""\ud83dn\\ud83d""#, json!("\u{FFFD}n\\ud83d")),
            (
                r#"{"\udc00":"\"\ud800\"","b":1}"#,
                json!({"\u{FFFD}": "\"\u{FFFD}\"", "b": 1}),
            ),
            ("[1e999,-1e999]", json!([f64::MAX, -f64::MAX])),
            (
                r#"{"a":1E400,"b":"1e400"}"#,
                json!({"a": f64::MAX, "b": "1e400"}),
            ),
            ("-0", json!(-0.0)),
            ("1e-999", json!(0.0)),
            (r#"{"a":1,"a":2}"#, json!({"a": 2})),
            ("\t\r\n [] ", json!([])),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
    }

    #[test]
    fn what_javascript_does_not_read_is_not() {
        for text in [
            "",
            "\u{FEFF}{}",
            "{a:1}",
            "[1,]",
            "01e999",
            "1.e999",
            "+1e999",
            "1e999x",
            "\"\\ud8\"",
            "\"\\x31\"",
            "\"\n\"",
            "'a'",
            "NaN",
            "Infinity",
            "[1e999",
            "\u{A0}1",
            "1e999 2",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_mark_in_front_is_passed_over_once() {
        assert_eq!(parse("\u{FEFF}{\"a\":1}".as_bytes()), Some(json!({"a": 1})));
        assert_eq!(parse("\u{FEFF}\u{FEFF}1".as_bytes()), None);
        assert_eq!(parse(b"\"\xFF\""), None);
        assert_eq!(text("\u{FEFF}x".as_bytes()), Some("x"));
        assert_eq!(text(b"\xFF"), None);
    }

    #[test]
    fn depth_is_bounded_far_above_what_answers_need() {
        let nested = |depth: usize| {
            format!(
                "{}7{}",
                r#"{"a":["#.repeat(depth / 2),
                "]}".repeat(depth / 2)
            )
        };
        for (depth, is_read) in [
            (128, true),
            (MOST_DEPTH, true),
            (MOST_DEPTH + 2, false),
            (20_000, false),
        ] {
            let value = read(&nested(depth));
            assert_eq!(value.is_some(), is_read, "{depth}");
            if let Some(value) = value {
                assert_eq!(value.to_string(), nested(depth));
                // The deepest reader of them all.
                let secrets = [Secret::new("canary-77".to_owned())];
                let redactor = Redactor {
                    digits: &[],
                    secrets: &secrets,
                };
                assert_eq!(redactor.value(value.clone()), value);
            }
        }
        // Brackets in strings are none.
        let flat = json!(["[".repeat(600), 1]);
        assert_eq!(read(&flat.to_string()), Some(flat));
    }

    proptest! {
        #[test]
        fn nothing_else_is_changed(text in "[\\[\\]{}\",:0-9eE+.\\\\ud8cf\\-]{0,40}|\\PC{0,20}") {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(mended(&text).and_then(|text| serde_json::from_str(&text).ok()), Some(value));
            }
            // Read or not, it ends.
            let _ = read(&text);
        }
    }
}
