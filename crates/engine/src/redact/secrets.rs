//! Hides tokens and secrets in what a server says: it can echo the request anywhere.

use serde_json::Value;

use super::placeholder::PLACEHOLDER;
use crate::Secret;

/// Replaces the secret as it is; a text that holds it percent- or form-encoded, once or on top of itself, is replaced
/// as a whole.
fn without(text: &str, secret: &Secret) -> String {
    let secret = secret.expose();
    if secret.is_empty() {
        return text.to_owned();
    }
    let text = text.replace(secret, PLACEHOLDER);
    if hides(&text, secret, b'+') || hides(&text, secret, b' ') {
        return PLACEHOLDER.to_owned();
    }
    text
}

/// How often a text may be encoded on top of itself: a form within a header within a log line.
const MOST_ENCODINGS: usize = 3;

fn hides(text: &str, secret: &str, plus: u8) -> bool {
    let mut text = text.to_owned();
    for _ in 0..MOST_ENCODINGS {
        let once = String::from_utf8_lossy(&percent_decoded(&text, plus)).into_owned();
        if once.contains(secret) {
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

    proptest! {
        #[test]
        fn no_written_form_of_a_secret_survives(secret in "[!-~é ]{6,20}", before in "[a-z ]{0,9}", encoded: bool) {
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
    }
}
