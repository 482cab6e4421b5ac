//! Values of JavaScript in one text. Each value that crosses from JavaScript costs as much as the rest of the call
//! (`docs/performance.md`), and taking the text apart can wait until the injection is validated.
//!
//! A text has its length before it, in UTF-16 units as JavaScript counts them: `7:call-17`. So it may hold anything. A
//! number is marked by `#`, as in `#3:150`, a flag by `?`; `-` stands for a value that is missing, `!` for one of another
//! type. `lib/packed.js` writes it.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use crate::payload::Value;

/// What is left of the values.
pub struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// The values of a text.
    #[must_use]
    pub const fn of(text: &'a str) -> Self {
        Self(text)
    }

    /// The next value. What no packer writes is missing.
    #[expect(
        clippy::should_implement_trait,
        reason = "it has no end: behind the last one all are missing"
    )]
    pub fn next(&mut self) -> Value<'a> {
        let (mark, rest) = match self.0.split_at_checked(1) {
            Some((mark @ ("-" | "!" | "#" | "?"), rest)) => (mark, rest),
            _ => ("", self.0),
        };
        self.0 = rest;
        match mark {
            "-" => Value::Missing,
            "!" => Value::Other,
            _ => self.word().map_or(Value::Missing, |word| match mark {
                // As JavaScript writes numbers, which Rust reads alike.
                "#" => word.parse().map_or(Value::Missing, Value::Number),
                "?" => Value::Flag(word == "true"),
                _ => Value::Text(word),
            }),
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        let (length, rest) = self.0.split_once(':')?;
        let (word, rest) = split_utf16(rest, length.parse().ok()?)?;
        self.0 = rest;
        Some(word)
    }
}

/// Splits after so many UTF-16 units.
fn split_utf16(text: &str, units: usize) -> Option<(&str, &str)> {
    let mut rest = text.chars();
    let mut left = units;
    while left > 0 {
        left = left.checked_sub(rest.next()?.len_utf16())?;
    }
    text.split_at_checked(text.len() - rest.as_str().len())
}

/// The same text as `lib/packed.js` makes of these values.
pub(super) fn pack(values: &[Value<'_>]) -> Zeroizing<String> {
    let room = values
        .iter()
        .map(|value| value.text().map_or(32, str::len) + 8);
    let mut packed = Zeroizing::new(String::with_capacity(room.sum()));
    for value in values {
        // Writing to a text does not fail.
        let _ = match *value {
            Value::Missing => packed.write_char('-'),
            Value::Other => packed.write_char('!'),
            Value::Text(text) => write!(packed, "{}:{text}", text.encode_utf16().count()),
            Value::Number(number) => {
                let number = number.to_string();
                write!(packed, "#{}:{number}", number.len())
            }
            Value::Flag(flag) => write!(packed, "?{}:{flag}", flag.to_string().len()),
        };
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_apart_in_its_order() {
        let values = [
            Value::Text("p"),
            Value::Missing,
            Value::Text(""),
            // The length counts UTF-16 units: the face has two.
            Value::Text("1:-😀\0é-#3:"),
            Value::Number(150.5),
            Value::Number(f64::NEG_INFINITY),
            Value::Flag(true),
            Value::Flag(false),
            Value::Other,
            Value::Text("1234#"),
        ];
        let packed = pack(&values);
        let mut words = Words::of(&packed);
        for value in values {
            let same = match (words.next(), value) {
                (Value::Text(read), Value::Text(given)) => read == given,
                (Value::Number(read), Value::Number(given)) => read.to_bits() == given.to_bits(),
                (Value::Flag(read), Value::Flag(given)) => read == given,
                (Value::Missing, Value::Missing) | (Value::Other, Value::Other) => true,
                _ => false,
            };
            assert!(same, "{}", packed.as_str());
        }
        assert!(matches!(words.next(), Value::Missing));
    }

    #[test]
    fn numbers_are_those_of_javascript() {
        for (text, number) in [
            ("#1:0", 0.0),
            ("#5:1e+21", 1e21),
            ("#9:-Infinity", f64::NEG_INFINITY),
        ] {
            let Value::Number(read) = Words::of(text).next() else {
                panic!("{text}");
            };
            assert_eq!(read.to_bits(), number.to_bits(), "{text}");
        }
        let nan = Words::of("#3:NaN").next();
        assert!(matches!(nan, Value::Number(number) if number.is_nan()));
    }

    #[test]
    fn what_no_packer_makes_is_missing() {
        for odd in ["", "7", "x:", "9:short", "1:😀", "#1:x", "?"] {
            assert!(matches!(Words::of(odd).next(), Value::Missing), "{odd}");
        }
    }
}
