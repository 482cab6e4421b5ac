//! What is hidden in parsed JSON: in strings, keys and numbers, and digits spread over the items of a list or the fields of an
//! object.

use std::ops::Range;

use serde_json::{Map, Number, Value};

use super::decodings::plainest;
use super::digits::is_part;
use super::placeholder::PLACEHOLDER;
use super::redactor::Redactor;

/// So many levels below an item its one digit is looked for.
const MOST_LEVELS: usize = 3;

/// Stands for an item that cannot be part of a sequence: neither digit nor separator.
const OTHER: &str = "x";

impl Redactor<'_> {
    /// The value without them.
    ///
    /// A number that holds them, or that equals them as a number does without leading zeros,
    /// becomes the placeholder as a whole; items of a list that hold digits together become one
    /// placeholder, and each of the fields that do. Keys that turn out equal are merged, the last one stays.
    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Number(number) if self.is_number(&number) => placeholder(),
            Value::Array(items) => Value::Array(self.items(items)),
            Value::Object(fields) => Value::Object(self.fields(fields)),
            other => other,
        }
    }

    fn is_number(&self, number: &Number) -> bool {
        let written = [number.to_string(), plain(number)];
        let holds = |text: &String| !self.occurrences(text).is_empty();
        // A platform that reads them as a number drops leading zeros, and beyond 64 bits rounds. Bits, since two numbers are
        // meant to be one and the same and not merely near.
        let shown = number.as_f64().map(|number| number.abs().to_bits());
        written.iter().any(holds) || self.numbers().any(|wanted| Some(wanted.to_bits()) == shown)
    }

    fn items(&self, items: Vec<Value>) -> Vec<Value> {
        let items: Vec<_> = items.into_iter().map(|item| self.value(item)).collect();
        let mut redacted = Vec::with_capacity(items.len());
        let mut hidden = None;
        let together = self.together(items.iter());
        for (item, occurrence) in items.into_iter().zip(together) {
            match occurrence {
                None => redacted.push(item),
                // The next occurrence may begin inside the item that ends this one.
                Some(_) if hidden != occurrence => redacted.push(placeholder()),
                Some(_) => {}
            }
            hidden = occurrence.or(hidden);
        }
        redacted
    }

    fn fields(&self, fields: Map<String, Value>) -> Map<String, Value> {
        let fields: Vec<_> = fields
            .into_iter()
            .map(|(key, value)| (self.text(&key), self.value(value)))
            .collect();
        let together = self.together(fields.iter().map(|(_, value)| value));
        let fields = fields.into_iter().zip(together);
        fields
            .map(|((key, value), occurrence)| (key, occurrence.map_or(value, |_| placeholder())))
            .collect()
    }

    /// For each value where the occurrence begins of which it is a part.
    fn together<'v>(&self, values: impl Iterator<Item = &'v Value>) -> Vec<Option<usize>> {
        let mut joined = String::new();
        let mut ranges = Vec::new();
        for value in values {
            let start = joined.len();
            joined.push_str(part(value, MOST_LEVELS).as_deref().unwrap_or(OTHER));
            ranges.push(start..joined.len());
            joined.push(',');
        }
        let found = self.occurrences(&joined);
        let mut found = found.iter().peekable();
        let occurrence = |range: Range<usize>| {
            while found.next_if(|found| found.end <= range.start).is_some() {}
            let found = found.peek().filter(|found| found.start < range.end);
            found.map(|found| found.start)
        };
        ranges.into_iter().map(occurrence).collect()
    }
}

fn placeholder() -> Value {
    Value::String(PLACEHOLDER.to_owned())
}

/// The text of an item that consists of digits and separators only, or that holds one such value among others.
fn part(item: &Value, levels: usize) -> Option<String> {
    let text = match item {
        // Its stars are no digits.
        Value::String(text) if text == PLACEHOLDER => return None,
        Value::String(text) => plainest(text),
        Value::Number(number) => plain(number),
        Value::Array(items) => return only_part(items.iter(), levels.checked_sub(1)?),
        Value::Object(fields) => return only_part(fields.values(), levels.checked_sub(1)?),
        _ => return None,
    };
    is_part(&text).then_some(text)
}

fn only_part<'v>(values: impl Iterator<Item = &'v Value>, levels: usize) -> Option<String> {
    let mut parts = values.filter_map(|value| part(value, levels));
    parts.next().filter(|_| parts.next().is_none())
}

/// The number without exponent and without a fraction of zero: `1.234e3` is `1234`.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::DigitRedactor;
    use proptest::prelude::*;
    use serde_json::json;

    fn redacted(digits: &str, value: Value) -> Value {
        let digits = [DigitRedactor::from_digits(digits)];
        Redactor {
            digits: &digits,
            secrets: &[],
        }
        .value(value)
    }

    #[test]
    fn hides_strings_keys_and_numbers_at_any_depth() {
        let value = json!({
            "error": {"dtmf 1234": [{"sent": "1-2-3-4!"}], "number": 1234, "other": 99},
            "ok": false, "none": null,
        });
        let expected = json!({
            "error": {"dtmf *****": [{"sent": "*****!"}], "number": "*****", "other": 99},
            "ok": false, "none": null,
        });
        assert_eq!(redacted("1234", value), expected);
    }

    #[test]
    fn hides_numbers_in_any_notation() {
        let hidden = [
            "1234",
            "-1234",
            "912345",
            "1234.5",
            "12.34",
            "0.1234",
            "1.234e3",
            "1234e-7",
            "1234E+20",
            "9.12345e4",
            "91234000000000000000000000",
            "123.4",
            "5.1234e-9",
        ];
        for text in hidden {
            let number: Value = serde_json::from_str(text).unwrap();
            assert_eq!(redacted("1234", number), json!("*****"), "{text}");
        }
        for text in ["123", "1243", "1.23e3", "0", "12e34"] {
            let number: Value = serde_json::from_str(text).unwrap();
            assert_eq!(redacted("1234", number.clone()), number, "{text}");
        }
    }

    #[test]
    fn hides_the_number_that_the_digits_become() {
        let rounded: Value = serde_json::from_str("41111111111111111234").unwrap();
        for (digits, number) in [
            ("00123", json!(123)),
            ("00123", json!(123.0)),
            ("0000", json!(0)),
            ("0000", json!(-0.0)),
            ("41111111111111111234", rounded),
        ] {
            assert_eq!(redacted(digits, number), json!("*****"), "{digits}");
        }
        assert_eq!(redacted("", json!(0)), json!(0));
        assert_eq!(redacted("#12", json!(12)), json!(12));
    }

    #[test]
    fn hides_digits_spread_over_a_list() {
        for (digits, list, expected) in [
            ("1234", json!([1, 2, 3, 4]), json!(["*****"])),
            ("1234", json!(["1", "2", "3", "4"]), json!(["*****"])),
            ("1234", json!(["1", 2.0, "３", "%34"]), json!(["*****"])),
            ("1234", json!([9, 1, 2, 3, 4, 8]), json!([9, "*****", 8])),
            ("1234", json!(["91", "23", "48", 5]), json!(["*****", 5])),
            ("1234", json!(["1", "", "2", "3", "4"]), json!(["*****"])),
            (
                "1234",
                json!([["1", "2", "3", "4"], "1234"]),
                json!([["*****"], "*****"]),
            ),
            (
                "1234",
                json!([1, 2, 3, 4, 5, 1, 2, 3, 4]),
                json!(["*****", 5, "*****"]),
            ),
            ("121", json!([1, 2, 1, 2, 1]), json!(["*****"])),
            ("*#A", json!(["*", "#", "a", "b"]), json!(["*****", "b"])),
            ("12", json!([1, 2]), json!(["*****"])),
            ("5", json!([4, 5, 55]), json!([4, "*****", 55])),
            (
                "1234",
                json!([{"digit": "1", "at": null}, {"digit": 2}, [["3"]], {"digit": ["4"]}, {"digit": 5}]),
                json!(["*****", {"digit": 5}]),
            ),
            (
                "1234",
                json!({"id": "a", "d0": "1", "d1": 2, "d2": ["3"], "d3": {"is": "4"}, "d4": "5"}),
                json!({"id": "a", "d0": "*****", "d1": "*****", "d2": "*****", "d3": "*****", "d4": "5"}),
            ),
            (
                "1234",
                json!({"a": "1_2|3:4", "b": "1;2;3;4"}),
                json!({"a": "*****", "b": "*****"}),
            ),
            ("1234", json!([1, 2, null, 3, 4]), json!([1, 2, null, 3, 4])),
            (
                "1234",
                json!(["step 12", "34 more"]),
                json!(["step 12", "34 more"]),
            ),
            ("1234", json!([1, 2, 4, 3]), json!([1, 2, 4, 3])),
            ("1234", json!([]), json!([])),
        ] {
            assert_eq!(redacted(digits, list.clone()), expected, "{list}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (0_u8..10).prop_map(Value::from),
            "[0-9]|[0-9a-d ,]{0,8}|\\PC{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                proptest::collection::vec(("[0-9]{0,5}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_printed_answer_never_holds_the_digits(digits in "[0-9]{3,5}", value in any_json()) {
            let printed = redacted(&digits, value).to_string();
            prop_assert!(!printed.contains(&digits));
        }

        #[test]
        fn a_list_of_single_digits_never_holds_them(
            before in proptest::collection::vec(0_u8..10, 0..6),
            digits in proptest::collection::vec(0_u8..10, 3..16),
            after in proptest::collection::vec(0_u8..10, 0..6),
            as_text in any::<bool>(),
        ) {
            let item = |digit: &u8| if as_text { json!(digit.to_string()) } else { json!(digit) };
            let list: Vec<_> = [before, digits.clone(), after].concat().iter().map(item).collect();
            let text: String = digits.iter().map(ToString::to_string).collect();
            let shown = redacted(&text, Value::Array(list)).to_string();
            let shown: String = shown.chars().filter(|c| c.is_ascii_digit() || *c == '*').collect();
            prop_assert!(!shown.contains(&text));
        }
    }
}
