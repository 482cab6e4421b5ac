//! Reading an answer whose status line is there: from here on nothing is a fault any more.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use super::{Answer, AnswerBody, MAX_ANSWER_BYTES};

/// Reads the body within `time`, and at most [`MAX_ANSWER_BYTES`] of it.
pub(super) async fn read(mut response: Response, time: Duration) -> Answer {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let body = tokio::time::timeout(time, read_body(response))
        .await
        .unwrap_or(AnswerBody::Cut);
    Answer {
        status,
        headers,
        body,
    }
}

async fn read_body(mut response: Response) -> AnswerBody {
    let announced = response.content_length();
    if announced.is_some_and(|length| length > MAX_ANSWER_BYTES as u64) {
        return AnswerBody::TooLarge;
    }
    let mut whole = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if whole.len() + chunk.len() > MAX_ANSWER_BYTES => {
                return AnswerBody::TooLarge;
            }
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
            Ok(None) => return AnswerBody::Whole(Bytes::from(whole)),
            Err(_) => return AnswerBody::Cut,
        }
    }
}
