//! The head of an HTTP/1.1 answer, read as far as it can be.
//!
//! The parser below this crate gives up a whole answer for one field that breaks a rule. What a server decided is in its
//! status line all the same, so this reads the line and what fields it can.

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::message::{Answer, AnswerBody};

/// Fields beyond these are not read.
const MOST_FIELDS: usize = 1_000;

impl Answer {
    /// The status and the readable fields of the first answer over HTTP/1.1 that is not interim (RFC 9110 §15.2), in what a
    /// connection brought. The body counts as cut. `None` until the status line is whole.
    #[must_use]
    pub fn heard(bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map_while(|line| line.strip_suffix(b"\n"))
            // A lone LF ends a line too (RFC 9112 §2.2).
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        loop {
            let line = lines.by_ref().find(|line| !line.is_empty())?;
            let status = status(line)?;
            let mut head = lines.by_ref().take_while(|line| !line.is_empty());
            let headers = fields(head.by_ref());
            // Those that are not read.
            head.for_each(drop);
            if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
                return Some(Self {
                    status,
                    headers,
                    body: AnswerBody::Cut,
                });
            }
        }
    }
}

/// Reads a status line by its words, as RFC 9112 §4 allows.
fn status(line: &[u8]) -> Option<StatusCode> {
    let mut words = line.split(|byte| matches!(byte, b' ' | b'\t'));
    let version = words.next()?.strip_prefix(b"HTTP/1.")?;
    let code = words.find(|word| !word.is_empty())?;
    matches!(version, [b'0'..=b'9'])
        .then(|| StatusCode::from_bytes(code).ok())
        .flatten()
}

/// The fields whose names and values are allowed. A folded line is joined by a blank (RFC 9112 §5.2).
fn fields<'a>(lines: impl Iterator<Item = &'a [u8]>) -> HeaderMap {
    let mut unfolded: Vec<Vec<u8>> = Vec::new();
    for line in lines.take(MOST_FIELDS) {
        match (line, unfolded.last_mut()) {
            ([b' ' | b'\t', ..], Some(before)) => {
                before.push(b' ');
                before.extend_from_slice(line.trim_ascii());
            }
            _ => unfolded.push(line.to_vec()),
        }
    }
    let mut fields = HeaderMap::new();
    for line in unfolded {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts
            .next()
            .map(|name| HeaderName::from_bytes(name.trim_ascii_end()));
        let value = parts
            .next()
            .map(|value| HeaderValue::from_bytes(value.trim_ascii()));
        if let (Some(Ok(name)), Some(Ok(value))) = (name, value) {
            fields.append(name, value);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn status_of(text: &str) -> Option<u16> {
        Answer::heard(text.as_bytes()).map(|answer| answer.status.as_u16())
    }

    #[test]
    fn a_whole_status_line_is_enough() {
        for (text, expected) in [
            ("HTTP/1.1 202 Accepted\r\n", Some(202)),
            ("HTTP/1.0 503\r\n", Some(503)),
            ("HTTP/1.1  404  Not\x01Here\nx", Some(404)),
            ("\r\nHTTP/1.7 999 \r\n\r\n", Some(999)),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", Some(101)),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 409 X\r\n", Some(409)),
            (
                "HTTP/1.1 103 Hints\nlink: x\n\nHTTP/1.1 100 X\n\nHTTP/1.1 202 X\n",
                Some(202),
            ),
            ("HTTP/1.1 100 Continue\r\n\r\n", None),
            ("HTTP/1.1 100 Continue\r\nx: HTTP/1.1 202 X\r\n", None),
            ("HTTP/1.1 202 Accepted", None),
            ("HTTP/1.1 20\r\n", None),
            ("HTTP/1.1 2020 X\r\n", None),
            ("HTTP/1.1 099 X\r\n", None),
            ("HTTP/2 202 X\r\n", None),
            ("220 mail.test ESMTP\r\n\r\nHTTP/1.1 202 X\r\n", None),
            ("", None),
        ] {
            assert_eq!(status_of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn fields_beyond_the_limit_hide_no_status() {
        let many = "x: y\r\n".repeat(MOST_FIELDS + 1);
        let interim = format!("HTTP/1.1 103 Hints\r\n{many}\r\nHTTP/1.1 202 X\r\n");
        assert_eq!(status_of(&interim), Some(202));
    }

    #[test]
    fn fields_that_can_be_read_are() {
        let text =
            b"HTTP/1.1 503 X\r\nbad name: 1\r\nx-nul: a\0b\r\nRetry-After:\r\n\t7 \r\nno colon\r\n\
            date : Mon\r\n\r\nbody: 1\r\n";
        let answer = Answer::heard(text).expect("a status line");
        let found: Vec<_> = answer
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        assert_eq!(found, [("retry-after", b"7".as_slice()), ("date", b"Mon")]);
    }

    proptest! {
        #[test]
        fn no_bytes_after_the_status_line_change_it(code in 200_u16..=999, rest in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [format!("HTTP/1.1 {code} X\r\n").into_bytes(), rest].concat();
            let answer = Answer::heard(&bytes).expect("a status line");
            prop_assert_eq!(answer.status.as_u16(), code);
            prop_assert!(answer.headers.len() <= MOST_FIELDS);
        }
    }
}
