//! What is known of one connection: what it heard of an answer, and until when it may be used.

use std::fmt;
use std::io::{self, Read as _};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Extensions, HeaderMap, Request};
use hyper::ext::on_informational;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{
    CaptureConnection, Connected, Connection, capture_connection,
};
use hyper_util::rt::TokioIo;
use rustls::ProtocolVersion;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

use super::keep_alive::KeepAlive;
use super::limits::{MOST_BLANK, MOST_INTERIM};
use super::message::Answer;
use super::via::Via;
use super::witness::WitnessedBody;

/// So much of an answer is kept for its head, as much as Node.js and undici read of a head at all (`maxHeaderSize`).
const MOST_BYTES: usize = 16 * 1024;

/// What the stream of a connection and the requests on it share.
#[derive(Debug, Default)]
pub(super) struct Tap {
    /// Streams of several requests at once cannot be told apart here.
    multiplexed: bool,
    /// The server asked for a certificate of this client, and judges it after this client is done: so it is in TLS 1.3 alone
    /// (RFC 8446 §4.4.2.4). In TLS 1.2 its `Finished`, for which a client waits, comes after its judgement (RFC 5246 §7.3).
    judged_later: bool,
    /// Interim answers since a request was taken up. Those over HTTP/2 cannot be seen.
    interim: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What came since a request was taken up.
    head: Vec<u8>,
    /// Bytes of empty lines before anything else since then.
    blank: usize,
    /// Whether anything was ever read.
    spoke: bool,
    /// Requests that were taken up and whose answers were not read: one, but for the moment in which a connection changes hands.
    pending: u32,
    /// How many answers there were.
    answers: u32,
    /// Until when a request may begin, where the server said so.
    until: Option<Instant>,
}

impl Tap {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is taken up: what was heard before belongs to another one. `false` when the server may be about to close.
    fn begin(&self) -> bool {
        self.interim.store(0, Ordering::SeqCst);
        let mut state = self.state();
        state.head.clear();
        state.blank = 0;
        state.pending = state.pending.saturating_add(1);
        state.until.is_none_or(|until| Instant::now() < until)
    }

    fn hear(&self, bytes: &[u8]) {
        let mut state = self.state();
        state.spoke |= !bytes.is_empty();
        if state.pending > 0 && !self.multiplexed {
            if state.blank == state.head.len() {
                let lines = bytes.iter().take_while(|byte| b"\r\n".contains(byte));
                state.blank += lines.count();
            }
            let room = MOST_BYTES.saturating_sub(state.head.len());
            let taken = bytes.get(..room).unwrap_or(bytes);
            state.head.extend_from_slice(taken);
        }
    }

    /// Whether the server sends what is no answer, without end.
    fn is_flooded(&self) -> bool {
        self.interim.load(Ordering::SeqCst) > MOST_INTERIM || self.state().blank > MOST_BLANK
    }

    /// The answer that was heard of the body that was taken last.
    fn heard(&self) -> Option<Answer> {
        Answer::heard(&self.state().head)
    }
}

/// The stream of a connection.
pub(super) struct Tapped {
    stream: TokioIo<MaybeHttpsStream<Via>>,
    tap: Arc<Tap>,
}

impl Tapped {
    /// `asked`: the server asked for a certificate of this client.
    pub(super) fn new(stream: MaybeHttpsStream<Via>, asked: bool) -> Self {
        let multiplexed = stream.connected().is_negotiated_h2();
        let version = match &stream {
            MaybeHttpsStream::Https(stream) => stream.inner().get_ref().1.protocol_version(),
            MaybeHttpsStream::Http(_) => None,
        };
        Self {
            stream: TokioIo::new(stream),
            tap: Arc::new(Tap {
                multiplexed,
                judged_later: asked && version == Some(ProtocolVersion::TLSv1_3),
                ..Tap::default()
            }),
        }
    }
}

impl Tapped {
    /// What came in the same read as a record that breaks TLS: it is decrypted, and given to nobody.
    fn hear_rest(&mut self) {
        if let MaybeHttpsStream::Https(stream) = self.stream.inner_mut() {
            let (_, session) = stream.inner_mut().get_mut();
            let mut rest = Vec::new();
            // It ends with what there is, or says that no more is to come.
            let _ = session
                .reader()
                .take(MOST_BYTES as u64)
                .read_to_end(&mut rest);
            self.tap.hear(&rest);
        }
    }
}

impl Connection for Tapped {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(Arc::clone(&self.tap))
    }
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.tap.is_flooded() {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buffer.filled().len();
        if let Err(error) = ready!(Pin::new(&mut self.stream).poll_read(context, buffer)) {
            self.hear_rest();
            return Poll::Ready(Err(error));
        }
        self.tap
            .hear(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }
}

/// The connection that one request is given, which may change until the request is begun.
#[derive(Clone)]
pub(super) struct Ride {
    connection: CaptureConnection,
    /// Whether the connection took it up.
    begun: Arc<AtomicBool>,
}

impl Ride {
    /// Follows a request to its connection.
    pub(super) fn of(request: &mut Request<WitnessedBody>) -> Self {
        let ride = Self {
            connection: capture_connection(request),
            begun: Arc::default(),
        };
        request.body_mut().ride(ride.clone());
        let told = ride.clone();
        on_informational(request, move |_| {
            if let Some(tap) = told.tap() {
                tap.interim.fetch_add(1, Ordering::SeqCst);
            }
        });
        ride
    }

    /// Waits for a connection; for ever where none can be made.
    pub(super) async fn connected(&mut self) -> Option<Weak<Tap>> {
        self.connection.wait_for_connection_metadata().await;
        self.tap()
            .filter(|tap| tap.multiplexed)
            .map(|tap| Arc::downgrade(&tap))
    }

    fn tap(&self) -> Option<Arc<Tap>> {
        let mut extras = Extensions::new();
        self.connection
            .connection_metadata()
            .as_ref()?
            .get_extras(&mut extras);
        extras.remove()
    }

    /// The connection takes the request up. `false`: it must not, for the server may be about to close it.
    pub(super) fn begin(&self) -> bool {
        let may_begin = self.tap().is_none_or(|tap| tap.begin());
        self.begun.store(true, Ordering::SeqCst);
        may_begin
    }

    /// The answer that came, whatever the client made of it. What was heard before is another request's.
    pub(super) fn heard(&self) -> Option<Answer> {
        let tap = self.tap().filter(|_| self.begun.load(Ordering::SeqCst));
        tap?.heard()
    }

    /// Whether the server may still have been judging who this client is when the connection ended: it was to do so, said nothing,
    /// and this is the first request.
    pub(super) fn may_be_unjudged(&self) -> bool {
        let tap = self.tap().filter(|_| self.begun.load(Ordering::SeqCst));
        tap.is_some_and(|tap| {
            let state = tap.state();
            tap.judged_later && !state.spoke && state.pending == 1
        })
    }

    /// An answer was read: its connection is kept no longer than the server said. A pool that keeps it for `idle` needs
    /// no help with longer times.
    pub(super) fn keep(&self, headers: &HeaderMap, idle: Duration) {
        let Some(tap) = self.tap().filter(|tap| !tap.multiplexed) else {
            return;
        };
        let said = KeepAlive::of(headers);
        let time = said.time.filter(|time| *time < idle);
        let mut state = tap.state();
        state.pending = state.pending.saturating_sub(1);
        if state.pending == 0 {
            state.head = Vec::new();
        }
        state.answers = state.answers.saturating_add(1);
        if said.most.is_some_and(|most| most <= state.answers) || time == Some(Duration::ZERO) {
            self.poison();
        } else if let Some(time) = time
            && state.until.replace(Instant::now() + time).is_none()
        {
            tokio::spawn(self.clone().watch());
        }
    }

    /// Takes the connection out of use when its time is over.
    async fn watch(self) {
        while let Some(until) = self.tap().and_then(|tap| tap.state().until) {
            if until <= Instant::now() {
                return self.poison();
            }
            sleep_until(until).await;
        }
    }

    fn poison(&self) {
        if let Some(connected) = self.connection.connection_metadata().as_ref() {
            connected.poison();
        }
    }
}

impl fmt::Debug for Ride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ride")
    }
}
