//! Answers, whole or cut in the middle.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use serde::Serialize;

/// The connection ends here on purpose.
#[derive(Debug)]
pub(super) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

/// What the simulator decided to say.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
}

#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a str,
    error_description: &'a str,
}

impl Answer {
    pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
        .with(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// A refusal in the form of OAuth (RFC 6749 §5.2), which the API uses for its own as well.
    pub(super) fn refusal(status: StatusCode, error: &str, error_description: &str) -> Self {
        Self::json(
            status,
            &Refusal {
                error,
                error_description,
            },
        )
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a header unless there is one of that name.
    pub(super) fn or_with(self, name: HeaderName, value: &'static str) -> Self {
        if self.headers.iter().any(|(present, _)| *present == name) {
            self
        } else {
            self.with(name, HeaderValue::from_static(value))
        }
    }

    pub(super) fn whole(self) -> Response<AnswerBody> {
        let body = AnswerBody {
            length: self.body.len() as u64,
            cut: None,
            chunk: (!self.body.is_empty()).then_some(self.body),
        };
        assemble(self.status, self.headers, body)
    }

    /// Announces the whole body and sends only half of it.
    pub(super) fn truncated(mut self) -> Response<AnswerBody> {
        let half = self.body.split_to(self.body.len() / 2);
        let length = (half.len() + self.body.len()).max(1) as u64;
        let body = AnswerBody {
            length,
            cut: Some(Flush::Due),
            chunk: (!half.is_empty()).then_some(half),
        };
        assemble(self.status, self.headers, body)
    }
}

fn assemble(
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: AnswerBody,
) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
    response
}

/// Whether hyper had a chance to write out what it has before the connection breaks.
#[derive(Debug, PartialEq, Eq)]
enum Flush {
    Due,
    Done,
}

/// The body of an answer.
#[derive(Debug)]
pub(super) struct AnswerBody {
    /// What `Content-Length` says.
    length: u64,
    /// Set when the body ends in a broken connection.
    cut: Option<Flush>,
    chunk: Option<Bytes>,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        if let Some(chunk) = self.chunk.take() {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        match self.cut {
            None => Poll::Ready(None),
            // hyper flushes when a body is not ready, and drops what is buffered when a body fails.
            Some(Flush::Due) => {
                self.cut = Some(Flush::Done);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Flush::Done) => Poll::Ready(Some(Err(Closed))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.chunk.is_none() && self.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
