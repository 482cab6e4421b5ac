//! What the body of a token endpoint's answer is: the fields of a JSON object, or something else that has a name.

use std::fmt;

use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::error::BodyError;
use crate::http::{Answer, AnswerBody};
use crate::json;

/// A body that is no JSON object. Its text tells what it is, and nothing of what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    Cut,
    TooLarge,
    Coded(&'static str),
    /// A page for people, or XML.
    Page,
    Empty,
    Other,
}

/// Reads a body.
pub(super) fn fields(answer: &Answer) -> Result<Map<String, Value>, Unread> {
    let bytes = match &answer.body {
        AnswerBody::Whole(bytes) => bytes,
        AnswerBody::Cut => return Err(Unread::Cut),
        AnswerBody::TooLarge => return Err(Unread::TooLarge),
        AnswerBody::Coded(coding) => return Err(Unread::Coded(coding)),
    };
    match json::parse(bytes) {
        Some(Value::Object(fields)) => Ok(fields),
        None if is_page(answer, bytes) => Err(Unread::Page),
        _ if bytes.trim_ascii().is_empty() => Err(Unread::Empty),
        _ => Err(Unread::Other),
    }
}

fn is_page(answer: &Answer, bytes: &[u8]) -> bool {
    let media_type = answer.headers.get(CONTENT_TYPE);
    let says_so = media_type.is_some_and(|media_type| {
        let media_type = media_type.as_bytes().to_ascii_lowercase();
        media_type.starts_with(b"text/html") || media_type.starts_with(b"application/xhtml")
    });
    let begins_so = json::text(bytes).is_some_and(|text| text.trim_start().starts_with('<'));
    says_so || begins_so
}

impl Unread {
    /// As an error carries it, where the body itself cannot be had.
    pub(super) const fn body_error(self) -> Option<BodyError> {
        match self {
            Self::Cut => Some(BodyError::Cut),
            Self::TooLarge => Some(BodyError::TooLarge),
            Self::Coded(coding) => Some(BodyError::Coded(coding)),
            Self::Page | Self::Empty | Self::Other => None,
        }
    }

    /// Whether the one who answered, rather than the address, is what is wrong. An empty answer and a text say neither.
    pub(super) const fn is_of_the_way(self) -> bool {
        matches!(self, Self::TooLarge | Self::Coded(_) | Self::Page)
    }
}

/// What it is, and what to do.
impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("is not whole: the connection ended within it; try again"),
            Self::TooLarge => f.write_str("is longer than 64 KB"),
            Self::Coded(coding) => write!(
                f,
                "has the content coding {coding}, which cannot be undone, though none was asked for; a proxy or gateway may have added it"
            ),
            Self::Page => f.write_str(
                "is a page of HTML or XML and no JSON; a proxy, gateway or login page may have answered in its place",
            ),
            Self::Empty => f.write_str("is empty; check authUrl"),
            Self::Other => f.write_str("is not a JSON object; check authUrl"),
        }
    }
}
