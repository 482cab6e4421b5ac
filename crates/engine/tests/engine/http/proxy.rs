//! Proxies: the tunnel, its refusals, and that nothing goes through one unasked.

use std::process::Command;

use cxone_dtmf_engine::error::Untrusted;
use cxone_dtmf_engine::http::{FaultKind, HttpOptions, ProxyChoice, Transport};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::client::{fault, send};
use super::over::{Over, over_both};
use crate::support::Identity;
use crate::support::server::{OK, Server, header};

over_both! {
    through_a_tunnel,
    refused_by_the_proxy,
    any_2xx_opens_the_tunnel,
    a_refusal_has_its_status_however_it_is_written,
    the_proxy_hangs_up,
    interim_answers_of_a_proxy_without_end_open_no_tunnel,
    failures_on_both_sides_of_the_proxy_keep_their_names,
    this_machine_is_never_reached_through_a_proxy,
    the_environment_counts_only_when_asked
}

/// Not a loopback name, so that it goes through the proxy; the proxy leads it to `target`.
const HOST: &str = "api.test";

async fn tunnel_to(target: u16) -> Server {
    Server::tcp(move |mut connection| async move {
        let Some(head) = connection.request().await else {
            return;
        };
        // "u:pw!" in the form of RFC 7617.
        let known = header(&head, "proxy-authorization") == Some("Basic dTpwdyE=");
        if !known || !head.starts_with("CONNECT api.test:443 ") {
            connection
                .write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
                .await;
            return;
        }
        let mut target = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        connection.write(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let _ = copy_bidirectional(&mut connection.io, &mut target).await;
    })
    .await
}

fn through(over: Over, identity: &Identity, address: String) -> Box<dyn Transport> {
    over.with(HttpOptions {
        proxy: ProxyChoice::Url(address),
        ca_bundle: Some(identity.pem()),
        ..HttpOptions::default()
    })
}

async fn target(identity: &Identity) -> Server {
    Server::tls(
        identity.config(&["http/1.1"]),
        |mut connection| async move {
            while connection.request().await.is_some() {
                connection.write(OK).await;
            }
        },
    )
    .await
}

async fn through_a_tunnel(over: Over) {
    let identity = Identity::new(HOST);
    let target = target(&identity).await;
    let proxy = tunnel_to(target.port).await;
    let transport = through(
        over,
        &identity,
        format!("http://u:pw%21@127.0.0.1:{}", proxy.port),
    );
    let (answer, witnessed) = send(&transport, &format!("https://{HOST}/dtmf"), "1").await;
    assert_eq!(answer.unwrap().status, 200);
    assert!(witnessed);
    assert_eq!(target.seen.times("1"), 1);
}

async fn refused_by_the_proxy(over: Over) {
    let identity = Identity::new(HOST);
    let proxy = tunnel_to(0).await;
    for address in ["127.0.0.1", "u:wrong@127.0.0.1"] {
        let transport = through(over, &identity, format!("http://{address}:{}", proxy.port));
        assert_eq!(
            fault(&transport, &format!("https://{HOST}/"), "1").await,
            (FaultKind::Proxy(Some(407)), false)
        );
    }
}

/// What the proxy answers to `CONNECT`; after a 2xx it leads to `target`.
async fn answering(target: u16, answer: String) -> Server {
    Server::tcp(move |mut connection| {
        let answer = answer.clone();
        async move {
            if connection.request().await.is_none() {
                return;
            }
            let mut target = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
            connection.write(answer.as_bytes()).await;
            let _ = copy_bidirectional(&mut connection.io, &mut target).await;
        }
    })
    .await
}

/// Fields of far more than hyper's own limits, and longer than a buffer of the tunnel of `hyper-util`.
fn long_head() -> String {
    let line = |number| format!("x-{number}: {}\r\n", "w".repeat(100));
    (0..300).map(line).collect()
}

async fn any_2xx_opens_the_tunnel(over: Over) {
    let identity = Identity::new(HOST);
    let target = target(&identity).await;
    for (number, answer) in [
        "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
        "HTTP/1.0 200 Connection established\r\nproxy-agent: x\r\n\r\n".to_owned(),
        "HTTP/1.1 201 Created\r\ncontent-length: 7\r\n\r\n".to_owned(),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "HTTP/1.1 299 X\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
            .to_owned(),
        format!("HTTP/1.1 200 OK\r\n{}\r\n", long_head()),
    ]
    .into_iter()
    .enumerate()
    {
        let proxy = answering(target.port, answer.clone()).await;
        let transport = through(over, &identity, format!("http://127.0.0.1:{}", proxy.port));
        let id = number.to_string();
        let (sent, witnessed) = send(&transport, &format!("https://{HOST}/dtmf"), &id).await;
        let sent = sent.unwrap_or_else(|fault| panic!("{fault:?}: {answer}"));
        assert_eq!(sent.status, 200, "{answer}");
        assert!(witnessed);
        assert_eq!(target.seen.times(&id), 1, "{answer}");
    }
}

async fn a_refusal_has_its_status_however_it_is_written(over: Over) {
    let identity = Identity::new(HOST);
    let target = target(&identity).await;
    for (answer, status) in [
        (
            "HTTP/1.1 407 X\r\ncontent-length: 0\r\n\r\n".to_owned(),
            407,
        ),
        ("HTTP/1.1 403 X\r\n\r\n<html>".to_owned(), 403),
        (
            "HTTP/1.1 302 X\r\nlocation: /\r\ncontent-length: 0\r\n\r\n".to_owned(),
            302,
        ),
        ("HTTP/1.1 101 X\r\nupgrade: x\r\n\r\n".to_owned(), 101),
        (
            "HTTP/1.1 100 X\r\n\r\nHTTP/1.1 502 X\r\ncontent-length: 0\r\n\r\n".to_owned(),
            502,
        ),
        (
            format!("HTTP/1.1 503 X\r\n{}content-length: 0\r\n\r\n", long_head()),
            503,
        ),
        (
            "HTTP/1.1 407 X\r\nfolded: a\r\n b\r\nbad\x01: x\r\ncontent-length: 0\r\n\r\n"
                .to_owned(),
            407,
        ),
    ] {
        let proxy = answering(target.port, answer.clone()).await;
        let transport = through(over, &identity, format!("http://127.0.0.1:{}", proxy.port));
        assert_eq!(
            fault(&transport, &format!("https://{HOST}/"), "1").await,
            (FaultKind::Proxy(Some(status)), false),
            "{answer}"
        );
        assert_eq!(proxy.seen.connections(), 1, "{answer}");
    }
}

async fn the_proxy_hangs_up(over: Over) {
    let identity = Identity::new(HOST);
    let proxy = Server::tcp(|mut connection| async move {
        connection.request().await;
    })
    .await;
    let transport = through(over, &identity, format!("127.0.0.1:{}", proxy.port));
    assert_eq!(
        fault(&transport, &format!("https://{HOST}/"), "1").await,
        (FaultKind::Proxy(None), false)
    );
}

/// It answers for ever, and opens no tunnel.
async fn interim_answers_of_a_proxy_without_end_open_no_tunnel(over: Over) {
    let identity = Identity::new(HOST);
    let proxy = Server::tcp(|mut connection| async move {
        connection.request().await;
        for _ in 0..100_000 {
            connection.write(b"HTTP/1.1 103 X\r\n\r\n").await;
        }
        connection.silence().await;
    })
    .await;
    let transport = through(over, &identity, format!("127.0.0.1:{}", proxy.port));
    assert_eq!(
        fault(&transport, &format!("https://{HOST}/"), "1").await,
        (FaultKind::Proxy(None), false)
    );
}

async fn failures_on_both_sides_of_the_proxy_keep_their_names(over: Over) {
    let identity = Identity::new(HOST);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("https://{HOST}/");
    let transport = through(over, &identity, format!("http://127.0.0.1:{closed}"));
    assert_eq!(
        fault(&transport, &url, "1").await,
        (FaultKind::ConnectionRefused, false)
    );
    let target = target(&identity).await;
    let proxy = tunnel_to(target.port).await;
    // Of the same name, as certificates of tests have it.
    let stranger = Identity::new(HOST);
    let transport = through(
        over,
        &stranger,
        format!("http://u:pw%21@127.0.0.1:{}", proxy.port),
    );
    assert_eq!(
        fault(&transport, &url, "1").await,
        (FaultKind::Certificate(Untrusted::BadSignature), false)
    );
}

async fn this_machine_is_never_reached_through_a_proxy(over: Over) {
    let identity = Identity::new("localhost");
    let proxy = tunnel_to(0).await;
    let plain = Server::tcp(|mut connection| async move {
        connection.request().await;
        connection.write(OK).await;
    })
    .await;
    let target = target(&identity).await;
    let transport = through(over, &identity, format!("http://127.0.0.1:{}", proxy.port));
    let localhost = format!("http://localhost:{}/", plain.port);
    for url in [plain.http(), localhost, target.https()] {
        assert!(send(&transport, &url, "1").await.0.is_ok(), "{url}");
    }
    assert_eq!(proxy.seen.connections(), 0);
}

/// The environment belongs to the whole process, so each choice is tried in a child.
async fn the_environment_counts_only_when_asked(over: Over) {
    let proxy = tunnel_to(0).await;
    for (choice, connections) in [("none", 0), ("env", 1)] {
        let address = format!("http://127.0.0.1:{}", proxy.port);
        let output = tokio::task::spawn_blocking(move || {
            let mut child = Command::new(std::env::current_exe().unwrap());
            for name in [
                "HTTPS_PROXY",
                "https_proxy",
                "HTTP_PROXY",
                "http_proxy",
                "ALL_PROXY",
            ] {
                child.env(name, &address);
            }
            child
                .env_remove("NO_PROXY")
                .env_remove("no_proxy")
                .env("TRANSPORT_TEST_PROXY", choice)
                .env("TRANSPORT_TEST_OVER", format!("{over:?}"))
                .args(["--exact", "http::proxy::child", "--ignored", "--nocapture"])
                .output()
                .unwrap()
        })
        .await
        .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{choice}: {text}");
        assert!(text.contains("1 passed"), "{choice}: {text}");
        assert_eq!(proxy.seen.connections(), connections, "{choice}");
    }
}

#[tokio::test]
#[ignore = "run by the test above, with an environment of its own"]
async fn child() {
    let env = std::env::var("TRANSPORT_TEST_PROXY").unwrap() == "env";
    let over = match std::env::var("TRANSPORT_TEST_OVER").unwrap().as_str() {
        "Digits" => Over::Digits,
        _ => Over::Control,
    };
    let transport = over.with(HttpOptions {
        proxy: if env {
            ProxyChoice::Env
        } else {
            ProxyChoice::None
        },
        ..HttpOptions::default()
    });
    let (kind, witnessed) = fault(&transport, "https://nonexistent.invalid/", "1").await;
    // Straight, the name is looked up; through the proxy, the proxy refuses.
    let expected = if env {
        FaultKind::Proxy(Some(407))
    } else {
        FaultKind::NameLookup
    };
    assert_eq!((kind, witnessed), (expected, false));
}
