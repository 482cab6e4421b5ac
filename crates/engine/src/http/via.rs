//! A connection, straight or through a proxy, before TLS to the destination.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::paced::Paced;

/// To a proxy, or to the destination where there is none or through its tunnel.
pub(super) type ToProxy = MaybeHttpsStream<TokioIo<Paced<TcpStream>>>;

/// TCP, with TLS around it where the proxy itself is spoken to by TLS.
pub(super) struct Via {
    stream: ToProxy,
    /// A proxy reads the requests, and needs the whole address in them.
    forwarding: bool,
}

impl Via {
    /// To the destination itself.
    pub(super) fn straight(stream: TokioIo<Paced<TcpStream>>) -> Self {
        Self::tunnel(MaybeHttpsStream::Http(stream))
    }

    /// Through a tunnel, which is as good as straight.
    pub(super) fn tunnel(stream: ToProxy) -> Self {
        Self {
            stream,
            forwarding: false,
        }
    }

    /// To a proxy that forwards requests.
    pub(super) fn forwarding(stream: ToProxy) -> Self {
        Self {
            stream,
            forwarding: true,
        }
    }
}

impl Connection for Via {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.forwarding)
    }
}

impl Read for Via {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Via {
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
