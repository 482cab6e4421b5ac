//! Servers that do exactly what a test says, and requests to them.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::http::{
    Answer, DigitsTransport, Fault, FaultKind, HttpOptions, Request, Transport, Witness,
};
use http::{HeaderMap, HeaderValue, Method};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// Longer than any test takes when nothing hangs.
pub const LONG: Duration = Duration::from_secs(20);
pub const BODY: &[u8] = br#"{"dtmf":"12345"}"#;
pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// What a server saw, over all its connections.
#[derive(Clone, Default)]
pub struct Seen {
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<HashMap<String, usize>>>,
}

impl Seen {
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How often the request with this id arrived, whole or in part.
    pub fn times(&self, id: &str) -> usize {
        self.requests.lock().unwrap().get(id).copied().unwrap_or(0)
    }

    pub fn requests(&self) -> usize {
        self.requests.lock().unwrap().values().sum()
    }

    pub fn count(&self, id: &str) {
        *self
            .requests
            .lock()
            .unwrap()
            .entry(id.to_owned())
            .or_default() += 1;
    }
}

/// One connection, as the script of a server sees it.
pub struct Connection<S> {
    pub io: S,
    pub number: usize,
    seen: Seen,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Reads one HTTP/1.1 request with its body; `None` at the end of the connection.
    pub async fn request(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && body.len() >= header(head, "content-length").map_or(0, |n| n.parse().unwrap())
            {
                self.seen.count(header(head, "x-id").unwrap_or_default());
                return Some(text);
            }
            let mut chunk = [0; 4096];
            match self.io.read(&mut chunk).await {
                Ok(0) | Err(_) => {
                    // A part of a request counts too: a server could act on it.
                    if let Some(id) = header(&text, "x-id") {
                        self.seen.count(id);
                    }
                    return None;
                }
                Ok(length) => bytes.extend_from_slice(&chunk[..length]),
            }
        }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        // The client may be gone: what it makes of that is for the test to check.
        let _ = self.io.write_all(bytes).await;
        let _ = self.io.flush().await;
    }

    pub async fn silence(&mut self) {
        tokio::time::sleep(LONG).await;
    }
}

impl Connection<TcpStream> {
    /// The same connection after the TLS handshake; `None` when that fails.
    pub async fn secured(self, acceptor: &TlsAcceptor) -> Option<Connection<TlsStream<TcpStream>>> {
        let Self { io, number, seen } = self;
        let io = acceptor.accept(io).await.ok()?;
        Some(Connection { io, number, seen })
    }

    /// Ends the connection with RST instead of FIN.
    pub fn reset(self) {
        self.io.set_zero_linger().unwrap();
    }
}

pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// A server on a free port of 127.0.0.1; ends with the test.
pub struct Server {
    pub port: u16,
    pub seen: Seen,
    _tasks: JoinSet<()>,
}

impl Server {
    pub async fn tcp<F>(script: impl Fn(Connection<TcpStream>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Seen::default();
        let mut tasks = JoinSet::new();
        let shared = seen.clone();
        tasks.spawn(async move {
            let mut scripts = JoinSet::new();
            loop {
                let (io, _) = listener.accept().await.unwrap();
                io.set_nodelay(true).unwrap();
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                let seen = shared.clone();
                scripts.spawn(script(Connection { io, number, seen }));
            }
        });
        Self {
            port,
            seen,
            _tasks: tasks,
        }
    }

    pub async fn tls<F>(
        config: ServerConfig,
        script: impl Fn(Connection<TlsStream<TcpStream>>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let script = Arc::new(script);
        Self::tcp(move |connection| {
            let (acceptor, script) = (acceptor.clone(), script.clone());
            async move {
                if let Some(connection) = connection.secured(&acceptor).await {
                    script(connection).await;
                }
            }
        })
        .await
    }

    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}/dtmf", self.port)
    }

    pub fn https(&self) -> String {
        format!("https://localhost:{}/dtmf", self.port)
    }
}

/// A certificate for `localhost`, and its text for `ca_bundle`.
pub struct Identity {
    signed: rcgen::CertifiedKey<rcgen::KeyPair>,
}

impl Identity {
    pub fn new(name: &str) -> Self {
        let signed = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        Self { signed }
    }

    pub fn pem(&self) -> String {
        self.signed.cert.pem()
    }

    pub fn root(&self) -> rustls::pki_types::CertificateDer<'static> {
        self.signed.cert.der().clone()
    }

    pub fn config(&self, alpn: &[&str]) -> ServerConfig {
        self.config_with(
            alpn,
            rustls::ConfigBuilder::<ServerConfig, _>::with_no_client_auth,
        )
    }

    pub fn config_with(
        &self,
        alpn: &[&str],
        client_auth: impl FnOnce(
            rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>,
        )
            -> rustls::ConfigBuilder<ServerConfig, rustls::server::WantsServerCert>,
    ) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let key = PrivatePkcs8KeyDer::from(self.signed.signing_key.serialize_der());
        let mut config = client_auth(builder)
            .with_single_cert(vec![self.root()], key.into())
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

pub fn with(options: HttpOptions) -> DigitsTransport {
    DigitsTransport::new(options, WallClock::system()).unwrap()
}

/// Reads the roots ahead, so that a short time-out of a test is not spent on them.
pub async fn warm(transport: Box<dyn Transport>) -> Box<dyn Transport> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    fault(&transport, &format!("http://{closed}/"), "warm").await;
    transport
}

/// A request with this id, and its witness.
pub fn request(url: &str, id: &str) -> (Request, Witness) {
    let witness = Witness::default();
    let mut headers = HeaderMap::new();
    headers.insert("x-id", HeaderValue::from_str(id).unwrap());
    let request = Request {
        method: Method::POST,
        uri: url.parse().unwrap(),
        headers,
        body: Bytes::from_static(BODY),
        witness: witness.clone(),
        timeout: LONG,
        fresh_connection: false,
    };
    (request, witness)
}

/// Sends once and tells the outcome and whether the witness is set.
pub async fn send(
    transport: &impl AsRef<dyn Transport>,
    url: &str,
    id: &str,
) -> (Result<Answer, Fault>, bool) {
    let (request, witness) = request(url, id);
    let outcome = transport.as_ref().send(request).await;
    (outcome, witness.was_handed_over())
}

/// The kind of the fault, for a send that must fail.
pub async fn fault(
    transport: &impl AsRef<dyn Transport>,
    url: &str,
    id: &str,
) -> (FaultKind, bool) {
    let (outcome, witnessed) = send(transport, url, id).await;
    (outcome.expect_err("a fault").kind, witnessed)
}

/// Gives up sends around the moment when their bodies leave, whatever the speed of the machine:
/// more patience after a body that stayed, less after one that left.
pub struct Impatience {
    patience: Duration,
    pub left: Vec<String>,
    pub stayed: Vec<String>,
}

impl Impatience {
    pub fn new() -> Self {
        Self {
            patience: Duration::from_micros(100),
            left: Vec::new(),
            stayed: Vec::new(),
        }
    }

    pub async fn give_up(&mut self, id: String, witness: &Witness, sending: impl Future) {
        let started = std::time::Instant::now();
        // A timer of the runtime counts milliseconds, too coarse for this.
        let waiting = async {
            while started.elapsed() < self.patience {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            _ = sending => {}
            () = waiting => {}
        }
        if witness.was_handed_over() {
            self.patience = self.patience * 9 / 10;
            self.left.push(id);
        } else {
            self.patience = self.patience * 11 / 10 + Duration::from_micros(1);
            self.stayed.push(id);
        }
    }

    pub fn assert_both(&self) {
        let (left, stayed) = (self.left.len(), self.stayed.len());
        assert!(left > 0 && stayed > 0, "{left} left, {stayed} stayed");
    }
}

/// Waits until the condition holds; fails when it never does.
pub async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let reached = tokio::time::timeout(LONG, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(reached.await.is_ok(), "never happened: {what}");
}
