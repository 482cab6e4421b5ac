//! The texts that a reader can make of a text: percent- and form-encoding, the escapes of JSON and JavaScript, HTML entities,
//! and words of base64, in any sequence.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hash, RandomState};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

use crate::json::unit;

/// How many times its own length is read of a text, all that can be made of it together. One with each of the encodings in it,
/// each on top of itself, takes half. A text made to have no end to it is hidden instead.
const MOST_READ: usize = 32;

/// Added to that for a short text.
const ALWAYS_READ: usize = 4096;

/// Up to so many bytes a word of a language may come out as text.
const SHORTEST_NOISE: usize = 3;

/// Lines of base64 have so many characters at least.
const SHORTEST_LINE: usize = 8;

/// Takes words that end anywhere: the rest of the last byte need not be zero.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone);

static STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
static URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What is looked for in a decoded text.
pub(super) trait Search {
    /// Whether it is there.
    fn is_in(&self, text: &str) -> bool;

    /// Whether it is among the bytes of a word that decodes to no text. There what is short comes about by chance.
    fn is_in_noise(&self, text: &str) -> bool;

    /// Whether it may be among these bytes: a quick look that may err on the side of yes.
    fn may_be_among(&self, bytes: &[u8]) -> bool;

    /// How many bytes the shortest of it has, if there is anything.
    fn shortest(&self) -> Option<usize>;
}

/// Whether something that can be made of a text has what is looked for, or there is no end to what can be made of it.
/// The text itself was searched before.
pub(super) fn reveal(text: &str, search: &impl Search) -> bool {
    let Some(shortest) = search.shortest() else {
        return false;
    };
    let mut left = text.len().saturating_mul(MOST_READ) + ALWAYS_READ;
    let (mut texts, mut read) = (Seen::default(), Seen::default());
    let mut pending = vec![Made::meant(text.to_owned())];
    while let Some(Made { text, of_noise }) = pending.pop() {
        let whole = whole(&text).into_iter();
        let mut made: Vec<_> = whole.map(|text| Made { text, of_noise }).collect();
        // Most words are the same in all that is made of a text.
        let words = words(&text).filter(|(_, word)| word.len() * 3 / 4 >= shortest);
        for (engine, word) in words.filter(|(_, word)| read.is_new(word)) {
            for word in (0..4).filter_map(|start| Word::read(engine, word, start, shortest)) {
                let held = String::from_utf8_lossy(&word.bytes);
                if search.may_be_among(&word.bytes) && search.is_in_noise(&held) {
                    return true;
                }
                if !word.is_text() {
                    made.extend(readable(&held, shortest));
                } else if word.is_meant() {
                    let text = held.into_owned();
                    made.push(Made { text, of_noise });
                }
            }
        }
        for made in made {
            let Some(rest) = left.checked_sub(made.text.len()) else {
                return true;
            };
            left = rest;
            if !texts.is_new(&made) {
                continue;
            }
            if made.holds(search) {
                return true;
            }
            pending.push(made);
        }
    }
    false
}

/// A text that was made of another one.
#[derive(Hash)]
struct Made {
    text: String,
    /// It stood amid noise, so that what is short may have come about by chance.
    of_noise: bool,
}

impl Made {
    const fn meant(text: String) -> Self {
        Self {
            text,
            of_noise: false,
        }
    }

    fn holds(&self, search: &impl Search) -> bool {
        if self.of_noise {
            search.is_in_noise(&self.text)
        } else {
            search.is_in(&self.text)
        }
    }
}

/// What can be read amid noise, and may hold something encoded once more: what stood before it, or behind it, belongs to no word
/// of base64 but looks like it, as the beginning of a path does.
fn readable(noise: &str, shortest: usize) -> impl Iterator<Item = Made> {
    let runs = noise.split(|c| c == char::REPLACEMENT_CHARACTER || is_unreadable(c));
    let long = runs.filter(move |run| run.len() > SHORTEST_NOISE.max(shortest));
    long.map(|run| Made {
        text: run.to_owned(),
        of_noise: true,
    })
}

fn is_unreadable(character: char) -> bool {
    character.is_control() && !character.is_ascii_whitespace()
}

/// What was read before, by its keyed hash.
#[derive(Default)]
struct Seen {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl Seen {
    fn is_new(&mut self, text: &(impl Hash + ?Sized)) -> bool {
        self.hashes.insert(self.hasher.hash_one(text))
    }
}

/// A short text with all its encodings undone but base64, for one of which nothing is known but that it is a digit.
pub(super) fn plainest(text: &str) -> String {
    let mut plain = text.to_owned();
    // Each round that changes it makes it shorter.
    while let Some(next) = whole(&plain)
        .into_iter()
        .min_by_key(String::len)
        .filter(|next| next.len() < plain.len())
    {
        plain = next;
    }
    plain
}

/// What each decoding of the whole makes of a text, as far as it is another one.
fn whole(text: &str) -> Vec<String> {
    let mut made = Vec::new();
    if text.contains('%') {
        made.push(percent_decode_str(text).decode_utf8_lossy().into_owned());
    }
    // With percent-encoding, that of forms.
    if text.contains('+') {
        made.push(text.replace('+', " "));
    }
    if text.contains('\\') {
        made.push(unescaped(text));
    }
    // As JavaScript's `escape` writes characters beyond Latin-1.
    if text.contains("%u") {
        made.push(unescaped(&text.replace("%u", "\\u")));
    }
    if text.contains('\n') && text.lines().any(is_line_of_base64) {
        made.push(text.replace(['\r', '\n'], ""));
    }
    if text.contains('&') {
        made.push(htmlize::unescape(text).into_owned());
    }
    made.retain(|made| made != text);
    made
}

/// Whether a line may be one of those that base64 is cut into: 64 characters in PEM (RFC 7468 §2), 76 in MIME (RFC 2045 §6.8), 60 by
/// Perl and Ruby, and any number by whoever asks for it. Where none was meant, nothing is lost but time.
fn is_line_of_base64(line: &str) -> bool {
    line.len() >= SHORTEST_LINE
        && line
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte))
}

/// The escapes of JSON (RFC 8259 §7), and those that JavaScript has besides. Any other escaped character stands for itself.
fn unescaped(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        unescaped.push_str(before);
        let Some((character, after)) = escaped(escape) else {
            unescaped.push('\\');
            rest = escape;
            continue;
        };
        unescaped.push(character);
        rest = after;
    }
    unescaped.push_str(rest);
    unescaped
}

/// The character behind a backslash, and what follows it. `None` where the text ends.
fn escaped(escape: &str) -> Option<(char, &str)> {
    let first = escape.chars().next()?;
    let after = escape.get(first.len_utf8()..)?;
    let numbered = match first {
        'u' => braced(after).or_else(|| utf16(escape)),
        'x' => hexadecimal(after.get(..2)).zip(after.get(2..)),
        _ => None,
    };
    let named = match first {
        'b' => '\u{8}',
        'f' => '\u{C}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        other => other,
    };
    numbered.or(Some((named, after)))
}

/// `{31}` of `\u{31}`.
fn braced(text: &str) -> Option<(char, &str)> {
    let (number, after) = text.strip_prefix('{')?.split_once('}')?;
    Some((hexadecimal(Some(number))?, after))
}

/// One or both units of a character. `escape` lacks its first backslash.
fn utf16(escape: &str) -> Option<(char, &str)> {
    let read = |text: &str| u16::try_from(unit(text)?).ok();
    let first = read(&format!("\\{}", escape.get(..5)?))?;
    let after = escape.get(5..)?;
    let second = read(after);
    match char::decode_utf16([Some(first), second].into_iter().flatten()).next()? {
        Ok(character) => Some((character, after.get(6 * (character.len_utf16() - 1)..)?)),
        Err(_) => Some((char::REPLACEMENT_CHARACTER, after)),
    }
}

fn hexadecimal(number: Option<&str>) -> Option<char> {
    let number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    char::from_u32(u32::from_str_radix(number, 16).ok()?)
}

/// The words of a text that may be base64 or base64url.
fn words(text: &str) -> impl Iterator<Item = (&'static GeneralPurpose, &str)> {
    let is_standard = |c: char| c.is_ascii_alphanumeric() || "+/".contains(c);
    let is_url_safe = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let standard = text.split(move |c| !is_standard(c));
    let url_safe = text.split(move |c| !is_url_safe(c));
    standard
        .flat_map(and_parts)
        .map(|word| (&STANDARD, word))
        // Without these it is one of the others.
        .chain(
            url_safe
                .filter(|word| word.contains(['-', '_']))
                .map(|word| (&URL_SAFE, word)),
        )
}

/// The word, and what is between its slashes, which may be those of a path.
fn and_parts(word: &str) -> impl Iterator<Item = &str> {
    let parts = word.split(['+', '/']);
    std::iter::once(word).chain(parts.filter(|part| part.len() < word.len()))
}

/// What a word of base64 holds.
struct Word {
    bytes: Vec<u8>,
    /// The word is what an encoder makes of these bytes, from its first character to its last.
    is_exact: bool,
}

impl Word {
    /// Reads a word, if it holds at least `shortest` bytes. One may begin within another, as behind a slash that belongs to a
    /// path, so `start` is any of its first four characters.
    fn read(engine: &GeneralPurpose, word: &str, start: usize, shortest: usize) -> Option<Self> {
        let word = word.get(start..)?;
        // One character alone holds no byte.
        let length = word.len() - usize::from(word.len() % 4 == 1);
        if length * 3 / 4 < shortest {
            return None;
        }
        let bytes = engine.decode(word.get(..length)?).ok()?;
        let is_exact = start == 0 && bytes.len() <= SHORTEST_NOISE && engine.encode(&bytes) == word;
        Some(Self { bytes, is_exact })
    }

    fn is_text(&self) -> bool {
        let text = std::str::from_utf8(&self.bytes);
        text.is_ok_and(|text| !text.contains(is_unreadable))
    }

    /// Whether this is text that somebody encoded. Words of a language come out as noise, but for some of the shortest: `No` is
    /// a 6 with bits left over.
    fn is_meant(&self) -> bool {
        self.is_text() && (self.is_exact || self.bytes.len() > SHORTEST_NOISE)
    }
}

#[cfg(test)]
mod tests;
