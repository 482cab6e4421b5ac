//! Odd answers: each limit and each strictness of what is below the engine, just within and beyond. A status line
//! that arrived is believed, whatever comes after it.

use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::{BodyError, Code};
use cxone_dtmf_engine::outcome::Outcome;
use tokio::task::JoinSet;

use super::stage::{House, Stage, hasty};
use crate::support::http2_peer::{DATA, END_HEADERS, END_STREAM, HEADERS, Peer};
use crate::support::ms;
use crate::support::server::Server;

/// The kind of frame that goes on with the fields of another (RFC 9113 §6.10).
const CONTINUATION: u8 = 9;

/// How a server goes on after what it wrote.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Waits,
    Closes,
}
pub(super) use Then::{Closes, Waits};

pub(super) async fn press(
    house: &House,
    answer: Vec<u8>,
    then: Then,
    config: Config,
) -> (Outcome, usize) {
    let server = Server::tcp(move |mut connection| {
        let answer = answer.clone();
        async move {
            while connection.request().await.is_some() {
                connection.write(&answer).await;
                if matches!(then, Closes) {
                    return;
                }
            }
        }
    })
    .await;
    let base = format!("http://127.0.0.1:{}", server.port);
    let stage = Stage::new(house.api, &base, house.transport.clone(), config);
    let outcome = stage.press(&InjectionOptions::default()).await;
    ((*outcome).clone(), server.seen.requests())
}

fn status(outcome: &Outcome) -> Option<u16> {
    match &outcome.result {
        Ok(accepted) => Some(accepted.status),
        Err(error) => error.response.as_ref().map(|response| response.status),
    }
}

fn head(fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 202 Accepted\r\n{fields}content-length: 2\r\n\r\n{{}}").into_bytes()
}

fn hints(count: usize) -> Vec<u8> {
    b"HTTP/1.1 103 Hints\r\nlink: a\r\n\r\n".repeat(count)
}

fn fields(count: usize) -> String {
    let line = |number| format!("x-{number}: v\r\n");
    (0..count).map(line).collect()
}

fn wide(bytes: usize) -> String {
    format!("x-wide: {}\r\n", "w".repeat(bytes))
}

#[tokio::test]
async fn an_odd_head_is_read_with_its_body() {
    let house = House::new();
    for (name, answer) in [
        ("a folded line", head("x-a: one\r\n\ttwo\r\n  three\r\n")),
        (
            "a field that begins on its second line",
            head("x-a:\r\n one\r\n"),
        ),
        (
            "a control character in a value",
            head("x-a: o\x01n\x7fe\r\n"),
        ),
        ("bytes beyond ASCII in a value", head("x-a: Zürich\r\n")),
        ("a blank in a name", head("x a: one\r\n")),
        ("a blank before the colon", head("x-a : one\r\n")),
        ("a line without a colon", head("nonsense\r\n")),
        ("a name of nothing", head(": one\r\n")),
        ("a blank before the first name", head(" x-a: one\r\n")),
        (
            "lone line feeds",
            b"HTTP/1.1 202 OK\nx-a: 1\ncontent-length: 2\n\n{}".to_vec(),
        ),
        (
            "no reason",
            b"HTTP/1.1 202\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
        ),
        (
            "a reason beyond ASCII",
            "HTTP/1.1 202 Übernommen\r\ncontent-length: 2\r\n\r\n{}".into(),
        ),
        (
            "an empty line before it",
            b"\r\nHTTP/1.1 202 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
        ),
        ("interim answers", [hints(5), head("")].concat()),
        (
            "a flood of interim answers, with the answer in one piece",
            [hints(50), head("")].concat(),
        ),
        ("999 fields", head(&fields(999))),
        ("a long field", head(&wide(300_000))),
        ("the same length twice", head("content-length: 2\r\n")),
    ] {
        let (outcome, read) = press(&house, answer, Waits, hasty()).await;
        let accepted = outcome
            .result
            .as_ref()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (accepted.status, accepted.body_error, read),
            (202, None, 1),
            "{name}"
        );
        assert_eq!(&*accepted.body, "{}", "{name}");
    }
}

/// Each with the status line of an accepted request.
fn unreadable() -> Vec<(&'static str, Vec<u8>, Then)> {
    vec![
        ("1001 fields", head(&fields(1_001)), Waits),
        ("a head of two megabytes", head(&wide(2_000_000)), Waits),
        ("a NUL in a value", head("x-a: o\0ne\r\n"), Waits),
        ("a lone CR in a value", head("x-a: o\rne\r\n"), Waits),
        (
            "a name of 70,000 characters",
            head(&format!("{}: v\r\n", "n".repeat(70_000))),
            Waits,
        ),
        ("two lengths", head("content-length: 3\r\n"), Waits),
        (
            "a length of words",
            b"HTTP/1.1 202 A\r\ncontent-length: two\r\n\r\n{}".to_vec(),
            Waits,
        ),
        (
            "a length beyond numbers",
            head("content-length: 99999999999999999999\r\n"),
            Waits,
        ),
        (
            "a length below zero",
            b"HTTP/1.1 202 A\r\ncontent-length: -1\r\n\r\n".to_vec(),
            Waits,
        ),
        (
            "chunks over HTTP/1.0",
            b"HTTP/1.0 202 A\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n".to_vec(),
            Waits,
        ),
        (
            "HTTP/1.2",
            b"HTTP/1.2 202 A\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
            Waits,
        ),
        (
            "two blanks before the status",
            b"HTTP/1.1  202 A\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
            Waits,
        ),
        (
            "a control character in the reason",
            b"HTTP/1.1 202 A\x01B\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
            Waits,
        ),
    ]
}

/// The same, with an end or a silence in it.
fn broken_off() -> Vec<(&'static str, Vec<u8>, Then)> {
    vec![
        (
            "the end after the status line",
            b"HTTP/1.1 202 Accepted\r\n".to_vec(),
            Closes,
        ),
        (
            "the end within a field",
            b"HTTP/1.1 202 Accepted\r\nx-a: on".to_vec(),
            Closes,
        ),
        (
            "silence within a field",
            b"HTTP/1.1 202 Accepted\r\nx-a: on".to_vec(),
            Waits,
        ),
        (
            "the end after an interim answer and the status line",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 A\r\n".to_vec(),
            Closes,
        ),
    ]
}

#[tokio::test]
async fn a_head_that_nothing_below_can_read_has_a_status_all_the_same() {
    let mut presses = JoinSet::new();
    for house in House::each() {
        for (name, answer, then) in unreadable().into_iter().chain(broken_off()) {
            let house = house.clone();
            presses.spawn(async move {
                let mut config = hasty();
                config.timeout = ms(5_000);
                let (outcome, read) = press(&house, answer, then, config).await;
                let what = format!("{name}, {:?}: {:?}", house.api, outcome.result);
                let accepted = outcome.result.as_ref().expect(&what);
                assert_eq!((accepted.status, read), (202, 1), "{what}");
                assert_eq!(accepted.body_error, Some(BodyError::Cut), "{what}");
            });
        }
    }
    presses.join_all().await;
}

#[tokio::test]
async fn a_refusal_in_an_unreadable_head_is_one_and_its_fields_count() {
    let house = House::new();
    let mut config = hasty();
    config.atomic_server_errors = Some(false);
    let answer =
        b"HTTP/1.1 503 X\r\nx-a: \0\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n".to_vec();
    let (outcome, read) = press(&house, answer, Waits, config).await;
    let error = outcome.result.as_ref().expect_err("refused");
    assert_eq!(
        (outcome.delivery(), error.code, read),
        (Delivery::Refused, Code::Server, 1)
    );
    assert_eq!(error.retry_after, Some(ms(7_000)));
    assert_eq!(status(&outcome), Some(503));
}

/// Over a kept connection the answer of another request went before, which must not be taken for this one's.
#[tokio::test]
async fn what_is_no_status_line_stays_unknown() {
    let house = House::new();
    for (name, answer, then) in [
        ("nothing", &b""[..], Closes),
        ("a part of the status line", b"HTTP/1.1 202 Acc", Closes),
        (
            "more interim answers than are waited out",
            &*hints(6),
            Waits,
        ),
        (
            "an interim answer alone",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            Closes,
        ),
        ("another protocol", b"220 mail.test ESMTP\r\n\r\n", Waits),
        ("no number", b"HTTP/1.1 2x2 Accepted\r\n\r\n", Waits),
    ] {
        for kept in [false, true] {
            let (first, answer) = (head(""), answer.to_vec());
            let server = Server::tcp(move |mut connection| {
                let (first, answer) = (first.clone(), answer.clone());
                async move {
                    if kept {
                        connection.request().await;
                        connection.write(&first).await;
                    }
                    connection.request().await;
                    connection.write(&answer).await;
                    if matches!(then, Waits) {
                        connection.silence().await;
                    }
                }
            })
            .await;
            let base = format!("http://127.0.0.1:{}", server.port);
            let stage = || Stage::new(house.api, &base, house.transport.clone(), hasty());
            if kept {
                let before = stage().press(&InjectionOptions::default()).await;
                assert_eq!(before.delivery(), Delivery::Accepted);
            }
            let outcome = stage().press(&InjectionOptions::default()).await;
            assert_eq!(
                outcome.delivery(),
                Delivery::Unknown,
                "{name}, kept: {kept}"
            );
            assert_eq!(server.seen.connections(), 1, "{name}, kept: {kept}");
        }
    }
}

/// A field that is not in any table, its value in one frame (RFC 7541 §6.2.2).
pub(super) fn literal(name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![0];
    for text in [name, value] {
        // An integer of a prefix of seven bits (RFC 7541 §5.1).
        let mut length = text.len();
        if length < 127 {
            block.push(u8::try_from(length).unwrap());
        } else {
            block.push(127);
            length -= 127;
            while length >= 128 {
                block.push(u8::try_from(length % 128 + 128).unwrap());
                length /= 128;
            }
            block.push(u8::try_from(length).unwrap());
        }
        block.extend(text.as_bytes());
    }
    block
}

pub(super) async fn over_http2(house: &House, fields: Vec<u8>) -> Outcome {
    in_frames(house, [literal(":status", "202"), fields].concat(), 16_384).await
}

/// An answer with this block of fields, so many bytes of it in each frame, and a body of two bytes.
pub(super) async fn in_frames(house: &House, block: Vec<u8>, size: usize) -> Outcome {
    let server = Server::tls(house.identity.config(&["h2"]), move |connection| {
        let block = block.clone();
        async move {
            let mut peer = Peer::accept(connection).await;
            while let Some(stream) = peer.request().await {
                let last = block.len().div_ceil(size) - 1;
                for (number, part) in block.chunks(size).enumerate() {
                    let kind = if number == 0 { HEADERS } else { CONTINUATION };
                    let flags = if number == last { END_HEADERS } else { 0 };
                    peer.write(kind, flags, stream, part).await;
                }
                peer.write(DATA, END_STREAM, stream, b"{}").await;
            }
        }
    })
    .await;
    let base = format!("https://localhost:{}", server.port);
    let stage = Stage::new(house.api, &base, house.transport.clone(), hasty());
    (*stage.press(&InjectionOptions::default()).await).clone()
}

#[tokio::test]
async fn long_heads_over_http2_are_read() {
    let house = House::new();
    let many: Vec<u8> = (0..999)
        .flat_map(|number| literal(&format!("x-{number}"), "v"))
        .collect();
    for (name, fields) in [
        ("17 KB", literal("x-wide", &"w".repeat(17_000))),
        ("32 KB", literal("x-wide", &"w".repeat(32_768))),
        (
            "a megabyte, nearly",
            literal("x-wide", &"w".repeat(1_048_000)),
        ),
        ("999 fields", many),
    ] {
        let outcome = over_http2(&house, fields).await;
        let accepted = outcome
            .result
            .as_ref()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (accepted.status, accepted.body_error),
            (202, None),
            "{name}"
        );
    }
}

/// The client said how much it reads before it was answered, and of such an answer no field is there, the status neither.
#[tokio::test]
async fn beyond_the_limit_that_it_was_told_an_answer_over_http2_is_none() {
    let outcome = over_http2(&House::new(), literal("x-wide", &"w".repeat(1_050_000))).await;
    assert_eq!(outcome.delivery(), Delivery::Unknown);
}
