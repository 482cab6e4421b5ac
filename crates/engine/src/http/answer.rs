//! Reading an answer whose status line is there: from here on nothing is a fault any more.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Response;
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;

use super::coding;
use super::message::{Answer, AnswerBody};

impl Answer {
    /// Reads the body within `time`, at most `most` bytes of it, and undoes its codings. What becomes of the body
    /// changes nothing about the status.
    pub async fn read<B>(response: Response<B>, time: Duration, most: usize) -> Self
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (head, body) = response.into_parts();
        let body = tokio::time::timeout(time, read_body(body, most))
            .await
            .unwrap_or(AnswerBody::Cut);
        let body = match body {
            AnswerBody::Whole(bytes) => coding::decoded(&head.headers, bytes, most),
            other => other,
        };
        Self {
            status: head.status,
            headers: head.headers,
            body,
        }
    }
}

async fn read_body<B>(mut body: B, most: usize) -> AnswerBody
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.size_hint().lower() > most as u64 {
        return AnswerBody::TooLarge;
    }
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    loop {
        let frame = body.frame().await;
        match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(chunk))) if first.len() + whole.len() + chunk.len() > most => {
                return AnswerBody::TooLarge;
            }
            // Most answers come in one piece, which is kept as it is.
            Some(Ok(Ok(chunk))) if first.is_empty() && whole.is_empty() => first = chunk,
            Some(Ok(Ok(chunk))) => {
                whole.extend_from_slice(&std::mem::take(&mut first));
                whole.extend_from_slice(&chunk);
            }
            // Trailers.
            Some(Ok(Err(_))) => {}
            None if whole.is_empty() => return AnswerBody::Whole(first),
            None => return AnswerBody::Whole(whole.freeze()),
            Some(Err(_)) => return AnswerBody::Cut,
        }
    }
}
