//! The law of answers: whatever bytes a platform answers with, a status that is there is believed, nothing told in confidence
//! is shown, and reading them ends within bounds.
//!
//! The bytes go the way that an answer over HTTP/1.1 goes, from the parser of the client on; only the socket is memory. The
//! tests of the engine run this file over seeds and random bytes.

use std::io::{self, Write as _};
use std::pin::{Pin, pin};
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::api::agent_session::AgentSession;
use cxone_dtmf_engine::api::telephony_v2::TelephonyV2;
use cxone_dtmf_engine::api::{
    AttemptResult, Classification, DeliveryPolicy, WireProfile, body_text, response,
};
use cxone_dtmf_engine::auth::refuses_token;
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Response;
use cxone_dtmf_engine::http::{Answer, AnswerBody, MAX_ANSWER_BYTES};
use cxone_dtmf_engine::json;
use cxone_dtmf_engine::redact::{DigitRedactor, Redactor};
use cxone_dtmf_engine::retry::{ResendWhenUnknown, retry_after_of};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::Request;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::rt::{Read, ReadBufCursor, Write};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::secrets::{assert_unseen, encoded, is_sought};
use super::{assert_hidden, assert_hidden_in, digits, first_line};

/// For the time-out of the body, which never runs out.
static TIMERS: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

/// How many decodings of a secret are tried: each one more is five times the work.
const DEPTH: usize = 2;

/// The lines are the digits, a secret, and how both are written; what follows is the answer, in which `{D}` and `{S}` stand for
/// the two. Tells whether a body was read to its end; `None` where there is nothing to look for.
pub fn check(data: &[u8]) -> Option<bool> {
    let (line, rest) = first_line(data);
    let (secret, rest) = first_line(rest);
    let (ways, rest) = first_line(rest);
    let digits = digits(line)?;
    let secret = std::str::from_utf8(secret).ok()?;
    if !is_sought(secret) {
        return None;
    }
    let confidence = Confidence {
        digits: &digits,
        secret,
    };
    let bytes = confidence.put_into(rest, ways);
    let piece = usize::from(ways.first().copied().unwrap_or(u8::MAX)) + 1;

    let heard = Answer::heard(&bytes);
    let read = exchange(&bytes, piece);
    if let Some(read) = &read {
        let heard = heard
            .as_ref()
            .expect("hyper found a status, and we did not");
        assert_eq!(heard.status, read.status, "hyper found another status");
        assert_eq!(
            retry_after(heard),
            retry_after(read),
            "hyper waits otherwise"
        );
    }
    let answer = read.or(heard);
    if let Some(status) = written(&bytes) {
        let status_read = answer.as_ref().map(|answer| answer.status.as_u16());
        assert_eq!(status_read, Some(status), "a status that is there");
    }
    let Some(answer) = answer else {
        return Some(false);
    };
    believe(&answer);
    confidence.assert_kept(&answer, bytes.len());
    Some(matches!(answer.body, AnswerBody::Whole(_)))
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    retry_after_of(&answer.headers, now)
}

/// The status of the first answer that is not interim, where all up to it keeps to RFC 9112 in every letter.
fn written(bytes: &[u8]) -> Option<u16> {
    let mut rest = bytes;
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let line = rest[..end].strip_prefix(b"HTTP/1.")?;
        let &[
            b'0' | b'1',
            b' ',
            a @ b'1'..=b'9',
            b,
            c,
            b' ',
            ref reason @ ..,
        ] = line
        else {
            return None;
        };
        if !(b.is_ascii_digit() && c.is_ascii_digit()) || reason.contains(&b'\n') {
            return None;
        }
        let status = [a, b, c]
            .iter()
            .fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
        if status == 101 || status >= 200 {
            return Some(status);
        }
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let (interim, after) = rest.split_at(end);
        if interim
            .windows(2)
            .any(|two| two[0] != b'\r' && two[1] == b'\n')
        {
            return None;
        }
        rest = after;
    }
}

/// What RFC 9110 says of a status: it may have been carried out after a 408 and a 5xx only, and what is no final status says
/// nothing.
fn believe(answer: &Answer) {
    let status = answer.status.as_u16();
    let retry_after = retry_after(answer);
    for atomic in [false, true] {
        let expected = match status {
            200..=299 => Delivery::Accepted,
            503 if atomic || retry_after.is_some() => Delivery::Refused,
            500 if atomic => Delivery::Refused,
            408 | 500..=599 | ..=199 | 600.. => Delivery::Unknown,
            300..=499 => Delivery::Refused,
        };
        let result = AttemptResult::Answered {
            status,
            retry_after,
            token_refused: refuses_token(answer),
        };
        let policy = DeliveryPolicy {
            atomic_server_errors: atomic,
            resend_when_unknown: ResendWhenUnknown::Never,
        };
        let profiles: [&dyn WireProfile; 2] = [&TelephonyV2::default(), &AgentSession::default()];
        for profile in profiles {
            let delivery = match profile.classify(&result, &policy) {
                Classification::Accepted => Delivery::Accepted,
                Classification::Failed(failure) => failure.delivery,
            };
            assert_eq!(delivery, expected, "{status}");
        }
    }
}

/// What an answer must not show.
struct Confidence<'a> {
    digits: &'a str,
    secret: &'a str,
}

impl Confidence<'_> {
    /// The answer with both in the places that it names, encoded, and its body coded, as `ways` has it.
    fn put_into(&self, answer: &[u8], ways: &[u8]) -> Vec<u8> {
        let form = |text: &str| {
            let encodings = ways.iter().filter(|way| way.is_ascii_digit()).take(4);
            encodings.fold(text.to_owned(), |text, way| encoded(text, way - b'0'))
        };
        let filled = replaced(answer, b"{D}", form(self.digits).as_bytes());
        let filled = replaced(&filled, b"{S}", form(self.secret).as_bytes());
        let body = filled.windows(4).position(|four| four == b"\r\n\r\n");
        let Some((head, body)) = body.map(|at| filled.split_at(at + 4)) else {
            return filled;
        };
        match coded(body, ways) {
            Some(body) => [head, &body].concat(),
            None => filled,
        }
    }

    /// Nothing that is made of the answer holds them, and it is about as long as the answer at most.
    fn assert_kept(&self, answer: &Answer, length: usize) {
        let digits = [DigitRedactor::from_digits(self.digits)];
        let secrets = [Secret::new(self.secret.to_owned())];
        let redactor = Redactor {
            digits: &digits,
            secrets: &secrets,
        };
        let seen = response(answer, redactor);
        let headers = seen.headers.iter().flat_map(|(name, value)| [name, value]);
        let details = [&seen.details.reason, &seen.details.trace_id];
        let texts: Vec<_> = headers.chain(details.into_iter().flatten()).collect();
        for text in &texts {
            self.assert_not_in(text);
        }
        self.assert_not_in_value(&seen.data);

        let body = body_text(&answer.body).unwrap_or_default();
        // The placeholder may be longer than what it stands for.
        let bound = 5 * (length + body.len());
        assert!(texts.iter().map(|text| text.len()).sum::<usize>() <= bound);
        assert!(size(&seen) <= bound, "shown: {}", size(&seen));
        if let AnswerBody::Whole(body) = &answer.body {
            assert!(body.len() <= MAX_ANSWER_BYTES);
        }

        // As listeners get the answer to digits that were accepted.
        let redacted = redactor.body(body);
        let shown = redacted.as_deref().unwrap_or(body);
        match json::read(shown) {
            Some(value) => self.assert_not_in_value(&value),
            None => self.assert_not_in(shown),
        }
        assert_hidden(self.digits, shown);
        assert_unseen(self.secret, shown, 0);
    }

    fn assert_not_in(&self, text: &str) {
        assert_hidden(self.digits, text);
        assert_unseen(self.secret, text, DEPTH);
    }

    fn assert_not_in_value(&self, value: &Value) {
        assert_hidden_in(self.digits, value);
        match value {
            Value::String(text) => assert_unseen(self.secret, text, DEPTH),
            Value::Number(number) => assert_unseen(self.secret, &number.to_string(), 0),
            Value::Array(items) => items.iter().for_each(|item| self.assert_not_in_value(item)),
            Value::Object(fields) => {
                for (key, value) in fields {
                    assert_unseen(self.secret, key, DEPTH);
                    self.assert_not_in_value(value);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

/// The bytes of the texts that an answer is shown with.
fn size(seen: &Response) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(of).sum(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| key.len() + of(value))
                .sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
    }
    of(&seen.data)
}

fn replaced(text: &[u8], mark: &[u8], by: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark) {
        whole.extend_from_slice(&rest[..at]);
        whole.extend_from_slice(by);
        rest = &rest[at + mark.len()..];
    }
    whole.extend_from_slice(rest);
    whole
}

/// The body under the coding that a letter names.
fn coded(body: &[u8], ways: &[u8]) -> Option<Vec<u8>> {
    let level = Compression::fast();
    if ways.contains(&b'g') {
        let mut coder = GzEncoder::new(Vec::new(), level);
        coder.write_all(body).ok()?;
        coder.finish().ok()
    } else if ways.contains(&b'z') {
        let mut coder = ZlibEncoder::new(Vec::new(), level);
        coder.write_all(body).ok()?;
        coder.finish().ok()
    } else {
        None
    }
}

/// Sends a request to a server that answers with these bytes, so many at once, and ends the connection. As lenient as the
/// transport of the digits.
fn exchange(bytes: &[u8], piece: usize) -> Option<Answer> {
    let wire = Wire {
        asked: false,
        rest: bytes.to_vec(),
        piece,
    };
    let _timers = TIMERS.enter();
    let mut exchange = pin!(async {
        let handshake = http1::Builder::new()
            .max_headers(1_000)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .handshake(wire);
        let (mut sender, connection) = handshake.await.ok()?;
        let mut connection = Some(Box::pin(connection));
        let request = Request::post("/dtmf").body(Empty::<Bytes>::new()).ok()?;
        let mut answering = pin!(async {
            let response = sender.send_request(request).await.ok()?;
            Some(Answer::read(response, Duration::from_secs(3_600), MAX_ANSWER_BYTES).await)
        });
        std::future::poll_fn(|context| {
            let ended = connection
                .as_mut()
                .is_some_and(|connection| connection.as_mut().poll(context).is_ready());
            if ended {
                connection = None;
            }
            answering.as_mut().poll(context)
        })
        .await
    });
    let mut context = Context::from_waker(Waker::noop());
    // Each step takes some of the bytes, or is one of the few around them.
    (0..bytes.len() + 64)
        .find_map(|_| match exchange.as_mut().poll(&mut context) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
        .expect("it ends in as many steps as there are bytes")
}

/// A connection in memory.
struct Wire {
    /// The request came: an answer before it belongs to none.
    asked: bool,
    rest: Vec<u8>,
    piece: usize,
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.asked {
            return Poll::Pending;
        }
        let length = self.rest.len().min(self.piece).min(buffer.remaining());
        let piece: Vec<u8> = self.rest.drain(..length).collect();
        buffer.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.asked = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
