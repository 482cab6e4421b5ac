//! From the bytes of an answer to what a caller sees of it.

use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use crate::error::Response;
use crate::mask::Mask;
use crate::retry::retry_after;
use crate::transport::{Answer, AnswerBody};

/// Why the body of an answer is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The connection ended or the time ran out within the body.
    Cut,
    /// It is longer than 64 KB.
    TooLarge,
    /// It is not UTF-8 text.
    Unreadable,
}

impl BodyError {
    /// The value of `audit.bodyError` in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::TooLarge => "too-large",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The body as text. Empty when there was none.
pub fn text(body: &AnswerBody) -> Result<&str, BodyError> {
    match body {
        AnswerBody::Whole(bytes) => std::str::from_utf8(bytes).map_err(|_| BodyError::Unreadable),
        AnswerBody::Cut => Err(BodyError::Cut),
        AnswerBody::TooLarge => Err(BodyError::TooLarge),
    }
}

/// The wait that the answer asks for, from now: the longest, when it names several.
/// Dates are read against the answer's own `Date`, so that a wrong clock here does no harm.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let server_date = headers
        .get(DATE)
        .and_then(|date| retry_after::date(date.as_bytes()));
    let values = headers
        .get_all(RETRY_AFTER)
        .iter()
        .map(HeaderValue::as_bytes);
    retry_after::longest(values, now, server_date)
}

/// The answer as an error carries it: everything in it is masked, when there is a mask.
#[must_use]
pub fn response(answer: &Answer, mask: Option<&Mask>) -> Response {
    let data = match text(&answer.body) {
        Ok("") | Err(_) => Value::Null,
        Ok(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    };
    Response {
        status: answer.status.as_u16(),
        headers: headers(&answer.headers, mask),
        data: match mask {
            Some(mask) => mask.value(data),
            None => data,
        },
    }
}

/// Several values of one name are joined by a comma, as axios programs know it.
fn headers(headers: &HeaderMap, mask: Option<&Mask>) -> Vec<(String, String)> {
    headers
        .keys()
        .map(|name| {
            let values: Vec<_> = headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            let joined = values.join(", ");
            match mask {
                Some(mask) => (
                    mask.text(name.as_str()).into_owned(),
                    mask.text(&joined).into_owned(),
                ),
                None => (name.as_str().to_owned(), joined),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;
    use serde_json::json;

    use super::*;

    fn answer(body: AnswerBody) -> Answer {
        let mut headers = HeaderMap::new();
        headers.append("x-reason", HeaderValue::from_static("digits 4711 refused"));
        headers.append("x-reason", HeaderValue::from_static("again"));
        Answer {
            status: StatusCode::BAD_REQUEST,
            headers,
            body,
        }
    }

    fn whole(text: &'static str) -> Answer {
        answer(AnswerBody::Whole(Bytes::from_static(text.as_bytes())))
    }

    #[test]
    fn data_is_json_or_text_or_nothing() {
        let data = |answer: &Answer| response(answer, None).data;
        assert_eq!(data(&whole(r#"{"a":[1]}"#)), json!({"a": [1]}));
        assert_eq!(data(&whole("<h1>no</h1>")), json!("<h1>no</h1>"));
        assert_eq!(data(&whole("")), Value::Null);
        assert_eq!(data(&answer(AnswerBody::Cut)), Value::Null);
        assert_eq!(data(&answer(AnswerBody::TooLarge)), Value::Null);
        let binary = AnswerBody::Whole(Bytes::from_static(&[0xff, 0xfe]));
        assert_eq!(data(&answer(binary)), Value::Null);
    }

    #[test]
    fn the_sequence_is_masked_everywhere() {
        let mask = Mask::from_digits("4711");
        let seen = response(&whole(r#"{"4711":"x4711y","n":4711}"#), Some(&mask));
        assert!(!format!("{seen:?}").contains("4711"));
        assert_eq!(
            seen.headers,
            vec![(
                "x-reason".to_owned(),
                "digits ***** refused, again".to_owned()
            )]
        );
    }

    #[test]
    fn why_a_body_is_not_there_has_a_name() {
        let why = |body| text(&body).map_err(BodyError::as_str).map(str::to_owned);
        let unreadable = AnswerBody::Whole(Bytes::from_static(&[0xff]));
        assert_eq!(why(AnswerBody::Cut), Err("cut"));
        assert_eq!(why(AnswerBody::TooLarge), Err("too-large"));
        assert_eq!(why(unreadable), Err("unreadable"));
        assert_eq!(why(AnswerBody::Whole(Bytes::new())), Ok(String::new()));
    }
}
