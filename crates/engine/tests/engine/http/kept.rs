//! Kept connections: how long one is used is what its server says, with a margin.

use std::time::Duration;

use cxone_dtmf_engine::http::HttpOptions;

use super::client::send;
use super::over::{Over, over_both};
use crate::support::server::{Connection, Server};
use tokio::net::TcpStream;

over_both! {
    a_connection_is_not_used_beyond_what_its_server_says,
    a_connection_takes_no_more_requests_than_its_server_says,
    without_a_word_a_connection_is_kept_as_long_as_is_set,
    a_host_whose_answers_cannot_be_read_is_understood_all_the_same,
}

fn answer(fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n").into_bytes()
}

/// Answers always, so that a connection that is used too long does no harm to the test.
async fn saying(fields: &'static str) -> Server {
    Server::tcp(move |mut connection: Connection<TcpStream>| async move {
        while connection.request().await.is_some() {
            connection.write(&answer(fields)).await;
        }
    })
    .await
}

/// How many connections three requests have, with this between them.
async fn connections(over: Over, fields: &'static str, pause: Duration) -> usize {
    let server = saying(fields).await;
    let transport = over.plain();
    for id in ["1", "2", "3"] {
        assert!(
            send(&transport, &server.http(), id).await.0.is_ok(),
            "{fields}"
        );
        tokio::time::sleep(pause).await;
    }
    server.seen.connections()
}

async fn a_connection_is_not_used_beyond_what_its_server_says(over: Over) {
    let at_once = Duration::from_millis(20);
    // Shorter than the margin, which may as well be over.
    for fields in [
        "keep-alive: timeout=1\r\n",
        "Keep-Alive: Timeout=2, max=9\r\n",
    ] {
        assert_eq!(connections(over, fields, at_once).await, 3, "{fields}");
    }
    let long = connections(over, "keep-alive: timeout=60\r\n", at_once).await;
    assert_eq!(long, 1);
    // A second is left of three.
    let over_it = connections(
        over,
        "keep-alive: timeout=3\r\n",
        Duration::from_millis(1_200),
    )
    .await;
    assert_eq!(over_it, 3);
}

async fn a_connection_takes_no_more_requests_than_its_server_says(over: Over) {
    let at_once = Duration::from_millis(20);
    assert_eq!(
        connections(over, "keep-alive: timeout=60, max=1\r\n", at_once).await,
        3
    );
    // The first answer may have come over another client.
    let of_two = connections(over, "keep-alive: max=2\r\n", at_once).await;
    assert_eq!(of_two, 2);
    let of_many = connections(over, "keep-alive: timeout=60, max=100\r\n", at_once).await;
    assert!(of_many <= 2, "{of_many}");
}

async fn without_a_word_a_connection_is_kept_as_long_as_is_set(over: Over) {
    for (idle, expected) in [(0, 2), (100, 2), (60_000, 1)] {
        let server = saying("").await;
        let transport = over.with(HttpOptions {
            pool_idle: Duration::from_millis(idle),
            ..HttpOptions::default()
        });
        send(&transport, &server.http(), "1").await.0.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        send(&transport, &server.http(), "2").await.0.unwrap();
        assert_eq!(server.seen.connections(), expected, "{idle}");
    }
}

async fn a_host_whose_answers_cannot_be_read_is_understood_all_the_same(over: Over) {
    let server = saying("x-a: a\0b\r\n").await;
    let transport = over.plain();
    for id in ["1", "2"] {
        let (answer, _) = send(&transport, &server.http(), id).await;
        assert_eq!(answer.unwrap().status, 200);
        assert_eq!(server.seen.times(id), 1);
    }
}
