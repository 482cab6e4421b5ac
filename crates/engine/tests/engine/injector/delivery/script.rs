//! A server that reads requests to their end and then does what its script says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxone_dtmf_engine::http::MAX_ANSWER_BYTES;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::http2;
use crate::support::server::{Connection, header};

/// Time for what was written to be read.
pub const A_WHILE: Duration = Duration::from_millis(50);

/// How the requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Http1,
    Http1Tls,
    Http2,
}

/// Where and how the server cuts. All but the first two come after a whole request was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Ends the connection within the TLS handshake.
    Handshake,
    /// Ends the connection before it reads anything; over TLS after the handshake.
    Unread,
    /// Answers in full, with one more header.
    Answer(u16, Option<(&'static str, &'static str)>),
    /// Answers 202 in full and ends the connection.
    AcceptAndEnd,
    /// The same, with RST some time later.
    AcceptAndReset,
    /// HTTP/2: says that it did not process the request.
    RefuseStream,
    /// HTTP/2: goes away without having processed the request.
    GoAwayBefore,
    /// HTTP/2: goes away after having taken the request.
    GoAwayAfter,
    /// HTTP/2: resets the stream for another reason.
    ResetStream,
    /// Ends the connection with FIN.
    Fin,
    /// Ends the connection with RST.
    Rst,
    /// Writes what is no answer.
    Nonsense,
    /// Never answers.
    Silence,
    /// Answers 202 with a part of the body and ends the connection.
    PartOfBody,
    /// The same, and leaves the connection open.
    StallingBody,
    /// Answers 202 with a body that is longer than anybody reads.
    LongBody,
}

impl Cut {
    pub const ACCEPT: Self = Self::Answer(202, None);

    pub const fn status(status: u16) -> Self {
        Self::Answer(status, None)
    }

    /// Whether the server may have pressed the digits: it promises nothing else.
    fn may_press(self, atomic: bool) -> bool {
        match self {
            Self::Handshake
            | Self::Unread
            | Self::RefuseStream
            | Self::GoAwayBefore
            | Self::Answer(503, Some(("retry-after", _))) => false,
            Self::Answer(500 | 503, _) => !atomic,
            Self::Answer(status, _) => matches!(status, 200..=299 | 408 | 500..),
            _ => true,
        }
    }
}

/// One whole request, as the server read it.
#[derive(Clone, Debug)]
pub struct Read {
    pub connection: usize,
    pub may_press: bool,
    /// The whole text, over HTTP/1.1 only. Never printed.
    pub text: Option<Arc<str>>,
}

/// What the server does with one request after the other, over all its connections; then it accepts.
#[derive(Clone)]
pub struct Script {
    cuts: Arc<Mutex<VecDeque<Cut>>>,
    read: Arc<Mutex<Vec<Read>>>,
    atomic: bool,
}

impl Script {
    pub fn new(cuts: impl IntoIterator<Item = Cut>, atomic: bool) -> Self {
        Self {
            cuts: Arc::new(Mutex::new(cuts.into_iter().collect())),
            read: Arc::default(),
            atomic,
        }
    }

    pub fn read(&self) -> Vec<Read> {
        self.read.lock().unwrap().clone()
    }

    /// Whether this cut, which needs no request, is next; it is then done with.
    pub fn takes(&self, cut: Cut) -> bool {
        let mut cuts = self.cuts.lock().unwrap();
        let next = cuts.front() == Some(&cut);
        if next {
            cuts.pop_front();
        }
        next
    }

    /// Notes a whole request and tells what to do with it.
    pub fn next(&self, connection: usize, text: Option<String>) -> Cut {
        let cut = self.cuts.lock().unwrap().pop_front();
        let cut = cut.unwrap_or(Cut::ACCEPT);
        self.read.lock().unwrap().push(Read {
            connection,
            may_press: cut.may_press(self.atomic),
            text: text.map(Into::into),
        });
        cut
    }

    /// Plays one connection.
    pub async fn play(self, mut connection: Connection<TcpStream>, tls: Option<TlsAcceptor>) {
        if self.takes(Cut::Handshake) {
            let _ = connection.io.read_exact(&mut [0; 16]).await;
            // With FIN, not with the RST that unread bytes would cause.
            let _ = connection.io.shutdown().await;
            let _ = tokio::io::copy(&mut connection.io, &mut tokio::io::sink()).await;
            return;
        }
        let Some(acceptor) = tls else {
            return self.http1(connection).await;
        };
        let Some(connection) = connection.secured(&acceptor).await else {
            return;
        };
        if connection.io.get_ref().1.alpn_protocol() == Some(b"h2") {
            http2::play(self, connection).await;
        } else {
            self.http1(connection).await;
        }
    }

    async fn http1<S: Socket>(self, mut connection: Connection<S>) {
        if self.takes(Cut::Unread) {
            return;
        }
        while let Some(text) = connection.request().await {
            match self.next(connection.number, Some(text)) {
                Cut::Answer(status, extra) => {
                    connection.write(&answer(status, extra, "{}", 2)).await;
                }
                Cut::AcceptAndEnd => return connection.write(&answer(202, None, "{}", 2)).await,
                Cut::AcceptAndReset => {
                    connection.write(&answer(202, None, "{}", 2)).await;
                    // Or the answer would be lost with the connection.
                    sleep(A_WHILE).await;
                    return connection.io.tcp().set_zero_linger().unwrap();
                }
                Cut::Rst => return connection.io.tcp().set_zero_linger().unwrap(),
                Cut::Nonsense => return connection.write(b"220 mail.test ESMTP\r\n\r\n").await,
                Cut::Silence => connection.silence().await,
                Cut::PartOfBody => return connection.write(&answer(202, None, "{", 99)).await,
                Cut::StallingBody => {
                    connection.write(&answer(202, None, "{", 99)).await;
                    connection.silence().await;
                }
                Cut::LongBody => {
                    let body = "x".repeat(MAX_ANSWER_BYTES + 1);
                    let bytes = answer(202, None, &body, body.len());
                    connection.write(&bytes).await;
                }
                Cut::Fin => return,
                other => panic!("{other:?} is not for HTTP/1.1"),
            }
        }
    }
}

fn answer(status: u16, extra: Option<(&str, &str)>, body: &str, length: usize) -> Vec<u8> {
    let extra = extra.map_or_else(String::new, |(name, value)| format!("{name}: {value}\r\n"));
    format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{extra}\r\n{body}").into_bytes()
}

/// The socket under a connection, for an end with RST.
pub trait Socket: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// The bearer token of a request over HTTP/1.1.
pub fn bearer(read: &Read) -> Option<&str> {
    header(read.text.as_deref()?, "authorization")?.strip_prefix("Bearer ")
}
