//! What is short is part of too many words: it is hidden only where it stands alone.

use std::ops::Range;

/// Whether the range of a text is no part of a longer word. `_` joins the words of a name such as `client_secret`.
pub(super) fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text
        .get(..range.start)
        .and_then(|text| text.chars().next_back());
    let after = text.get(range.end..).and_then(|text| text.chars().next());
    let is_of_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    !before.is_some_and(is_of_word) && !after.is_some_and(is_of_word)
}
