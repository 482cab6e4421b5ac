//! The first line is the status of a token endpoint's answer, the second a header, the rest its body.
#![no_main]

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cxone_dtmf_engine::auth::{LONGEST_LIFETIME, is_bearer_token, read_answer};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::http::{Answer, AnswerBody};
use cxone_dtmf_fuzz::first_line;
use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "s3cr3t of+mine";
const SCOPE: &str = "telephony:call:control telephony:line:readwrite";

fuzz_target!(|data: &[u8]| {
    let (status, rest) = first_line(data);
    let (header, body) = first_line(rest);
    let status = StatusCode::from_bytes(status).unwrap_or(StatusCode::OK);
    let mut headers = HeaderMap::new();
    if let Some(colon) = header.iter().position(|byte| *byte == b':')
        && let Ok(name) = HeaderName::from_bytes(&header[..colon])
        && let Ok(value) = HeaderValue::from_bytes(header[colon + 1..].trim_ascii())
    {
        headers.insert(name, value);
    }
    let answer = Answer {
        status,
        headers,
        body: AnswerBody::Whole(Bytes::copy_from_slice(body)),
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    match read_answer(&answer, SCOPE, &[Secret::new(SECRET.to_owned())], now) {
        Ok(granted) => {
            assert!(status.is_success());
            assert!(is_bearer_token(&granted.access_token));
            // What is granted can stand in a header.
            let bearer = format!("Bearer {}", granted.access_token.expose());
            assert!(HeaderValue::try_from(bearer).is_ok());
            assert!(granted.lifetime <= LONGEST_LIFETIME);
        }
        Err(error) => {
            assert_eq!(error.delivery, Delivery::NotSent);
            let shown = format!("{error:?}");
            assert!(!shown.contains(SECRET), "{shown}");
            if status.is_success() {
                // An answer that should have held a token may hold it anywhere: nothing of it is told.
                assert_eq!(error.response, None);
                assert!(error.message.is_ascii() && error.message.len() < 300);
            }
        }
    }
});
