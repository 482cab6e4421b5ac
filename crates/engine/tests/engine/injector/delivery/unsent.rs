//! Rows 1 to 5: the digits never left.

use std::net::Ipv4Addr;
use std::sync::Arc;

use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::audit::{AuditSink, Intent};
use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::http::{HttpOptions, ProxyChoice};
use cxone_dtmf_engine::outcome::Outcome;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpSocket, TcpStream};

use super::script::{Cut, Wire};
use super::stage::{DIGITS, House, Scene, Stage, accepted, attempts, hasty, not_sent, transport};
use super::table::{ALL, TLS, play, row};
use crate::support::server::Server;
use crate::support::{Api, Identity, http_transport, ms};

#[track_caller]
fn unsent(what: &str, outcome: &Arc<Outcome>, code: Code) {
    let error = outcome.result.as_ref().unwrap_err();
    let seen = (error.code, error.delivery, outcome.attempts);
    assert_eq!(seen, (code, Delivery::NotSent, 0), "{what}");
}

/// A record that takes nothing.
struct Down;

impl AuditSink for Down {
    fn intent(&self, _: Intent) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Err(Error::not_sent(Code::Forbidden, "the record is down")) })
    }

    fn outcome(&self, _: Arc<Outcome>) -> BoxFuture<'_, bool> {
        Box::pin(async { false })
    }
}

#[tokio::test]
async fn row_1_what_ends_before_a_send_connects_to_nobody() {
    let house = House::new();
    let config = Config {
        max_waiting_per_call: 1,
        ..hasty()
    };
    let scene = Scene::set(&house, (Wire::Http1, false), &[], config.clone()).await;
    let injector = &scene.stage.injector;
    let options = attempts(3);
    let bad = injector.inject(1, house.api.params("call", "12x"), &options);
    unsent("bad digits", &bad.run().await, Code::Invalid);
    let bad = injector.inject(1, house.api.params("..", DIGITS), &options);
    unsent("bad id", &bad.run().await, Code::Invalid);

    let aborted = scene.stage.inject(1, &options);
    injector.abort(1);
    unsent("aborted", &aborted.run().await, Code::Aborted);
    let late = InjectionOptions {
        deadline: Some(ms(0)),
        ..attempts(3)
    };
    let late = scene.stage.inject(1, &late);
    unsent("deadline", &late.run().await, Code::Deadline);

    let locking = injector.acquire_lock(100, Some("call"), None).run().await;
    let short = InjectionOptions {
        lock_timeout: Some(ms(50)),
        ..attempts(3)
    };
    let waiting = scene.stage.inject(1, &short);
    let full = scene.stage.inject(2, &options);
    unsent("queue full", &full.run().await, Code::QueueFull);
    unsent("locked", &waiting.run().await, Code::LockTimeout);
    injector.release_lock(locking.unwrap()).await;

    let recorded = Stage::recorded(
        house.api,
        &format!("http://127.0.0.1:{}", scene.server.port),
        house.transport.clone(),
        config,
        Some(Arc::new(Down)),
    );
    let down = recorded.press(&options).await;
    unsent("record down", &down, Code::Forbidden);

    injector.close(None).await;
    let closed = scene.stage.inject(1, &options);
    unsent("closed", &closed.run().await, Code::Closed);
    assert_eq!(scene.server.seen.connections(), 0);
}

/// A port where nobody listens and nobody else can, as long as it is held.
fn closed_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

#[tokio::test]
async fn row_2_without_a_connection_the_digits_stay_and_it_is_tried_again() {
    let slow = Server::tcp(|mut connection| async move { connection.silence().await }).await;
    let (_held, refusing) = closed_port();
    let hurried = Arc::new(http_transport(HttpOptions {
        connect_timeout: ms(300),
        ..HttpOptions::default()
    }));
    let patient = Arc::new(transport(None, ProxyChoice::None));
    for (base, transport) in [
        ("https://nonexistent.invalid".to_owned(), &patient),
        (format!("http://127.0.0.1:{refusing}"), &patient),
        (format!("https://localhost:{refusing}"), &patient),
        (format!("https://localhost:{}", slow.port), &hurried),
    ] {
        let stage = Stage::new(Api::AgentSession, &base, Arc::clone(transport), hasty());
        unsent(&base, &stage.press(&attempts(1)).await, Code::Connect);
        assert!(stage.events.delays().is_empty());
        unsent(&base, &stage.press(&attempts(3)).await, Code::Connect);
        assert_eq!(stage.events.delays().len(), 2, "{base}: tried three times");
    }
}

#[tokio::test]
async fn row_3_a_handshake_that_breaks_off_is_tried_again() {
    let broken = not_sent(Code::Connect);
    play(vec![
        row("3", &[Cut::Handshake], broken, accepted(1))
            .over(TLS)
            .fresh_only(),
        row("3: for ever", &[Cut::Handshake; 9], broken, broken)
            .over(TLS)
            .fresh_only(),
    ])
    .await;
}

#[tokio::test]
async fn row_3b_a_certificate_that_is_not_trusted_is_final() {
    let house = House {
        transport: Arc::new(transport(None, ProxyChoice::None)),
        ..House::new()
    };
    for &wire in TLS {
        let scene = Scene::set(&house, (wire, false), &[], hasty()).await;
        let outcome = scene.stage.press(&attempts(3)).await;
        scene.ended(&format!("{wire:?}"), &outcome, not_sent(Code::Connect));
        assert_eq!(scene.server.seen.connections(), 1, "tried again");
    }
}

/// The first `CONNECT` gets this status, the next ones a tunnel to `target`.
async fn refusing_once(status: u16, target: u16) -> Server {
    Server::tcp(move |mut connection| async move {
        let head = connection.request().await.unwrap();
        assert!(head.starts_with("CONNECT api.test:443 ") && !head.contains("earer"));
        if connection.number == 0 {
            let refusal = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
            return connection.write(refusal.as_bytes()).await;
        }
        connection.write(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let mut target = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        let _ = copy_bidirectional(&mut connection.io, &mut target).await;
    })
    .await
}

#[tokio::test]
async fn row_4_a_proxy_that_opens_no_tunnel_gets_no_digits() {
    let house = House {
        identity: Arc::new(Identity::new("api.test")),
        ..House::new()
    };
    for &wire in TLS {
        for (status, max, end) in [
            (503, 1, not_sent(Code::Connect)),
            (407, 1, not_sent(Code::Connect)),
            (502, 2, accepted(1)),
        ] {
            let mut scene = Scene::set(&house, (wire, false), &[], hasty()).await;
            let proxy = refusing_once(status, scene.server.port).await;
            let address = ProxyChoice::Url(format!("http://127.0.0.1:{}", proxy.port));
            let tunnel = Arc::new(transport(Some(&house.identity), address));
            scene.stage = Stage::new(house.api, "https://api.test", tunnel, hasty());
            let outcome = scene.stage.press(&attempts(max)).await;
            scene.ended(&format!("{status} over {wire:?}"), &outcome, end);
        }
    }
}

#[tokio::test]
async fn row_5_a_connection_that_ended_while_idle_is_replaced() {
    for (house, wire) in House::each_over(ALL) {
        for cut in [Cut::AcceptAndEnd, Cut::AcceptAndReset] {
            let scene = Scene::after(&house, wire, cut, hasty()).await;
            // Long enough for the end to arrive; in steps, each of which lets the connection notice it.
            for _ in 0..15 {
                tokio::time::sleep(ms(10)).await;
            }
            let outcome = scene.stage.press(&attempts(1)).await;
            scene.ended(&format!("{wire:?}"), &outcome, accepted(1));
            assert_eq!(scene.read()[0].connection, 1, "{wire:?}: on a new one");
        }
    }
}

/// Whether the end is noticed before the body leaves is a race; both ends of it are right.
#[tokio::test]
async fn row_5_a_connection_that_ends_unread_presses_nothing_twice() {
    for (house, wire) in House::each_over(ALL) {
        for ends in 1..4 {
            let cuts = vec![Cut::Unread; ends];
            let scene = Scene::set(&house, (wire, false), &cuts, hasty()).await;
            let outcome = scene.stage.press(&attempts(1)).await;
            let read = scene.read().len();
            let known = match outcome.delivery() {
                Delivery::Accepted => read == 1 && ends <= 2,
                Delivery::Unknown | Delivery::NotSent => read == 0,
                Delivery::Refused => false,
            };
            assert!(known, "{wire:?}: {:?} after {ends}", outcome.delivery());
        }
    }
}
