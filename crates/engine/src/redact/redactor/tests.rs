use base64::Engine as _;
use base64::prelude::{
    BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD,
};
use http::HeaderValue;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;

fn secrets(texts: &[&str]) -> Vec<Secret> {
    texts
        .iter()
        .map(|text| Secret::new((*text).to_owned()))
        .collect()
}

fn redacted(text: &str, secret: &str) -> String {
    let secrets = secrets(&[secret]);
    Redactor {
        digits: &[],
        secrets: &secrets,
    }
    .text(text)
}

#[test]
fn headers_are_bounded() {
    let long = HeaderValue::try_from("x".repeat(HEADER_BYTES / 2)).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("x-first", long.clone());
    headers.insert("x-second", long);
    headers.insert("x-third", HeaderValue::from_static("short"));
    let kept = Redactor::default().headers(&headers);
    let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-first", "x-third"]);
}

#[test]
fn an_echoed_secret_is_hidden_wherever_it_stands() {
    let secrets = secrets(&["tok/en+1=", "key-2", "1234567890"]);
    let redactor = Redactor {
        digits: &[],
        secrets: &secrets,
    };
    let echoed = json!({
        "tok/en+1=": ["Bearer tok/en+1=", 7, { "a": "x key-2 y" }], "b": "tok%2Fen%2B1%3D", "n": [1_234_567_890, 1.0],
        "json": r#"{"authorization":"Bearer tok\/en\u002b1="}"#, "html": "<b>tok&#47;en&plus;1&equals;</b>", "other": "a/b",
    });
    assert_eq!(
        redactor.value(echoed),
        json!({
            "*****": ["Bearer *****", 7, { "a": "x ***** y" }], "b": "*****", "n": ["*****", 1.0], "json": "*****",
            "html": "*****", "other": "a/b",
        })
    );
    let mut headers = HeaderMap::new();
    headers.insert("x-echo", HeaderValue::from_static("Basic aWQ6dG9rL2VuKzE9"));
    headers.append("x-two", HeaderValue::from_static("tok%2Fen%2B1=x"));
    headers.append("x-two", HeaderValue::from_static("plain"));
    for (_, value) in redactor.headers(&headers) {
        assert_eq!(value, "*****");
    }
    assert_eq!(
        redactor.body("\"a tok\\/en+1=\"").as_deref(),
        Some("\"a *****\"")
    );
    assert_eq!(
        redactor.body("no JSON: tok\\/en+1=").as_deref(),
        Some("*****")
    );
    assert_eq!(redactor.body("{\"a\":1}"), None);
    // A reader of the text sees both.
    assert_eq!(
        redactor.body(r#"{"a":"tok/en+1=","a":1}"#).as_deref(),
        Some(r#"{"a":1}"#)
    );
}

#[test]
fn a_short_secret_is_hidden_where_it_stands_alone() {
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
        ("tok", "a%2Ftok", "*****"),
        ("tok", "%74ok", "*****"),
        ("tok", r"line\ntok", "*****"),
        ("tok", "a%2Ftoken", "a%2Ftoken"),
        ("tok", "Basic aWQ6dG9r", "*****"),
        ("a b", "x=a+b&y", "*****"),
        ("seven77", "xseven77", "xseven77"),
        ("eight888", "xeight888y", "x*****y"),
    ] {
        assert_eq!(redacted(text, short), shown, "{short}");
    }
}

#[test]
fn base64_in_lines_is_one_word() {
    let secret = "canary-".repeat(20);
    for (columns, end) in [(76, "\r\n"), (64, "\n")] {
        let coded = BASE64_STANDARD.encode(format!("id:{secret}"));
        let lines: Vec<_> = coded
            .as_bytes()
            .chunks(columns)
            .map(String::from_utf8_lossy)
            .collect();
        assert_eq!(
            redacted(&format!("you sent\n{}", lines.join(end)), &secret),
            PLACEHOLDER
        );
    }
    let lines = format!("{}\n{}", "a".repeat(76), "short");
    assert_eq!(redacted(&lines, &secret), lines);
    assert_eq!(redacted("%u0063anary/%u0037", "canary/7"), PLACEHOLDER);
}

#[test]
fn base64_twice_is_hidden_behind_whatever_looks_like_base64() {
    let standard = |text: &str| BASE64_STANDARD.encode(text);
    let url_safe = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    for secret in ["tok-8c1f44aa9b7e4d21", "correct-horse", "s3cret/key+"] {
        let twice = standard(&standard(secret));
        let percent: Vec<_> = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let percent = standard(&percent.concat());
        for text in [
            format!("/api/v2/{twice}"),
            format!("/callback/{percent}"),
            format!("https://api.example/v1/calls/{twice}"),
            format!("https://api.example/v1/calls/{twice}/dtmf"),
            format!("sess{twice}"),
            format!("state_{}", url_safe(&url_safe(secret))),
            format!("state-{}", url_safe(&standard(secret))),
            format!(
                "a/{}",
                standard(&format!(
                    "b/{}",
                    standard(&format!("c/{}", standard(secret)))
                ))
            ),
        ] {
            assert_eq!(redacted(&text, secret), PLACEHOLDER, "{text}");
        }
    }
}

#[test]
fn base64_in_lines_of_any_width_is_one_word() {
    let secret = "tok-8c1f44aa9b7e4d21";
    let word = BASE64_STANDARD.encode(format!("the token is {secret}, which is refused"));
    for width in [8, 12, 60, 61, 72] {
        let lines: Vec<_> = word
            .as_bytes()
            .chunks(width)
            .map(String::from_utf8_lossy)
            .collect();
        for end in ["\n", "\r\n"] {
            assert_eq!(redacted(&lines.join(end), secret), PLACEHOLDER, "{width}");
        }
    }
}

#[test]
fn a_text_without_end_is_hidden_in_bounded_time() {
    for text in [
        "%25".repeat(400),
        "&amp;\\u0026amp;+%26%2b\\\\".repeat(2000),
        "%5C+&amp;".repeat(7000),
    ] {
        let shown = redacted(&text, "canary-secret");
        assert!(shown == text || shown == PLACEHOLDER);
    }
}

/// Writes a text in one of the encodings, by other code than that under test. What is no word of base64 stays in the text.
fn written(text: &str, encoding: usize) -> String {
    let each = |of: fn(char) -> String| text.chars().map(of).collect::<String>();
    match encoding {
        0 => joined(text.bytes().map(|byte| format!("%{byte:02X}"))),
        1 => url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        2 => {
            let quoted = serde_json::to_string(text).unwrap();
            // Its own quotes, and none of the text.
            let inner = quoted
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'));
            inner.unwrap().replace('/', "\\/")
        }
        3 => joined(text.encode_utf16().map(|unit| format!("\\u{unit:04x}"))),
        4 => each(|character| format!("&#{};", u32::from(character))),
        5 => each(|character| format!("&#x{:X}", u32::from(character)) + ";"),
        6 => text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('+', "&plus;")
            .replace('/', "&sol;")
            .replace('"', "&quot;"),
        7 => BASE64_STANDARD.encode(text),
        8 => BASE64_STANDARD_NO_PAD.encode(text),
        9 => BASE64_URL_SAFE.encode(text),
        10 => BASE64_URL_SAFE_NO_PAD.encode(text),
        11 => each(|character| {
            if character.is_ascii_alphanumeric() {
                character.into()
            } else {
                format!("\\u{{{:x}}}", u32::from(character))
            }
        }),
        _ => each(|character| {
            if character.is_ascii() {
                format!("\\x{:02x}", u32::from(character))
            } else {
                character.into()
            }
        }),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().concat()
}

/// How many encodings there are.
const ENCODINGS: usize = 13;

/// Whether it stands alone somewhere, found without the code under test.
fn stands_alone(text: &str, short: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| word == short)
}

proptest! {
    #[test]
    fn no_composition_of_encodings_brings_it_through(
        secret in "[!-~é😀 ]{8,20}",
        around in proptest::collection::vec("[a-z ]{0,6}", 2),
        encodings in proptest::collection::vec(0..ENCODINGS, 1..5),
        outside in select(vec!["", "Bearer ", "x=", "{\"a\":\"", "<b>"]),
    ) {
        // A secret of stars alone cannot be told from the placeholder; blanks around are of no header and no form.
        prop_assume!(secret.chars().any(|c| c != '*') && secret.trim() == secret && !outside.contains(&secret));
        let inner = format!("{}{secret}{}", around[0], around[1]);
        let form = encodings.iter().fold(inner, |text, encoding| written(&text, *encoding));
        let shown = redacted(&format!("{outside}{form}"), &secret);
        prop_assert!(shown == PLACEHOLDER || (form.contains(&secret) && !shown.contains(&secret)), "{}", shown);
    }

    #[test]
    fn digits_come_through_no_composition_either(
        digits in "[0-9]{3,16}", encodings in proptest::collection::vec(0..ENCODINGS, 1..5), outside in "[a-z]{0,3} ?",
    ) {
        let form = encodings.iter().fold(digits.clone(), |text, encoding| written(&text, *encoding));
        let digits_ = [DigitRedactor::from_digits(&digits)];
        let redactor = Redactor { digits: &digits_, secrets: &[] };
        prop_assume!(outside.ends_with(' '));
        let shown = redactor.text(&format!("{outside}{form}"));
        // `030` stands in `\u0030`, whatever that means.
        let by_chance = form.contains(&digits) && !shown.contains(&digits);
        prop_assert!(shown == PLACEHOLDER || shown == format!("{outside}{PLACEHOLDER}") || by_chance, "{}", shown);
        let item = redactor.value(json!([form, { "a": form }])).to_string();
        prop_assert!(!item.contains(&form));
    }

    #[test]
    fn a_text_without_it_stays(secret in "[!-~]{8,20}", text in "[a-zA-Z0-9 .,:/%&;_-]{0,80}") {
        prop_assume!(!text.contains(&secret));
        prop_assert_eq!(redacted(&text, &secret), text);
    }

    #[test]
    fn any_bytes_are_survived_and_redacting_again_changes_nothing(secret in "[a-z+/]{8,12}", bytes: Vec<u8>) {
        let text = String::from_utf8_lossy(&bytes);
        let shown = redacted(&text, &secret);
        prop_assert!(!shown.contains(&secret));
        prop_assert_eq!(redacted(&shown, &secret), shown);
    }

    #[test]
    fn only_a_short_secret_that_stands_alone_is_hidden(secret in "[a-c0-2]{1,7}", text in "[a-c0-2_ .,:=-]{0,40}") {
        let shown = redacted(&text, &secret);
        prop_assert!(!stands_alone(&shown, &secret));
        if stands_alone(&text, &secret) && shown != PLACEHOLDER {
            let others = |text: &str| {
                let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '*');
                let others = words.filter(|word| *word != secret && *word != PLACEHOLDER);
                others.map(str::to_owned).collect::<Vec<_>>()
            };
            prop_assert_eq!(others(&shown), others(&text));
        }
    }
}
