//! A value as the caller gave it.

/// What a caller gave for a parameter, of whatever type. `Debug` is left out: it would show digits.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Nothing.
    Missing,
    /// A text.
    Text(&'a str),
    /// A JavaScript number.
    Number(f64),
    /// `true` or `false`.
    Flag(bool),
    /// Something of a type that no parameter has, `null` included.
    Other,
}

impl<'a> Value<'a> {
    /// The text, if it is one.
    #[must_use]
    pub const fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Missing, Self::Text)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}
