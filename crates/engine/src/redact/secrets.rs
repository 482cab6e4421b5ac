//! Hides tokens and secrets in what a server says: it can echo the request anywhere.

use serde_json::Value;

use super::placeholder::PLACEHOLDER;
use super::word::{Before, begins_in_word};
use crate::Secret;

/// What has fewer characters is made up for a test, as `tok`, or no secret: it is hidden only where it stands alone.
pub const SHORTEST_SECRET: usize = 8;

/// Replaces the secret as it is; a text that holds it percent- or form-encoded, once or on top of itself, is replaced
/// as a whole.
fn without(text: &str, secret: &Secret) -> String {
    let secret = secret.expose();
    if secret.is_empty() {
        return text.to_owned();
    }
    let text = replaced(text, secret);
    if hides(&text, secret, b'+') || hides(&text, secret, b' ') {
        return PLACEHOLDER.to_owned();
    }
    text
}

fn replaced(text: &str, secret: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = split_at_secret(rest, secret) {
        replaced.push_str(before);
        replaced.push_str(PLACEHOLDER);
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// What stands before and behind the first occurrence that is to be hidden.
fn split_at_secret<'a>(text: &'a str, secret: &str) -> Option<(&'a str, &'a str)> {
    if secret.chars().nth(SHORTEST_SECRET - 1).is_some() {
        return text.split_once(secret);
    }
    let mut before = Before::default();
    for (start, character) in text.char_indices() {
        let (passed, rest) = text.split_at_checked(start)?;
        if before.ends_word(start)
            && let Some(after) = rest.strip_prefix(secret)
            && !begins_in_word(after)
        {
            return Some((passed, after));
        }
        before.pass(start, character, rest);
    }
    None
}

/// How often a text may be encoded on top of itself: a form within a header within a log line.
const MOST_ENCODINGS: usize = 3;

fn hides(text: &str, secret: &str, plus: u8) -> bool {
    let mut text = text.to_owned();
    for _ in 0..MOST_ENCODINGS {
        let once = String::from_utf8_lossy(&percent_decoded(&text, plus)).into_owned();
        if split_at_secret(&once, secret).is_some() {
            return true;
        }
        if once == text {
            return false;
        }
        text = once;
    }
    false
}

/// Undoes percent-encoding, and replaces `+` by `plus`.
fn percent_decoded(text: &str, plus: u8) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        decoded.push(match (first, after) {
            (b'%', &[high, low, ref behind @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest = behind;
                hex(high) * 16 + hex(low)
            }
            (b'+', _) => plus,
            (byte, _) => byte,
        });
    }
    decoded
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).saturating_sub(b'a') + 10,
    }
}

/// The text without each of the secrets.
pub(super) fn redacted(text: &str, secrets: &[Secret]) -> String {
    secrets
        .iter()
        .fold(text.to_owned(), |text, secret| without(&text, secret))
}

/// The value without each of the secrets in its strings and keys.
pub(super) fn redacted_value(value: Value, secrets: &[Secret]) -> Value {
    match value {
        Value::String(text) => Value::String(redacted(&text, secrets)),
        Value::Array(items) => items
            .into_iter()
            .map(|item| redacted_value(item, secrets))
            .collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (redacted(&key, secrets), redacted_value(value, secrets)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_echoed_token_is_hidden_wherever_it_stands() {
        let secrets = [
            Secret::new("tok/en+1=".to_owned()),
            Secret::new("key-2".to_owned()),
        ];
        let echoed = json!({ "tok/en+1=": ["Bearer tok/en+1=", 7, { "a": "x key-2 y" }], "b": "tok%2Fen%2B1%3D" });
        assert_eq!(
            redacted_value(echoed, &secrets),
            json!({ "*****": ["Bearer *****", 7, { "a": "x ***** y" }], "b": "*****" })
        );
    }

    #[test]
    fn a_short_secret_is_hidden_where_it_stands_alone() {
        let secret = |text: &str| [Secret::new(text.to_owned())];
        for (short, text, shown) in [
            ("t", "the test text stays", "the test text stays"),
            ("t", "t", "*****"),
            ("t", "Bearer t, not this", "Bearer *****, not this"),
            ("tok", "invalid_token, tokens", "invalid_token, tokens"),
            (
                "tok",
                r#"{"access_token":"tok"}"#,
                r#"{"access_token":"*****"}"#,
            ),
            ("secret", "client_secret: secrets", "client_secret: secrets"),
            ("secret", "secret=secret", "*****=*****"),
            ("tok", "a%2Ftok", "a%2F*****"),
            ("tok", "%74ok", "*****"),
            ("tok", r"line\ntok", r"line\n*****"),
            ("tok", "a%2Ftoken", "a%2Ftoken"),
            ("a b", "x=a+b&y", "*****"),
            ("seven77", "xseven77", "xseven77"),
            ("eight888", "xeight888y", "x*****y"),
        ] {
            assert_eq!(redacted(text, &secret(short)), shown, "{short}");
        }
        let echoed = json!({ "tok": ["tok", { "token": "stoked" }] });
        assert_eq!(
            redacted_value(echoed, &secret("tok")),
            json!({ "*****": ["*****", { "token": "stoked" }] })
        );
    }

    /// Whether it stands alone somewhere, found without the code under test.
    fn stands_alone(text: &str, short: &str) -> bool {
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .any(|word| word == short)
    }

    proptest! {
        #[test]
        fn no_written_form_of_a_secret_survives(secret in "[!-~é ]{8,20}", before in "[a-z ]{0,9}", encoded: bool) {
            let form: String = if encoded {
                url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()
            } else {
                secret.clone()
            };
            // A secret of stars alone cannot be told from the placeholder.
            prop_assume!(secret.chars().any(|char| char != '*') && !before.contains(&secret));
            let shown = without(&format!("{before}{form}"), &Secret::new(secret.clone()));
            prop_assert!(!shown.contains(&secret));
            let plain: String = String::from_utf8_lossy(&percent_decoded(&shown, b' ')).into_owned();
            prop_assert!(!plain.contains(&secret));
        }

        #[test]
        fn only_a_short_secret_that_stands_alone_is_hidden(secret in "[a-c0-2]{1,7}", text in "[a-c0-2_ .,:=-]{0,40}") {
            let shown = without(&text, &Secret::new(secret.clone()));
            prop_assert!(!stands_alone(&shown, &secret));
            if stands_alone(&text, &secret) {
                let others = |text: &str| {
                    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '*');
                    let others = words.filter(|word| *word != secret && *word != PLACEHOLDER);
                    others.map(str::to_owned).collect::<Vec<_>>()
                };
                prop_assert_eq!(others(&shown), others(&text));
            } else {
                prop_assert_eq!(shown, text);
            }
        }
    }
}
