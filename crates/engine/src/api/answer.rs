//! From the bytes of an answer to what a caller sees of it.

use http::HeaderMap;
use serde_json::Value;

use crate::Secret;
use crate::error::{BodyError, Details, Response};
use crate::http::{Answer, AnswerBody};
use crate::redact::{Mask, secrets};

/// The body as text. Empty when there was none.
pub fn text(body: &AnswerBody) -> Result<&str, BodyError> {
    match body {
        AnswerBody::Whole(bytes) => std::str::from_utf8(bytes).map_err(|_| BodyError::Unreadable),
        AnswerBody::Cut => Err(BodyError::Cut),
        AnswerBody::TooLarge => Err(BodyError::TooLarge),
    }
}

/// What must not be seen of an answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Redactions<'a> {
    /// The digits in each form in which they were sent, unless they are to be shown.
    pub digits: &'a [Mask],
    /// The token and other secrets of the request, which a server may echo.
    pub secrets: &'a [Secret],
}

impl Redactions<'_> {
    fn text(&self, text: &str) -> String {
        let text = secrets::masked_all(text, self.secrets);
        self.digits
            .iter()
            .fold(text, |text, mask| mask.text(&text).into_owned())
    }

    fn value(&self, value: Value) -> Value {
        let value = secrets::masked_value(value, self.secrets);
        self.digits
            .iter()
            .fold(value, |value, mask| mask.value(value))
    }
}

/// The answer as an error carries it: what is hidden is masked everywhere in it, and headers that carry
/// credentials are left out.
#[must_use]
pub fn response(answer: &Answer, hidden: Redactions<'_>) -> Response {
    let body = text(&answer.body);
    let data = match body {
        Ok("") | Err(_) => Value::Null,
        Ok(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    };
    Response {
        status: answer.status.as_u16(),
        headers: headers(&answer.headers, hidden),
        data: hidden.value(data),
        body_error: body.err(),
        details: Details::default(),
    }
}

/// Several values of one name are joined by a comma, as axios programs know it.
fn headers(headers: &HeaderMap, hidden: Redactions<'_>) -> Vec<(String, String)> {
    headers
        .keys()
        .filter(|name| !secrets::HIDDEN_HEADERS.contains(&name.as_str()))
        .map(|name| {
            let values: Vec<_> = headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            (hidden.text(name.as_str()), hidden.text(&values.join(", ")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderValue, StatusCode};
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
        let data = |answer: &Answer| response(answer, Redactions::default()).data;
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
        let masks = [Mask::from_digits("4711")];
        let hidden = Redactions {
            digits: &masks,
            secrets: &[],
        };
        let seen = response(&whole(r#"{"4711":"x4711y","n":4711}"#), hidden);
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
