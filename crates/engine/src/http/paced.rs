//! A connection takes turns: how much of it is read before the other tasks of the thread have theirs.
//!
//! What reads a connection goes on for as long as there is something to read, and a server that sends without end has always
//! something. tokio's own budget counts reads (128 a poll), whatever their length, and hyper reads up to 400 KB at once: 50 MB.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// So many bytes are read in one turn. Answers are shorter; it is also the longest record of TLS (RFC 8446 §5.1). Parsing
/// them takes some 50 microseconds at worst, as measured with interim answers.
const MOST_BYTES: usize = 16 * 1024;

/// So many reads are made in one turn, however little each of them brings.
const MOST_READS: usize = 16;

/// A stream that is read in turns.
pub(super) struct Paced<S> {
    stream: S,
    bytes: usize,
    reads: usize,
}

impl<S> Paced<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self {
            stream,
            bytes: 0,
            reads: 0,
        }
    }

    /// How many bytes may be read still. `None`: the turn is over, and a new one begins.
    const fn room(&mut self) -> Option<usize> {
        let room = MOST_BYTES.saturating_sub(self.bytes);
        if room > 0 && self.reads < MOST_READS {
            return Some(room);
        }
        self.begin();
        None
    }

    const fn begin(&mut self) {
        self.bytes = 0;
        self.reads = 0;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(room) = self.room() else {
            context.waker().wake_by_ref();
            return Poll::Pending;
        };
        let before = buffer.filled().len();
        let read = if buffer.remaining() <= room {
            Pin::new(&mut self.stream).poll_read(context, buffer)
        } else {
            let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
            let read = Pin::new(&mut self.stream).poll_read(context, &mut part);
            let length = part.filled().len();
            buffer.advance(length);
            read
        };
        match read {
            Poll::Ready(_) => {
                self.bytes += buffer.filled().len() - before;
                self.reads += 1;
            }
            // The other tasks have their turn.
            Poll::Pending => self.begin(),
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
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

impl Connection for Paced<TcpStream> {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future as _, poll_fn};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Waker;

    use bytes::Bytes;
    use http::Request;
    use http_body_util::Empty;
    use hyper::client::conn::http1;
    use hyper::ext::on_informational;
    use hyper_util::rt::TokioIo;
    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// Has always something to read once it was asked, in pieces, and counts what was read.
    struct Endless {
        asked: bool,
        text: &'static [u8],
        piece: usize,
        at: usize,
    }

    impl AsyncRead for Endless {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if !self.asked {
                return Poll::Pending;
            }
            for _ in 0..self.piece.min(buffer.remaining()) {
                buffer.put_slice(&[self.text[self.at % self.text.len()]]);
                self.at += 1;
            }
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Endless {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.asked = true;
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    const HINTS: &[u8] = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";

    fn endless(piece: usize, asked: bool) -> Paced<Endless> {
        let (text, at) = (HINTS, 0);
        Paced::new(Endless {
            asked,
            text,
            piece,
            at,
        })
    }

    /// A reader that takes all that there is until it has to wait.
    #[tokio::test]
    async fn one_turn_is_a_bounded_number_of_bytes_and_of_reads() {
        for (piece, buffer, a_turn) in [
            (usize::MAX, 400_000, MOST_BYTES),
            (1_000, 8_192, MOST_READS * 1_000),
            (1, 8_192, MOST_READS),
        ] {
            let mut stream = endless(piece, true);
            let mut buffer = vec![0; buffer];
            for turn in 1..=3 {
                poll_fn(|context| {
                    loop {
                        let mut buffer = ReadBuf::new(&mut buffer);
                        if Pin::new(&mut stream)
                            .poll_read(context, &mut buffer)
                            .is_pending()
                        {
                            return Poll::Ready(());
                        }
                    }
                })
                .await;
                assert_eq!(stream.stream.at, turn * a_turn, "{piece}");
            }
        }
    }

    #[tokio::test]
    async fn who_waited_is_woken_and_reads_on() {
        let mut bytes = vec![0; 10 * MOST_BYTES];
        endless(usize::MAX, true)
            .read_exact(&mut bytes)
            .await
            .unwrap();
        assert!(
            bytes
                .chunks(HINTS.len())
                .all(|chunk| HINTS.starts_with(chunk))
        );
    }

    /// hyper's own connection, which reads on for as long as interim answers come.
    #[tokio::test]
    async fn a_poll_of_a_connection_reads_a_bounded_number_of_interim_answers() {
        let stream = TokioIo::new(endless(usize::MAX, false));
        let (mut sender, mut connection) = http1::handshake(stream).await.unwrap();
        let hints = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&hints);
        let mut request = Request::new(Empty::<Bytes>::new());
        on_informational(&mut request, move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        let mut answering = Box::pin(sender.send_request(request));
        let mut context = Context::from_waker(Waker::noop());
        for polls in 1..=50 {
            assert!(answering.as_mut().poll(&mut context).is_pending());
            assert!(Pin::new(&mut connection).poll(&mut context).is_pending());
            let read = hints.load(Ordering::SeqCst);
            assert!(
                read * HINTS.len() <= polls * MOST_BYTES,
                "{read} in {polls}"
            );
            assert!((read + 1) * HINTS.len() > (polls - 1) * MOST_BYTES);
        }
    }
}
