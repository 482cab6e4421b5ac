//! One character at a time, whatever form it is written in.

/// How often an escape may yield the start of another, as `%25` does in `%2531`.
///
/// Three levels of JSON in JSON need seven for their backslashes.
const MOST_LINKS: usize = 8;

/// How deep escapes may lie inside one another mark by mark, as an entity does in `%26%2349%3B`.
const MOST_DEPTH: usize = 2;

/// The longest number in an entity that is read, leading zeros included.
const MOST_NUMERALS: usize = 16;

/// HTML names of characters that are digits, separators or the start of another escape.
const ENTITIES: [(&str, char); 16] = [
    ("amp;", '&'),
    ("percnt;", '%'),
    ("bsol;", '\\'),
    ("ast;", '*'),
    ("midast;", '*'),
    ("num;", '#'),
    ("quot;", '"'),
    ("apos;", '\''),
    ("nbsp;", ' '),
    ("comma;", ','),
    ("period;", '.'),
    ("sol;", '/'),
    ("plus;", '+'),
    ("hyphen;", '-'),
    ("dash;", '-'),
    ("NewLine;", '\n'),
];

/// The first character of the text, and what follows it.
///
/// Escapes are undone, also one inside another such as `%2531` or `\\u0031`; full-width forms become
/// ASCII and small letters capital ones. A broken escape is read as the characters it consists of.
pub(super) fn read(text: &str) -> Option<(char, &str)> {
    let (character, rest) = undo(text, MOST_DEPTH)?;
    Some((fold(character), rest))
}

/// Reads one character; the marks of its escape may themselves be escaped, less than `depth` deep.
fn undo(text: &str, depth: usize) -> Option<(char, &str)> {
    let (mut character, mut rest) = split(text)?;
    for _ in 0..MOST_LINKS {
        // The plainest reading first: three backslashes are one and the start of an escape.
        let undone = (0..depth).find_map(|inner| match character {
            '%' => percent(rest, inner),
            '\\' => backslash(rest, inner),
            '&' => entity(rest, inner),
            _ => None,
        });
        let Some(next) = undone else { break };
        (character, rest) = next;
    }
    Some((character, rest))
}

/// What may stand between two digits of one sequence.
///
/// A plus is a space in form encoding. Invisible characters count, since they are not seen in a log.
pub(super) fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '.' | ',' | '/' | '"' | '\'' | '`' | '+'
            // Hyphens and dashes, the minus sign, quotation marks.
            | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2018}'..='\u{201F}'
            // Soft hyphen, zero-width space and joiners, word joiner, byte order mark.
            | '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'
        )
}

fn split(text: &str) -> Option<(char, &str)> {
    let mut characters = text.chars();
    Some((characters.next()?, characters.as_str()))
}

/// Full-width forms (U+FF01 to U+FF5E) lie in the order of ASCII.
fn fold(character: char) -> char {
    let narrow = match character {
        '\u{FF01}'..='\u{FF5E}' => u32::from(character)
            .checked_sub(0xFEE0)
            .and_then(char::from_u32)
            .unwrap_or(character),
        _ => character,
    };
    narrow.to_ascii_uppercase()
}

/// What follows a `%`: one byte in hexadecimal, or the several of one character in UTF-8 (RFC 3986 §2.1).
fn percent(rest: &str, depth: usize) -> Option<(char, &str)> {
    let (lead, mut rest) = byte(rest, depth)?;
    let more = match lead {
        0x00..=0x7F => return Some((char::from(lead), rest)),
        0xC2..=0xDF => 1,
        0xE0..=0xEF => 2,
        0xF0..=0xF4 => 3,
        _ => return None,
    };
    let mut bytes = vec![lead];
    for _ in 0..more {
        let (continuation, after) = byte(expect(rest, '%', depth)?, depth)?;
        bytes.push(continuation);
        rest = after;
    }
    let character = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    Some((character, rest))
}

fn byte(text: &str, depth: usize) -> Option<(u8, &str)> {
    let (value, rest) = fixed(text, 2, depth)?;
    Some((u8::try_from(value).ok()?, rest))
}

/// What follows a `\`: `u0031`, `u{31}`, `x31`, a white space letter, or a mark that stands for itself.
fn backslash(rest: &str, depth: usize) -> Option<(char, &str)> {
    let (kind, rest) = undo(rest, depth)?;
    match kind {
        'u' | 'x' => {
            let (value, rest) = if let Some(braced) = expect(rest, '{', depth) {
                let (value, rest) = numerals(braced, 16, depth)?;
                (value, expect(rest, '}', depth)?)
            } else {
                fixed(rest, if kind == 'u' { 4 } else { 2 }, depth)?
            };
            Some((char::from_u32(value)?, rest))
        }
        'n' | 'r' | 't' => Some((' ', rest)),
        mark if mark.is_ascii_punctuation() => Some((mark, rest)),
        _ => None,
    }
}

/// What follows a `&`. As in browsers, a number ends where its numerals end, with or without `;`.
fn entity(rest: &str, depth: usize) -> Option<(char, &str)> {
    let (first, number) = undo(rest, depth)?;
    if first != '#' {
        return ENTITIES
            .iter()
            .filter(|(name, _)| name.starts_with(first))
            .find_map(|(name, character)| {
                let after = name
                    .chars()
                    .try_fold(rest, |rest, letter| expect(rest, letter, depth))?;
                Some((*character, after))
            });
    }
    let hexadecimal = expect(number, 'x', depth).or_else(|| expect(number, 'X', depth));
    let (value, rest) = match hexadecimal {
        Some(number) => numerals(number, 16, depth)?,
        None => numerals(number, 10, depth)?,
    };
    let rest = expect(rest, ';', depth).unwrap_or(rest);
    Some((char::from_u32(value)?, rest))
}

/// What follows the mark, when the text starts with it.
fn expect(text: &str, mark: char, depth: usize) -> Option<&str> {
    undo(text, depth)
        .filter(|(character, _)| *character == mark)
        .map(|(_, rest)| rest)
}

/// A hexadecimal number of exactly `count` numerals.
fn fixed(text: &str, count: usize, depth: usize) -> Option<(u32, &str)> {
    let mut value = 0_u32;
    let mut rest = text;
    for _ in 0..count {
        let (numeral, after) = undo(rest, depth)?;
        value = value.checked_mul(16)?.checked_add(numeral.to_digit(16)?)?;
        rest = after;
    }
    Some((value, rest))
}

/// A number of as many numerals as there are, at least one.
fn numerals(text: &str, radix: u32, depth: usize) -> Option<(u32, &str)> {
    let mut value = 0_u32;
    let mut rest = text;
    for _ in 0..MOST_NUMERALS {
        let numeral = undo(rest, depth)
            .and_then(|(character, after)| Some((character.to_digit(radix)?, after)));
        let Some((numeral, after)) = numeral else {
            break;
        };
        value = value.checked_mul(radix)?.checked_add(numeral)?;
        rest = after;
    }
    (rest.len() < text.len()).then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_form_of_a_digit() {
        for form in [
            "1",
            "１",
            "%31",
            "%2531",
            "%252531",
            "%EF%BC%91",
            "%ef%bc%91",
            "%25EF%25BC%2591",
            r"\u0031",
            r"\\u0031",
            r"\\\\u0031",
            r"\\\\\\\u0031",
            r"\u{31}",
            r"\u{00031}",
            r"\x31",
            r"\uFF11",
            r"\u005cu0031",
            r"\u002531",
            "&#49;",
            "&#049;",
            "&#x31;",
            "&#X0031;",
            "&#49",
            "&amp;#49;",
            "&amp;amp;#x31;",
            r"\u0026#49;",
            "%26%2349;",
            "%26%2349%3B",
            "%26amp%3B%2349%3B",
            r"\\\u0031",
            "%5Cu0031",
            "%5Cu%7B31%7D",
            r"\u0026\u002349;",
            "&#37;31",
            "&#xFF11;",
        ] {
            let text = format!("{form}!");
            assert_eq!(read(&text), Some(('1', "!")), "{form}");
        }
    }

    #[test]
    fn reads_marks_and_letters() {
        for (form, character) in [
            ("a", 'A'),
            ("Ａ", 'A'),
            ("ａ", 'A'),
            ("%61", 'A'),
            ("%41", 'A'),
            ("*", '*'),
            ("%2A", '*'),
            ("%2a", '*'),
            ("%23", '#'),
            (r"\u002a", '*'),
            (r"\x23", '#'),
            ("&ast;", '*'),
            ("&num;", '#'),
            ("＊", '*'),
            ("＃", '#'),
            (r"\*", '*'),
            (r"\#", '#'),
            (r#"\""#, '"'),
            (r#"\\\""#, '"'),
            (r"\/", '/'),
            (r"\n", ' '),
            ("&quot;", '"'),
            ("%2C", ','),
            ("%20", ' '),
        ] {
            assert_eq!(read(form), Some((character, "")), "{form}");
        }
    }

    #[test]
    fn reads_a_broken_escape_as_it_stands() {
        for (text, character, rest) in [
            ("%3", '%', "3"),
            ("%zz", '%', "zz"),
            ("%FF", '%', "FF"),
            ("%EF%BC", '%', "EF%BC"),
            (r"\u003", '\\', "u003"),
            (r"\u{31", '\\', "u{31"),
            (r"\xg1", '\\', "xg1"),
            (r"\uD800", '\\', "uD800"),
            (r"\1", '\\', "1"),
            ("&#;", '&', "#;"),
            ("&#x;", '&', "#x;"),
            ("&nope;", '&', "nope;"),
            ("&#99999999999;", '&', "#99999999999;"),
            ("%", '%', ""),
        ] {
            assert_eq!(read(text), Some((character, rest)), "{text}");
        }
        assert_eq!(read(""), None);
    }

    proptest! {
        #[test]
        fn always_moves_on_and_leaves_the_end_of_the_text(text in "[%\\\\&#ux0-9{};a-f]{1,30}|\\PC{1,10}") {
            let (_, rest) = read(&text).unwrap();
            prop_assert!(rest.len() < text.len());
            prop_assert!(text.ends_with(rest));
        }

        #[test]
        fn a_digit_or_separator_never_starts_an_escape(character in "[0-9*#A-Da-d]|[-.,/\"'+ ]", rest in "\\PC{0,8}") {
            let text = format!("{character}{rest}");
            prop_assert_eq!(read(&text), Some((fold(character.chars().next().unwrap()), rest.as_str())));
        }
    }
}
