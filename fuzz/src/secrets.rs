//! The law of redaction, for secrets: nothing told in confidence can be had from what is shown, by any sequence of decodings.
//!
//! The decodings here are other code than that of the engine. The tests of the engine run this file over random bytes.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::redact::{PLACEHOLDER, Redactor};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// How many decodings on one another are tried.
const DEPTH: usize = 3;

/// What a reader may do to a text.
const DECODINGS: [fn(&str) -> Vec<String>; 5] = [percent, form, json, html, words];

/// The lines are the secret, the encodings that are applied to it, and the text around it. `None` where there is no secret
/// that is hidden everywhere.
pub fn check(data: &[u8]) -> Option<()> {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(3, '\n');
    let secret = lines.next()?;
    let encodings = lines.next()?;
    let around = lines.next().unwrap_or_default();
    if !is_sought(secret) {
        return None;
    }
    let form = encodings.bytes().take(4).fold(secret.to_owned(), encoded);
    let text = format!("{around} {form} {around}");
    let secrets = [Secret::new(secret.to_owned())];
    let redactor = Redactor {
        digits: &[],
        secrets: &secrets,
    };
    let shown = redactor.text(&text);
    assert_unseen(secret, &shown, DEPTH);
    assert!(form == secret || !shown.contains(&form), "the form is left");
    let again = redactor.text(&shown);
    // A text that takes nearly all the work that is allowed may take more with the placeholder in it.
    assert!(again == shown || again == PLACEHOLDER, "redacted again");
    Some(())
}

/// Whether a secret is hidden everywhere. Stars alone are the placeholder's too, and nobody types or sends control characters.
#[must_use]
pub fn is_sought(secret: &str) -> bool {
    let is_odd = |c: char| c == '*' || c == '\u{FFFD}' || c.is_control();
    (8..=40).contains(&secret.chars().count()) && !secret.contains(is_odd)
}

/// Neither here nor in what can be made of it by so many decodings on one another.
pub fn assert_unseen(secret: &str, text: &str, depth: usize) {
    assert!(
        !text.contains(secret),
        "with {depth} more decodings allowed"
    );
    if depth == 0 {
        return;
    }
    for decoded in DECODINGS.iter().flat_map(|decode| decode(text)) {
        if decoded != text {
            assert_unseen(secret, &decoded, depth - 1);
        }
    }
}

/// The text under the encoding of this number.
#[must_use]
pub fn encoded(text: String, encoding: u8) -> String {
    let each = |of: fn(u32) -> String| {
        text.chars()
            .map(|c| of(c.into()))
            .collect::<Vec<_>>()
            .concat()
    };
    match encoding % 7 {
        0 => utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string(),
        1 => each(|code| format!("&#{code};")),
        2 => each(|code| format!("&#x{code:x};")),
        3 => text
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect::<Vec<_>>()
            .concat(),
        4 => text
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('/', "\\/"),
        5 => BASE64_STANDARD_NO_PAD.encode(text),
        _ => BASE64_URL_SAFE_NO_PAD.encode(text),
    }
}

fn percent(text: &str) -> Vec<String> {
    vec![percent_decode_str(text).decode_utf8_lossy().into_owned()]
}

fn form(text: &str) -> Vec<String> {
    percent(&text.replace('+', " "))
}

fn json(text: &str) -> Vec<String> {
    let read = |text: &str| serde_json::from_str::<String>(text).ok();
    [read(text), read(&format!("\"{text}\""))]
        .into_iter()
        .flatten()
        .collect()
}

/// Numbers, and the names that every escaping writes.
fn html(text: &str) -> Vec<String> {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let named = after.split_once(';');
        let read = named.and_then(|(name, after)| Some((entity(name)?, after)));
        let (character, after) = read.unwrap_or(('&', after));
        decoded.push(character);
        rest = after;
    }
    vec![decoded + rest]
}

fn entity(name: &str) -> Option<char> {
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match name.strip_prefix('#') {
        Some(code) => match code.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16),
            None => number(code, 10),
        },
        None => [
            ("amp", '&'),
            ("lt", '<'),
            ("gt", '>'),
            ("quot", '"'),
            ("apos", '\''),
        ]
        .iter()
        .find_map(|(known, character)| (*known == name).then_some(*character)),
    }
    .filter(|character| *character != '\0')
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"+/-_".contains(c));
    let engines = [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD];
    words
        .filter(|word| !word.is_empty())
        .flat_map(|word| {
            engines
                .iter()
                .filter_map(move |engine| engine.decode(word).ok())
        })
        .filter_map(|bytes| String::from_utf8(bytes).ok())
        .collect()
}
