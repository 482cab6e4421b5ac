//! From the bytes of an answer to what a caller sees of it.

use serde_json::Value;

use super::details;
use crate::error::{BodyError, Details, Response};
use crate::http::{Answer, AnswerBody};
use crate::json;
use crate::redact::Redactor;

/// The body as text, without a byte order mark. Empty when there was none.
pub fn body_text(body: &AnswerBody) -> Result<&str, BodyError> {
    match body {
        AnswerBody::Whole(bytes) => json::text(bytes).ok_or(BodyError::Unreadable),
        AnswerBody::Cut => Err(BodyError::Cut),
        AnswerBody::TooLarge => Err(BodyError::TooLarge),
        AnswerBody::Coded(coding) => Err(BodyError::Coded(coding)),
    }
}

/// The answer as an error carries it: redacted everywhere, without the headers that carry credentials.
#[must_use]
pub fn response(answer: &Answer, redactor: Redactor<'_>) -> Response {
    let body = body_text(&answer.body);
    let data = match body {
        Ok("") | Err(_) => Value::Null,
        Ok(text) => json::read(text).unwrap_or_else(|| Value::String(text.to_owned())),
    };
    let mut response = Response {
        status: answer.status.as_u16(),
        headers: redactor.headers(&answer.headers),
        data: redactor.value(data),
        body_error: body.err(),
        details: Details::default(),
    };
    let Details { reason, trace_id } = details::read(&response);
    // Once more, since a secret may have a blank where the server wrote the end of a line.
    let redacted = |text: String| redactor.text(&text);
    response.details = Details {
        reason: reason.map(redacted),
        trace_id: trace_id.map(redacted),
    };
    response
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode};
    use serde_json::json;

    use super::*;
    use crate::redact::DigitRedactor;

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
        let data = |answer: &Answer| response(answer, Redactor::default()).data;
        assert_eq!(data(&whole(r#"{"a":[1]}"#)), json!({"a": [1]}));
        assert_eq!(data(&whole("<h1>no</h1>")), json!("<h1>no</h1>"));
        assert_eq!(data(&whole("")), Value::Null);
        assert_eq!(data(&answer(AnswerBody::Cut)), Value::Null);
        assert_eq!(data(&answer(AnswerBody::TooLarge)), Value::Null);
        let binary = AnswerBody::Whole(Bytes::from_static(&[0xff, 0xfe]));
        assert_eq!(data(&answer(binary)), Value::Null);
    }

    #[test]
    fn the_sequence_is_hidden_everywhere() {
        let digits = [DigitRedactor::from_digits("4711")];
        let redactor = Redactor {
            digits: &digits,
            secrets: &[],
        };
        let seen = response(&whole(r#"{"4711":"x4711y","n":4711}"#), redactor);
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
    fn a_secret_does_not_come_about_in_the_reason() {
        let secrets = [crate::Secret::new("two words".to_owned())];
        let redactor = Redactor {
            digits: &[],
            secrets: &secrets,
        };
        let seen = response(&whole("{\"message\":\"no: two\\nwords\"}"), redactor);
        assert_eq!(seen.details.reason.as_deref(), Some("no: *****"));
    }

    #[test]
    fn why_a_body_is_not_there_has_a_name() {
        let why = |body| {
            body_text(&body)
                .map_err(|error| error.as_str().into_owned())
                .map(str::to_owned)
        };
        let unreadable = AnswerBody::Whole(Bytes::from_static(&[0xff]));
        for (body, name) in [
            (AnswerBody::Cut, "cut"),
            (AnswerBody::TooLarge, "too-large"),
            (unreadable, "unreadable"),
            (AnswerBody::Coded("zstd"), "coded: zstd"),
        ] {
            assert_eq!(why(body), Err(name.to_owned()));
        }
        assert_eq!(why(AnswerBody::Whole(Bytes::new())), Ok(String::new()));
    }
}
