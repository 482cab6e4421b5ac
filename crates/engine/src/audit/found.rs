//! What a program says of an injection in doubt.

/// What was found out of digits in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// They were pressed.
    Pressed,
    /// They were not.
    NotPressed,
}

impl Found {
    /// The word in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pressed => "pressed",
            Self::NotPressed => "not-pressed",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Pressed, Self::NotPressed]
            .into_iter()
            .find(|found| found.as_str() == word)
    }
}
