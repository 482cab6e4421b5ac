//! What is short is part of too many words: it is hidden only where it stands alone.

use super::form::read;

/// Whether the character belongs to a word. `_` joins the words of a name such as `client_secret`.
fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Whether a word begins the text.
pub(super) fn begins_in_word(text: &str) -> bool {
    text.starts_with(is_of_word)
}

/// What stands before a position in the text, read both as it is and as an escape.
#[derive(Default)]
pub(super) struct Before {
    in_word: bool,
    /// Where the last escape that stands for no part of a word ended.
    escape_end: Option<usize>,
}

impl Before {
    /// Goes on past the character at `start`, where `rest` begins.
    pub(super) fn pass(&mut self, start: usize, character: char, rest: &str) {
        self.in_word = is_of_word(character);
        if let Some((read, after)) = read(rest)
            && !is_of_word(read)
        {
            let end = start + rest.len() - after.len();
            self.escape_end = self.escape_end.max(Some(end));
        }
    }

    /// Whether nothing before belongs to the same word. In `%2C5` the `C` does not.
    pub(super) fn ends_word(&self, start: usize) -> bool {
        !self.in_word || self.escape_end == Some(start)
    }
}
