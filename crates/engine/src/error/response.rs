//! The answer that an error carries.

use std::borrow::Cow;

use serde_json::Value;

/// Why the body of an answer is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The connection ended or the time ran out within the body.
    Cut,
    /// It is longer than 64 KB.
    TooLarge,
    /// It is not UTF-8 text.
    Unreadable,
    /// It came under a content coding of this name that is not known here, or that it does not keep to.
    Coded(&'static str),
}

impl BodyError {
    /// The value of `audit.bodyError` in JavaScript.
    #[must_use]
    pub fn as_str(self) -> Cow<'static, str> {
        match self {
            Self::Cut => "cut".into(),
            Self::TooLarge => "too-large".into(),
            Self::Unreadable => "unreadable".into(),
            Self::Coded(coding) => format!("coded: {coding}").into(),
        }
    }
}

/// The last answer of the platform, as an error carries it: redacted.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// Parsed JSON, else text, or `Null` when there was none or it could not be read.
    pub data: Value,
    /// Why the body is missing, if it is.
    pub body_error: Option<BodyError>,
    /// What the platform says of the request.
    pub details: Details,
}

/// What a platform says of a request beside the status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Why it declined, in one line, redacted.
    pub reason: Option<String>,
    /// The id by which its support finds the request.
    pub trace_id: Option<String>,
}
