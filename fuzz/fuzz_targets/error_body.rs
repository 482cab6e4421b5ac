//! The first line names the digits, the second a header's value, the rest is the body of an error.
#![no_main]

use bytes::Bytes;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::api::response;
use cxone_dtmf_engine::http::{Answer, AnswerBody};
use cxone_dtmf_engine::redact::{DigitRedactor, Redactor};
use cxone_dtmf_fuzz::{assert_hidden, assert_hidden_in, digits, first_line};
use http::StatusCode;
use http::header::{HeaderMap, HeaderValue};
use libfuzzer_sys::{Corpus, fuzz_target};

/// What the request carried, which a server may echo.
const TOKEN: &str = "eyJ0.ab-c_d";

fuzz_target!(|data: &[u8]| -> Corpus {
    let (line, rest) = first_line(data);
    let (header, body) = first_line(rest);
    let Some(digits) = digits(line) else {
        return Corpus::Reject;
    };
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(header) {
        headers.append("x-reason", value.clone());
        headers.append("x-reason", value);
    }
    let answer = Answer {
        status: StatusCode::BAD_REQUEST,
        headers,
        body: AnswerBody::Whole(Bytes::copy_from_slice(body)),
    };
    let redactor = DigitRedactor::from_digits(&digits);
    let secrets = [Secret::new(TOKEN.to_owned())];
    let seen = response(
        &answer,
        Redactor {
            digits: std::slice::from_ref(&redactor),
            secrets: &secrets,
        },
    );
    for (name, value) in &seen.headers {
        assert_hidden(&digits, name);
        assert_hidden(&digits, value);
    }
    assert_hidden_in(&digits, &seen.data);
    assert!(!format!("{seen:?}").contains(TOKEN));
    Corpus::Keep
});
