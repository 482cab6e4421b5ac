//! No server ever sees two requests for one send, and "not sent" is never said of what a server saw.

use std::time::{Duration, Instant};

use cxone_dtmf_engine::http::FaultKind;

use super::client::{Impatience, request, send};
use super::over::{Over, over_both};
use crate::support::LONG;
use crate::support::server::{OK, Server, header};

over_both! {
    a_kept_connection_that_closed_long_ago_is_replaced;
    threads: a_kept_connection_that_closes, giving_up_at_any_moment
}

/// Sends around the moment in which a kept connection is closed: earlier after one that came too late,
/// later after one that was lost, so that the moment is met whatever the speed of the machine.
async fn a_kept_connection_that_closes(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        while let Some(text) = connection.request().await {
            connection.write(OK).await;
            if header(&text, "x-id").is_some_and(|id| id.starts_with("first")) {
                spin(Duration::from_micros(300)).await;
                return;
            }
        }
    })
    .await;
    let transport = over.plain();
    let mut wait = Duration::from_micros(300);
    let (mut lost, mut late) = (0, 0);
    let end = Instant::now() + LONG;
    // The laws are checked in each round; how soon both sides of the race are met is the machine's affair.
    for round in 0.. {
        if round >= 500 && lost > 0 && late > 0 {
            break;
        }
        assert!(Instant::now() < end, "{lost} lost, {late} late");
        let (first, second) = (format!("first {round}"), format!("second {round}"));
        // On a loaded machine this one may still meet the end of the last round's connection.
        if send(&transport, &server.http(), &first).await.0.is_err() {
            continue;
        }
        spin(wait).await;
        let (outcome, witnessed) = send(&transport, &server.http(), &second).await;
        match outcome {
            Ok(_) => {
                late += 1;
                wait = wait * 19 / 20;
                assert_eq!(server.seen.times(&second), 1);
            }
            Err(fault) => {
                lost += 1;
                wait = wait * 21 / 20 + Duration::from_micros(1);
                assert_eq!(fault.kind, FaultKind::ConnectionLost);
                // The server closed without reading: it saw nothing, and nothing was sent again.
                assert_eq!(server.seen.times(&second), 0);
                // The end was not noticed before the body was pulled. "Not sent" would be true, but nobody knows.
                assert!(witnessed);
            }
        }
    }
}

/// A timer of the runtime counts milliseconds, too coarse for this.
async fn spin(time: Duration) {
    let started = Instant::now();
    while started.elapsed() < time {
        tokio::task::yield_now().await;
    }
}

async fn a_kept_connection_that_closed_long_ago_is_replaced(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.request().await;
        connection.write(OK).await;
    })
    .await;
    let transport = over.plain();
    for (id, connections) in [("1", 1), ("2", 2)] {
        let (outcome, witnessed) = send(&transport, &server.http(), id).await;
        assert!(outcome.is_ok() && witnessed);
        assert_eq!(server.seen.times(id), 1);
        assert_eq!(server.seen.connections(), connections);
        // Long enough for the end of the connection to arrive over loopback.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Gives up at every moment of an exchange. What the witness denies must never reach the server,
/// not even later: the connection runs on another thread.
async fn giving_up_at_any_moment(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        while let Some(text) = connection.request().await {
            assert!(text.contains("12345"));
            connection.write(OK).await;
        }
    })
    .await;
    let transport = over.plain();
    // The first send also reads the roots, which takes longer than any of the waits below.
    send(&transport, &server.http(), "warm").await.0.unwrap();
    let mut impatience = Impatience::new();
    let mut rounds = 0..;
    while impatience.goes_on() {
        let id = format!("round {}", rounds.next().unwrap());
        let (request, witness) = request(&server.http(), &id);
        impatience
            .give_up(id, &witness, transport.send(request))
            .await;
    }
    // Time for what is on its way to arrive; without the bar on late bodies some do within microseconds.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for id in &impatience.stayed {
        assert_eq!(server.seen.times(id), 0, "{id}: seen and denied");
    }
    for id in &impatience.left {
        assert!(server.seen.times(id) <= 1, "{id}: seen twice");
    }
}
