//! HTTP/1.1 in the clear: what is seen of each way in which an exchange can fail.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::http::{
    AnswerBody, DigitsTransport, FaultKind, HttpOptions, MAX_ANSWER_BYTES,
};
use http::{HeaderValue, Method};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use super::client::{BODY, fault, request, send};
use super::over::{Over, over_both};
use crate::support::server::{Connection, OK, Server, header};
use crate::support::{LONG, until};

over_both! {
    an_exchange_has_a_length_and_keeps_its_connection,
    nothing_is_added_to_the_head,
    connection_refused,
    name_not_found,
    accepted_then_closed_unread,
    read_then_closed,
    read_then_nonsense,
    silence,
    second_request_processed_then_reset,
    a_body_cut_short_is_an_answer,
    a_body_that_never_ends_is_an_answer_within_the_time,
    a_long_body_is_not_read_to_its_end,
    redirects_are_answers,
    giving_up_closes_the_connection,
    a_fresh_connection_on_request,
    connections_of_before_a_sleep_are_not_used,
    digits_in_the_head_are_witnessed_without_a_body,
    digits_in_the_head_are_witnessed_when_given_up,
    interim_answers_without_end_are_a_lost_connection,
    empty_lines_without_end_are_a_lost_connection
}

/// A short time-out is for the second request: it spends none of its time on the connection.
async fn answers_and_falls_silent(mut connection: Connection<TcpStream>) {
    connection.request().await;
    connection.write(OK).await;
    connection.request().await;
    connection.silence().await;
}

/// A port of 127.0.0.1 where nobody listens.
async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

async fn an_exchange_has_a_length_and_keeps_its_connection(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        while let Some(text) = connection.request().await {
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let exact = header(head, "content-length") == Some("16")
                && header(head, "transfer-encoding").is_none()
                && body.as_bytes() == BODY;
            connection.write(if exact { OK } else { b"?" }).await;
        }
    })
    .await;
    let transport = over.plain();
    for id in ["1", "2"] {
        let (answer, witnessed) = send(&transport, &server.http(), id).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-length"], "2");
        assert_eq!(answer.body, AnswerBody::Whole(Bytes::from_static(b"{}")));
        assert!(witnessed);
    }
    assert_eq!(server.seen.connections(), 1);
}

/// Besides `accept`, which every request of the engine brings.
async fn nothing_is_added_to_the_head(over: Over) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let told = heads.clone();
    let server = Server::tcp(move |mut connection| {
        let told = told.clone();
        async move {
            while let Some(text) = connection.request().await {
                let (head, _) = text.split_once("\r\n\r\n").unwrap();
                let mut lines: Vec<_> = head.lines().map(str::to_owned).collect();
                lines[1..].sort();
                told.lock().unwrap().push(lines);
                connection.write(OK).await;
            }
        }
    })
    .await;
    let transport = over.plain();
    for (method, body) in [
        (Method::POST, BODY),
        (Method::POST, b""),
        (Method::GET, b""),
    ] {
        let (mut request, _) = request(&format!("{}?a=%2B%20", server.http()), "1");
        request.method = method;
        request.body = Bytes::from_static(body);
        request
            .headers
            .insert("accept", HeaderValue::from_static("application/json"));
        transport.send(request).await.unwrap();
    }
    let host = format!("host: 127.0.0.1:{}", server.port);
    let (accept, id) = ("accept: application/json", "x-id: 1");
    let posted = "POST /dtmf?a=%2B%20 HTTP/1.1";
    let got = "GET /dtmf?a=%2B%20 HTTP/1.1";
    assert_eq!(
        *heads.lock().unwrap(),
        [
            vec![posted, accept, "content-length: 16", &host, id],
            vec![posted, accept, "content-length: 0", &host, id],
            vec![got, accept, &host, id],
        ]
    );
}

async fn connection_refused(over: Over) {
    let url = format!("http://127.0.0.1:{}/", closed_port().await);
    assert_eq!(
        fault(&over.plain(), &url, "1").await,
        (FaultKind::ConnectionRefused, false)
    );
}

async fn name_not_found(over: Over) {
    let transport = over.with(HttpOptions {
        connect_timeout: LONG,
        ..HttpOptions::default()
    });
    for url in [
        "http://nonexistent.invalid/",
        "https://nonexistent.invalid/",
    ] {
        assert_eq!(
            fault(&transport, url, "1").await,
            (FaultKind::NameLookup, false)
        );
    }
}

async fn accepted_then_closed_unread(over: Over) {
    for _ in 0..50 {
        let server = Server::tcp(|connection| async move { drop(connection) }).await;
        // Over loopback the end is mostly noticed before the body is pulled, and the witness is unset.
        // Further away the body is gone by then. Both are right: it is set when the digits may have left.
        let (kind, _) = fault(&over.plain(), &server.http(), "1").await;
        assert_eq!(kind, FaultKind::ConnectionLost);
        assert_eq!(server.seen.connections(), 1, "nothing is sent again");
    }
}

async fn read_then_closed(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.request().await;
    })
    .await;
    assert_eq!(
        fault(&over.plain(), &server.http(), "1").await,
        (FaultKind::ConnectionLost, true)
    );
    assert_eq!(server.seen.times("1"), 1);
}

async fn read_then_nonsense(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.request().await;
        connection.write(b"220 mail.test ESMTP\r\n\r\n").await;
    })
    .await;
    assert_eq!(
        fault(&over.plain(), &server.http(), "1").await,
        (FaultKind::ConnectionLost, true)
    );
}

async fn silence(over: Over) {
    let server = Server::tcp(answers_and_falls_silent).await;
    let transport = over.plain();
    send(&transport, &server.http(), "1").await.0.unwrap();
    let (mut request, witness) = request(&server.http(), "2");
    request.timeout = Duration::from_millis(100);
    let kind = transport.send(request).await.unwrap_err().kind;
    assert_eq!(kind, FaultKind::TimedOut);
    assert!(witness.was_handed_over());
}

async fn second_request_processed_then_reset(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.request().await;
        connection.write(OK).await;
        connection.request().await;
        connection.reset();
    })
    .await;
    let transport = over.plain();
    assert!(send(&transport, &server.http(), "1").await.0.is_ok());
    assert_eq!(
        fault(&transport, &server.http(), "2").await,
        (FaultKind::ConnectionLost, true)
    );
    assert_eq!(server.seen.connections(), 1);
    assert_eq!((server.seen.times("1"), server.seen.times("2")), (1, 1));
}

async fn a_body_cut_short_is_an_answer(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.request().await;
        connection
            .write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 99\r\n\r\n{\"a\"")
            .await;
    })
    .await;
    let (answer, _) = send(&over.plain(), &server.http(), "1").await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body),
        (202, AnswerBody::Cut)
    );
}

async fn a_body_that_never_ends_is_an_answer_within_the_time(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.request().await;
        connection.write(OK).await;
        connection.request().await;
        connection
            .write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 99\r\n\r\n{\"a\"")
            .await;
        connection.silence().await;
    })
    .await;
    let transport = over.plain();
    send(&transport, &server.http(), "1").await.0.unwrap();
    let (mut request, _) = request(&server.http(), "2");
    request.timeout = Duration::from_millis(500);
    let started = std::time::Instant::now();
    let answer = transport.send(request).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body),
        (202, AnswerBody::Cut)
    );
    assert!(started.elapsed() < LONG / 2);
}

async fn a_long_body_is_not_read_to_its_end(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        let text = connection.request().await.unwrap();
        let (length, announced) = match header(&text, "x-id").unwrap() {
            "announced" => (MAX_ANSWER_BYTES + 1, true),
            "chunked" => (MAX_ANSWER_BYTES + 1, false),
            _ => (MAX_ANSWER_BYTES, true),
        };
        let head = if announced {
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n")
        } else {
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n")
        };
        connection.write(head.as_bytes()).await;
        connection.write(&vec![b'x'; length]).await;
        // The end of a chunked body never comes: who waits for it runs into the time-out.
        connection.silence().await;
    })
    .await;
    for id in ["announced", "chunked"] {
        let answer = send(&over.plain(), &server.http(), id).await.0.unwrap();
        assert_eq!(answer.body, AnswerBody::TooLarge, "{id}");
    }
    let answer = send(&over.plain(), &server.http(), "fits").await.0.unwrap();
    assert!(matches!(answer.body, AnswerBody::Whole(body) if body.len() == MAX_ANSWER_BYTES));
}

async fn redirects_are_answers(over: Over) {
    let target = Server::tcp(|connection| async move { drop(connection) }).await;
    let location = target.http();
    let server = Server::tcp(move |mut connection| {
        let location = location.clone();
        async move {
            while let Some(text) = connection.request().await {
                let status = header(&text, "x-id").unwrap();
                let head = format!(
                    "HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
                );
                connection.write(head.as_bytes()).await;
            }
        }
    })
    .await;
    for status in ["301", "302", "303", "307", "308"] {
        let (answer, _) = send(&over.plain(), &server.http(), status).await;
        assert_eq!(answer.unwrap().status.as_str(), status);
        assert_eq!(server.seen.times(status), 1);
    }
    assert_eq!(target.seen.connections(), 0);
}

async fn giving_up_closes_the_connection(over: Over) {
    let closed = Arc::new(AtomicBool::new(false));
    let told = closed.clone();
    let server = Server::tcp(move |mut connection| {
        let told = told.clone();
        async move {
            connection.request().await;
            let end = connection.io.read(&mut [0; 1]).await;
            told.store(matches!(end, Ok(0) | Err(_)), Ordering::SeqCst);
        }
    })
    .await;
    let transport = over.plain();
    let (request, witness) = request(&server.http(), "1");
    let sending = transport.send(request);
    let arrived = until("the request arrives", || server.seen.requests() == 1);
    tokio::select! {
        _ = sending => panic!("nobody answers"),
        () = arrived => {}
    }
    assert!(witness.was_handed_over());
    until("the server sees the end", || closed.load(Ordering::SeqCst)).await;
}

async fn a_fresh_connection_on_request(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        while connection.request().await.is_some() {
            connection.write(OK).await;
        }
    })
    .await;
    let transport = over.plain();
    for expected in [1, 1] {
        send(&transport, &server.http(), "pooled").await.0.unwrap();
        assert_eq!(server.seen.connections(), expected);
    }
    for expected in [2, 3] {
        let (mut request, _) = request(&server.http(), "fresh");
        request.fresh_connection = true;
        transport.send(request).await.unwrap();
        assert_eq!(server.seen.connections(), expected);
    }
}

async fn connections_of_before_a_sleep_are_not_used(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        while connection.request().await.is_some() {
            connection.write(OK).await;
        }
    })
    .await;
    let slept = Arc::new(AtomicU64::new(0));
    let offset = slept.clone();
    let wall = WallClock::from_fn(move || {
        SystemTime::now() + Duration::from_secs(offset.load(Ordering::SeqCst))
    });
    let transport = over.made_of(DigitsTransport::new(HttpOptions::default(), wall).unwrap());
    for (seconds, connections) in [(0, 1), (3, 1), (60, 2), (60, 2)] {
        slept.store(seconds, Ordering::SeqCst);
        send(&transport, &server.http(), "1").await.0.unwrap();
        assert_eq!(server.seen.connections(), connections, "after {seconds} s");
    }
}

async fn digits_in_the_head_are_witnessed_without_a_body(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.request().await;
    })
    .await;
    let lost = format!("{}?dtmf=12345", server.http());
    let refused = format!("http://127.0.0.1:{}/?dtmf=12345", closed_port().await);
    for (url, body, expected) in [
        (&lost, &b""[..], true),
        (&lost, BODY, true),
        (&server.http(), b"", true),
        (&refused, b"", false),
    ] {
        let (mut request, witness) = request(url, "1");
        request.body = Bytes::from_static(body);
        over.plain().send(request).await.unwrap_err();
        assert_eq!(witness.was_handed_over(), expected, "{url}");
    }
}

async fn digits_in_the_head_are_witnessed_when_given_up(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.request().await;
        connection.silence().await;
    })
    .await;
    let transport = over.plain();
    let (mut request, witness) = request(&format!("{}?dtmf=12345", server.http()), "1");
    request.body = Bytes::new();
    let arrived = until("the request arrives", || server.seen.requests() == 1);
    tokio::select! {
        _ = transport.send(request) => panic!("nobody answers"),
        () = arrived => {}
    }
    assert!(witness.was_handed_over());
}

/// Five are waited out; with one more the connection is lost, and what never ends is not waited for.
async fn interim_answers_without_end_are_a_lost_connection(over: Over) {
    let transport = over.plain();
    for (count, ends) in [(5, false), (6, true), (100_000, true)] {
        let server = Server::tcp(move |mut connection| async move {
            connection.request().await;
            for _ in 0..count {
                connection.write(b"HTTP/1.1 103 X\r\nlink: a\r\n\r\n").await;
            }
            let still = !matches!(connection.io.read(&mut [0]).await, Ok(0) | Err(_));
            assert!(!still, "nothing more is sent");
        })
        .await;
        let (mut request, witness) = request(&server.http(), "1");
        request.timeout = if ends {
            LONG
        } else {
            Duration::from_millis(300)
        };
        let fault = transport.as_ref().send(request).await.unwrap_err();
        let expected = if ends {
            FaultKind::ConnectionLost
        } else {
            FaultKind::TimedOut
        };
        assert_eq!(fault.kind, expected, "{count}");
        assert!(witness.was_handed_over());
    }
}

async fn empty_lines_without_end_are_a_lost_connection(over: Over) {
    let transport = over.plain();
    for (count, expected) in [(500, None), (100_000, Some(FaultKind::ConnectionLost))] {
        let server = Server::tcp(move |mut connection| async move {
            connection.request().await;
            connection.write(&b"\r\n".repeat(count)).await;
            connection.write(OK).await;
            connection.silence().await;
        })
        .await;
        let (answer, witnessed) = send(&transport, &server.http(), "1").await;
        assert_eq!(answer.err().map(|fault| fault.kind), expected, "{count}");
        assert!(witnessed);
    }
}
