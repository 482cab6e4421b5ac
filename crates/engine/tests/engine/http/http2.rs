//! HTTP/2 over TLS, played frame by frame (RFC 9113).

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cxone_dtmf_engine::http::{AnswerBody, FaultKind};
use http::HeaderValue;
use tokio::sync::Notify;

use super::client::{Impatience, fault, request, send};
use super::over::{Over, over_both};
use crate::support::http2_peer::{
    ACK, CANCEL, DATA, END_HEADERS, Frame, HEADERS, INTERNAL_ERROR, NO_ERROR, PING, Peer,
    REFUSED_STREAM, RST_STREAM, SETTINGS, STATUS_200,
};
use crate::support::server::Server;
use crate::support::{Identity, until};

over_both! {
    an_exchange_keeps_its_connection,
    refused_stream,
    going_away_without_having_processed_it,
    going_away_after_having_taken_it,
    going_away_and_then_answering,
    reset_after_reading,
    closed_after_reading,
    a_body_cut_by_a_reset_is_an_answer,
    a_body_that_the_window_holds_back_counts_as_handed_over,
    a_request_that_waits_for_a_stream_is_not_handed_over,
    giving_up_resets_the_stream;
    threads: giving_up_at_any_moment
}

async fn server<F>(script: impl Fn(Peer) -> F + Clone + Send + Sync + 'static) -> (Identity, Server)
where
    F: Future<Output = ()> + Send + 'static,
{
    let identity = Identity::new("localhost");
    let server = Server::tls(identity.config(&["h2"]), move |connection| {
        let script = script.clone();
        async move { script(Peer::accept(connection).await).await }
    })
    .await;
    (identity, server)
}

async fn an_exchange_keeps_its_connection(over: Over) {
    let (identity, server) = server(|mut peer| async move {
        while let Some(stream) = peer.request().await {
            peer.answer(stream).await;
        }
    })
    .await;
    let transport = over.trusting(&identity);
    for _ in 0..2 {
        let (answer, witnessed) = send(&transport, &server.https(), "1").await;
        assert_eq!(answer.unwrap().status, 200);
        assert!(witnessed);
    }
    assert_eq!(server.seen.connections(), 1);
    let (mut request, _) = request(&server.https(), "2");
    request.fresh_connection = true;
    transport.send(request).await.unwrap();
    assert_eq!(server.seen.connections(), 2);
}

async fn refused_stream(over: Over) {
    let (identity, server) = server(|mut peer| async move {
        while let Some(stream) = peer.request().await {
            peer.reset(stream, REFUSED_STREAM).await;
        }
    })
    .await;
    assert_eq!(
        fault(&over.trusting(&identity), &server.https(), "1").await,
        (FaultKind::StreamRefused, true)
    );
    assert_eq!(server.seen.connections(), 1, "nothing is sent again");
}

async fn going_away_without_having_processed_it(over: Over) {
    for reason in [NO_ERROR, INTERNAL_ERROR] {
        let streams = Arc::new(Mutex::new(0));
        let counter = streams.clone();
        let (identity, server) = server(move |mut peer| {
            let counter = counter.clone();
            async move {
                peer.request().await.unwrap();
                *counter.lock().unwrap() += 1;
                peer.go_away(0, reason).await;
            }
        })
        .await;
        assert_eq!(
            fault(&over.trusting(&identity), &server.https(), "1").await,
            (FaultKind::StreamRefused, true)
        );
        assert_eq!(*streams.lock().unwrap(), 1, "nothing is sent again");
    }
}

/// The first of them too, while nothing is known of the host.
#[tokio::test]
async fn many_at_once_share_a_connection() {
    let (identity, server) = server(|mut peer| async move {
        while let Some(stream) = peer.request().await {
            peer.answer(stream).await;
        }
    })
    .await;
    let transport = Arc::new(Over::Digits.trusting(&identity));
    for burst in 1..=2 {
        let mut sends = tokio::task::JoinSet::new();
        for number in 0..100 {
            let (transport, url) = (transport.clone(), server.https());
            sends.spawn(async move {
                let (answer, _) = send(&*transport, &url, &number.to_string()).await;
                answer.unwrap().status
            });
        }
        assert!(sends.join_all().await.iter().all(|status| *status == 200));
        assert_eq!(server.seen.connections(), 1, "in burst {burst}");
    }
}

/// The last stream id covers the request: it may have been processed, whatever the reason says.
async fn going_away_after_having_taken_it(over: Over) {
    for reason in [NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM] {
        let (identity, server) = server(move |mut peer| async move {
            let stream = peer.request().await.unwrap();
            peer.go_away(stream, reason).await;
        })
        .await;
        assert_eq!(
            fault(&over.trusting(&identity), &server.https(), "1").await,
            (FaultKind::ConnectionLost, true),
            "reason {reason}"
        );
    }
}

async fn going_away_and_then_answering(over: Over) {
    let (identity, server) = server(|mut peer| async move {
        let stream = peer.request().await.unwrap();
        peer.go_away(stream, NO_ERROR).await;
        peer.answer(stream).await;
        peer.frame().await;
    })
    .await;
    let transport = over.trusting(&identity);
    for connections in [1, 2] {
        let answer = send(&transport, &server.https(), "1").await.0.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(server.seen.connections(), connections);
    }
}

async fn reset_after_reading(over: Over) {
    for reason in [INTERNAL_ERROR, CANCEL, NO_ERROR] {
        let (identity, server) = server(move |mut peer| async move {
            let stream = peer.request().await.unwrap();
            peer.reset(stream, reason).await;
            peer.frame().await;
        })
        .await;
        assert_eq!(
            fault(&over.trusting(&identity), &server.https(), "1").await,
            (FaultKind::ConnectionLost, true),
            "reason {reason}"
        );
    }
}

async fn closed_after_reading(over: Over) {
    let (identity, server) = server(|mut peer| async move {
        peer.request().await.unwrap();
    })
    .await;
    assert_eq!(
        fault(&over.trusting(&identity), &server.https(), "1").await,
        (FaultKind::ConnectionLost, true)
    );
}

async fn a_body_cut_by_a_reset_is_an_answer(over: Over) {
    // Even a refusal: the status line was there before.
    for reason in [INTERNAL_ERROR, REFUSED_STREAM] {
        let (identity, server) = server(move |mut peer| async move {
            let stream = peer.request().await.unwrap();
            peer.write(HEADERS, END_HEADERS, stream, STATUS_200).await;
            peer.write(DATA, 0, stream, b"{").await;
            // Together with the reset, the answer would be lost.
            peer.flushed().await;
            peer.reset(stream, reason).await;
            peer.frame().await;
        })
        .await;
        let (answer, _) = send(&over.trusting(&identity), &server.https(), "1").await;
        let answer = answer.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.body),
            (200, AnswerBody::Cut)
        );
    }
}

/// A server that sets one setting to zero before its first answer and lifts it when the second request was
/// given up. Tells whether the second was witnessed, and the frames of it that arrived until long after.
async fn with_zero(over: Over, setting: u8) -> (bool, Vec<u8>) {
    let arrived = Arc::new(Mutex::new(None));
    let given_up = Arc::new(Notify::new());
    let (told, lifts) = (arrived.clone(), given_up.clone());
    let (identity, server) = server(move |mut peer| {
        let (told, lifts) = (told.clone(), lifts.clone());
        async move {
            let first = peer.request().await.unwrap();
            peer.set(setting, 0).await;
            peer.until(is_settings_ack).await;
            peer.answer(first).await;
            lifts.notified().await;
            peer.set(setting, 100).await;
            let mut kinds = Vec::new();
            while let Some(frame) = peer.frame().await {
                if is_settings_ack(&frame) {
                    // Whatever the lifting set free follows at once.
                    peer.write(PING, 0, 0, &[0; 8]).await;
                } else if frame.kind == PING {
                    told.lock().unwrap().replace(kinds.clone());
                } else {
                    kinds.push(frame.kind);
                }
            }
        }
    })
    .await;
    let transport = over.trusting(&identity);
    send(&transport, &server.https(), "1").await.0.unwrap();
    let (mut request, witness) = request(&server.https(), "2");
    request.timeout = Duration::from_millis(300);
    let kind = transport.send(request).await.unwrap_err().kind;
    assert_eq!(kind, FaultKind::TimedOut);
    given_up.notify_one();
    until("the server is done", || arrived.lock().unwrap().is_some()).await;
    let kinds = arrived.lock().unwrap().take().unwrap();
    (witness.was_handed_over(), kinds)
}

fn is_settings_ack(frame: &Frame) -> bool {
    frame.kind == SETTINGS && frame.flags & ACK != 0
}

/// The head leaves, the body is pulled and kept back. The witness is set although the digits stayed:
/// a doubt too many, never one too few.
async fn a_body_that_the_window_holds_back_counts_as_handed_over(over: Over) {
    const INITIAL_WINDOW_SIZE: u8 = 4;
    let (witnessed, frames) = with_zero(over, INITIAL_WINDOW_SIZE).await;
    assert!(witnessed);
    assert_eq!(frames, [HEADERS, RST_STREAM]);
}

async fn a_request_that_waits_for_a_stream_is_not_handed_over(over: Over) {
    const MAX_CONCURRENT_STREAMS: u8 = 3;
    let (witnessed, frames) = with_zero(over, MAX_CONCURRENT_STREAMS).await;
    assert!(!witnessed);
    assert!(!frames.contains(&DATA), "{frames:?}");
}

async fn giving_up_resets_the_stream(over: Over) {
    let reset = Arc::new(Mutex::new((false, None)));
    let told = reset.clone();
    let (identity, server) = server(move |mut peer| {
        let told = told.clone();
        async move {
            peer.request().await.unwrap();
            told.lock().unwrap().0 = true;
            let frame = peer.until(|frame| frame.kind == RST_STREAM).await;
            told.lock().unwrap().1 = frame.map(|frame| frame.payload);
        }
    })
    .await;
    let transport = over.trusting(&identity);
    let (request, witness) = request(&server.https(), "1");
    tokio::select! {
        _ = transport.send(request) => panic!("nobody answers"),
        () = until("the request arrives", || reset.lock().unwrap().0) => {}
    }
    assert!(witness.was_handed_over());
    let cancel = Some(CANCEL.to_be_bytes().to_vec());
    until("the reset arrives", || reset.lock().unwrap().1 == cancel).await;
}

/// As `once::giving_up_at_any_moment`: what the witness denies must never arrive.
async fn giving_up_at_any_moment(over: Over) {
    let bodies = Arc::new(Mutex::new(HashSet::new()));
    let told = bodies.clone();
    let (identity, server) = server(move |mut peer| {
        let told = told.clone();
        async move {
            while let Some(frame) = peer.frame().await {
                if frame.kind == DATA {
                    let new = told.lock().unwrap().insert(frame.payload);
                    assert!(new, "seen twice");
                    peer.answer(frame.stream).await;
                }
            }
        }
    })
    .await;
    let transport = over.trusting(&identity);
    send(&transport, &server.https(), "warm").await.0.unwrap();
    let mut impatience = Impatience::new();
    let mut rounds = 0..;
    while impatience.goes_on() {
        let round = rounds.next().unwrap();
        let (mut request, witness) = request(&server.https(), "1");
        let id = format!("round {round}");
        request.body = Bytes::from(id.clone());
        impatience
            .give_up(id, &witness, transport.send(request))
            .await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let bodies = bodies.lock().unwrap();
    for id in &impatience.stayed {
        assert!(!bodies.contains(id.as_bytes()), "{id}: seen and denied");
    }
}

/// The same head, byte by byte, whichever transport.
#[tokio::test]
async fn both_write_the_same() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let told = heads.clone();
    let (identity, server) = server(move |mut peer| {
        let told = told.clone();
        async move {
            while let Some(frame) = peer.until(|frame| frame.kind == HEADERS).await {
                told.lock().unwrap().push(frame.payload);
                peer.answer(frame.stream).await;
            }
        }
    })
    .await;
    for over in [Over::Digits, Over::Control] {
        for body in ["digits", ""] {
            let (mut request, _) = request(&server.https(), "1");
            request.body = Bytes::from_static(body.as_bytes());
            request
                .headers
                .insert("accept", HeaderValue::from_static("*/*"));
            over.trusting(&identity).send(request).await.unwrap();
        }
    }
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 4);
    assert_eq!(heads[..2], heads[2..]);
}
