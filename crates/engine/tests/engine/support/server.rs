//! A server on loopback that does exactly what a test says.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use super::LONG;

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
        match acceptor.accept(io).into_fallible().await {
            Ok(io) => Some(Connection { io, number, seen }),
            Err((_, mut io)) => {
                // Reads what is under way: a connection that is dropped before ends by RST, which overtakes the alert.
                let _ = tokio::io::copy(&mut io, &mut tokio::io::sink()).await;
                None
            }
        }
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
