//! What answers become that are just within and just beyond a limit of what reads bodies, JSON, TLS and HTTP/2.

use std::io::Write as _;

use cxone_dtmf_engine::config::InjectionOptions;
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::{BodyError, Code};
use cxone_dtmf_engine::http::MAX_ANSWER_BYTES;
use cxone_dtmf_engine::json::MOST_DEPTH;
use cxone_dtmf_engine::outcome::Outcome;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::AsyncWriteExt as _;

use super::odd::{Closes, Then, Waits, in_frames, literal, over_http2, press};
use super::stage::{House, Stage, hasty};
use crate::support::http2_peer::{DATA, END_HEADERS, END_STREAM, HEADERS, Peer};
use crate::support::server::Server;

/// The head of an accepted request, and the body.
fn accepted(fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 202 Accepted\r\n{fields}\r\n");
    [head.as_bytes(), body].concat()
}

fn with_length(body: &[u8]) -> Vec<u8> {
    accepted(&format!("content-length: {}\r\n", body.len()), body)
}

fn in_chunks(body: &[u8]) -> Vec<u8> {
    let mut chunks = Vec::new();
    for chunk in body.chunks(10_000) {
        chunks.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        chunks.extend(chunk);
        chunks.extend(b"\r\n");
    }
    chunks.extend(b"0\r\n\r\n");
    accepted("transfer-encoding: chunked\r\n", &chunks)
}

fn zipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    let coded = encoder.finish().unwrap();
    let fields = format!(
        "content-encoding: gzip\r\ncontent-length: {}\r\n",
        coded.len()
    );
    accepted(&fields, &coded)
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_missing_beyond_it() {
    let house = House::new();
    let longest = vec![b'a'; MAX_ANSWER_BYTES];
    let longer = vec![b'a'; MAX_ANSWER_BYTES + 1];
    let chunked = "transfer-encoding: chunked\r\n";
    let (cut, large) = (Some(BodyError::Cut), Some(BodyError::TooLarge));
    let cases: Vec<(&str, Vec<u8>, Then, Option<BodyError>)> = vec![
        ("64 KB", with_length(&longest), Waits, None),
        ("64 KB and one", with_length(&longer), Waits, large),
        ("64 KB in chunks", in_chunks(&longest), Waits, None),
        ("64 KB and one in chunks", in_chunks(&longer), Waits, large),
        ("64 KB to the end", accepted("", &longest), Closes, None),
        (
            "64 KB and one to the end",
            accepted("", &longer),
            Closes,
            large,
        ),
        ("64 KB zipped", zipped(&longest), Waits, None),
        ("64 KB and one zipped", zipped(&longer), Waits, large),
        (
            "one byte too few",
            accepted("content-length: 3\r\n", b"{}"),
            Closes,
            cut,
        ),
        (
            "no last chunk",
            accepted(chunked, b"2\r\n{}\r\n"),
            Closes,
            cut,
        ),
        (
            "a chunk of no size",
            accepted(chunked, b"x\r\n{}\r\n0\r\n\r\n"),
            Waits,
            cut,
        ),
        (
            "a chunk longer than it says",
            accepted(chunked, b"1\r\n{}\r\n0\r\n\r\n"),
            Waits,
            cut,
        ),
    ];
    for (name, answer, then, why) in cases {
        let (outcome, read) = press(&house, answer, then, hasty()).await;
        let accepted = outcome
            .result
            .as_ref()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let seen = (accepted.status, accepted.body_error, read);
        assert_eq!(seen, (202, why, 1), "{name}");
        assert_eq!(accepted.body.is_empty(), why.is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_body_is_json_up_to_its_depth_and_form_and_text_beyond() {
    let house = House::new();
    let nested = |depth| format!("{}7{}", "[".repeat(depth), "]".repeat(depth));
    let (deepest, deeper) = (nested(MOST_DEPTH), nested(MOST_DEPTH + 1));
    for (body, is_json) in [
        (deepest.as_str(), true),
        (&deeper, false),
        (r#"{"a":"\ud83d","b":1e999}"#, true),
        (r#"{"a":"\ud8"}"#, false),
        ("{\"a\":1,}", false),
        ("[NaN]", false),
    ] {
        let length = body.len();
        let answer = format!("HTTP/1.1 400 No\r\ncontent-length: {length}\r\n\r\n{body}");
        let (outcome, _) = press(&house, answer.into_bytes(), Waits, hasty()).await;
        let error = outcome.result.as_ref().expect_err("refused");
        let response = error.response.as_ref().unwrap();
        let what = body.get(..20).unwrap_or(body);
        assert_eq!(
            (error.delivery, response.status, response.body_error),
            (Delivery::Refused, 400, None),
            "{what}"
        );
        assert_eq!(response.data == body, !is_json, "{what}");
        assert_eq!(response.data.is_string(), !is_json, "{what}");
    }
}

#[tokio::test]
async fn a_retry_after_that_nothing_can_read_is_as_if_it_were_not_there() {
    let house = House::new();
    for (value, is_read) in [
        ("7", true),
        ("Sat, 06 Nov 2094 08:49:37 GMT", true),
        ("Sun, 06 Nov 2094 08:49:37 GMT", false),
        ("Tuesday, 06-Nov-29 08:49:37 GMT", true),
        ("Sat Nov  6 08:49:37 2094", true),
        ("2094-11-06T08:49:37Z", false),
        ("7 s", false),
        ("-7", false),
        ("7.5", false),
        ("", false),
    ] {
        let mut config = hasty();
        config.atomic_server_errors = Some(false);
        let answer = format!("HTTP/1.1 503 X\r\nretry-after: {value}\r\ncontent-length: 0\r\n\r\n");
        let (outcome, _) = press(&house, answer.into_bytes(), Waits, config).await;
        let error = outcome.result.as_ref().expect_err("no acceptance");
        let (delivery, code) = if is_read {
            (Delivery::Refused, Code::Server)
        } else {
            (Delivery::Unknown, Code::OutcomeUnknown)
        };
        assert_eq!((error.delivery, error.code), (delivery, code), "{value}");
        assert_eq!(error.retry_after.is_some(), is_read, "{value}");
    }
}

/// What a server writes below TLS after its handshake.
#[derive(Clone, Copy, Debug)]
enum Below {
    /// A record that no key of the connection made.
    ForeignRecord,
    /// A record longer than any (RFC 8446 §5.2).
    LongRecord,
    /// An alert that is not encrypted.
    PlainAlert,
    /// What is no record at all.
    Text,
    /// The end, said by an alert.
    CloseNotify,
    /// The end, not said.
    End,
    /// Nothing any more.
    Silence,
}

impl Below {
    const ALL: [Self; 7] = [
        Self::ForeignRecord,
        Self::LongRecord,
        Self::PlainAlert,
        Self::Text,
        Self::CloseNotify,
        Self::End,
        Self::Silence,
    ];

    fn bytes(self) -> Vec<u8> {
        match self {
            Self::ForeignRecord => [&[0x17, 3, 3, 0, 32][..], &[7; 32]].concat(),
            Self::LongRecord => [&[0x17, 3, 3, 0xff, 0xff][..], &vec![7; 20_000]].concat(),
            Self::PlainAlert => vec![0x15, 3, 3, 0, 2, 2, 80],
            Self::Text => b"HTTP/1.1 202 Accepted\r\n\r\n".to_vec(),
            Self::CloseNotify | Self::End | Self::Silence => Vec::new(),
        }
    }
}

async fn over_tls(house: &House, before: &'static [u8], below: Below) -> Outcome {
    let config = house.identity.config(&["http/1.1"]);
    let server = Server::tls(config, move |mut connection| async move {
        connection.request().await;
        connection.write(before).await;
        let _ = connection.io.get_mut().0.write_all(&below.bytes()).await;
        match below {
            Below::CloseNotify => {
                let _ = connection.io.shutdown().await;
            }
            Below::End => {}
            _ => connection.silence().await,
        }
    })
    .await;
    let base = format!("https://localhost:{}", server.port);
    let mut config = hasty();
    config.timeout = crate::support::ms(2_000);
    let stage = Stage::new(house.api, &base, house.transport.clone(), config);
    let outcome = stage.press(&InjectionOptions::default()).await;
    assert_eq!(server.seen.requests(), 1, "{below:?}");
    (*outcome).clone()
}

#[tokio::test]
async fn what_breaks_tls_is_an_end_of_the_connection_and_the_status_before_it_counts() {
    let house = House::new();
    for below in Below::ALL {
        let outcome = over_tls(&house, b"HTTP/1.1 202 Accepted\r\nx-a: ", below).await;
        let accepted = outcome
            .result
            .as_ref()
            .unwrap_or_else(|error| panic!("{below:?}: {error}"));
        assert_eq!(
            (accepted.status, accepted.body_error),
            (202, Some(BodyError::Cut)),
            "{below:?}"
        );
        let outcome = over_tls(&house, b"HTTP/1.1 202 Acc", below).await;
        assert_eq!(outcome.delivery(), Delivery::Unknown, "{below:?}");
    }
}

#[tokio::test]
async fn new_keys_within_an_answer_change_nothing() {
    let house = House::new();
    let config = house.identity.config(&["http/1.1"]);
    let server = Server::tls(config, |mut connection| async move {
        connection.request().await;
        for part in [
            "HTTP/1.1 202 Acc",
            "epted\r\ncontent-length: 2\r\n\r\n{",
            "}",
        ] {
            connection.write(part.as_bytes()).await;
            connection.io.get_mut().1.refresh_traffic_keys().unwrap();
        }
        connection.silence().await;
    })
    .await;
    let base = format!("https://localhost:{}", server.port);
    let stage = Stage::new(house.api, &base, house.transport.clone(), hasty());
    let outcome = stage.press(&InjectionOptions::default()).await;
    let accepted = outcome.result.as_ref().unwrap();
    assert_eq!((accepted.status, accepted.body_error), (202, None));
    assert_eq!(&*accepted.body, "{}");
}

/// Each beside the status of an accepted request.
#[tokio::test]
async fn a_malformed_answer_over_http2_is_none() {
    let house = House::new();
    for (name, fields) in [
        ("a field of the connection", literal("connection", "close")),
        (
            "a coding of the transfer",
            literal("transfer-encoding", "chunked"),
        ),
        ("keep-alive", literal("keep-alive", "timeout=5")),
        ("an upgrade", literal("upgrade", "h2c")),
        ("a capital in a name", literal("X-A", "v")),
        ("a blank in a name", literal("x a", "v")),
        ("a line end in a value", literal("x-a", "v\r\nx-b: w")),
        ("a second status", literal(":status", "202")),
        ("an unknown pseudo field", literal(":state", "202")),
    ] {
        let outcome = over_http2(&house, fields).await;
        assert_eq!(outcome.delivery(), Delivery::Unknown, "{name}");
    }
    let late = [literal("x-a", "v"), literal(":status", "202")].concat();
    for block in [late, literal("x-a", "v"), literal(":status", "20")] {
        let outcome = in_frames(&house, block, 16_384).await;
        assert_eq!(outcome.delivery(), Delivery::Unknown);
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// An answer of 202 in one write, with a length of `said` and so much of a body.
async fn with_length_over_http2(house: &House, said: &'static str, body: &'static str) -> Outcome {
    let config = house.identity.config(&["h2"]);
    let server = Server::tls(config, move |connection| async move {
        let mut peer = Peer::accept(connection).await;
        while let Some(stream) = peer.request().await {
            let head = [literal(":status", "202"), literal("content-length", said)].concat();
            let (last, data) = if body.is_empty() {
                (END_STREAM, Vec::new())
            } else {
                (0, frame(DATA, END_STREAM, stream, body.as_bytes()))
            };
            let head = frame(HEADERS, END_HEADERS | last, stream, &head);
            let _ = peer.io.write_all(&[head, data].concat()).await;
            let _ = peer.io.flush().await;
        }
    })
    .await;
    let base = format!("https://localhost:{}", server.port);
    let stage = Stage::new(house.api, &base, house.transport.clone(), hasty());
    (*stage.press(&InjectionOptions::default()).await).clone()
}

#[tokio::test]
async fn over_http2_a_length_that_does_not_fit() {
    let house = House::new();
    for (said, body, delivery) in [
        ("2", "{}", Delivery::Accepted),
        ("1", "{}", Delivery::Accepted),
        ("3", "{}", Delivery::Accepted),
        ("0", "", Delivery::Accepted),
        ("2", "", Delivery::Unknown),
        ("two", "{}", Delivery::Unknown),
    ] {
        let outcome = with_length_over_http2(&house, said, body).await;
        assert_eq!(outcome.delivery(), delivery, "{said} of {body}");
    }
}

#[tokio::test]
async fn fields_over_http2_are_counted_by_names_and_by_frames() {
    /// What `http::HeaderMap` holds at most, three quarters of 32,768.
    const MOST_NAMES: usize = 24_576;
    /// The frames of a megabyte and a quarter more, as h2 counts them, and the last one.
    const MOST_CONTINUATIONS: usize = 81;
    let house = House::new();
    let named = |count: usize| -> Vec<u8> {
        (0..count)
            .flat_map(|number| literal(&format!("{number:x}"), ""))
            .collect()
    };
    for (count, delivery) in [
        (MOST_NAMES, Delivery::Accepted),
        (MOST_NAMES + 1, Delivery::Unknown),
    ] {
        let outcome = over_http2(&house, named(count)).await;
        assert_eq!(outcome.delivery(), delivery, "{count} names");
    }
    for (frames, delivery) in [
        (1 + MOST_CONTINUATIONS, Delivery::Accepted),
        (2 + MOST_CONTINUATIONS, Delivery::Unknown),
    ] {
        let status = literal(":status", "202");
        // The name, the value and their lengths.
        let fill = 10 * frames - status.len() - 6;
        let block = [status, literal("x", &"v".repeat(fill))].concat();
        assert_eq!(block.len().div_ceil(10), frames);
        let outcome = in_frames(&house, block, 10).await;
        assert_eq!(outcome.delivery(), delivery, "{frames} frames");
    }
}
