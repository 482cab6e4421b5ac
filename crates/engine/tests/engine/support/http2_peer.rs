//! The server's side of HTTP/2, frame by frame (RFC 9113).

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::server::Connection;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const ACK: u8 = 1;
/// The entry `:status: 200` of the static table (RFC 7541 appendix A).
pub const STATUS_200: &[u8] = &[0x88];
pub const NO_ERROR: u32 = 0;
pub const REFUSED_STREAM: u32 = 7;
pub const INTERNAL_ERROR: u32 = 2;
pub const CANCEL: u32 = 8;

pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// The server's side of one connection.
pub struct Peer {
    pub io: TlsStream<TcpStream>,
}

impl Peer {
    pub async fn accept(connection: Connection<TlsStream<TcpStream>>) -> Self {
        let mut peer = Self { io: connection.io };
        let mut preface = [0; 24];
        peer.io.read_exact(&mut preface).await.unwrap();
        assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        peer.write(SETTINGS, 0, 0, &[]).await;
        peer
    }

    pub async fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut bytes = length[1..].to_vec();
        bytes.extend([kind, flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        // The client may be gone: what it makes of that is for the test to check.
        let _ = self.io.write_all(&bytes).await;
        let _ = self.io.flush().await;
    }

    pub async fn frame(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.io.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        self.io.read_exact(&mut payload).await.ok()?;
        if head[3] == SETTINGS && head[4] & ACK == 0 {
            self.write(SETTINGS, ACK, 0, &[]).await;
        }
        Some(Frame {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]),
            payload,
        })
    }

    /// Reads up to the end of the next request and tells its stream.
    pub async fn request(&mut self) -> Option<u32> {
        self.until(|frame| matches!(frame.kind, DATA | HEADERS) && frame.flags & END_STREAM != 0)
            .await
            .map(|frame| frame.stream)
    }

    pub async fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
        loop {
            let frame = self.frame().await?;
            if wanted(&frame) {
                return Some(frame);
            }
        }
    }

    pub async fn set(&mut self, setting: u8, value: u8) {
        self.write(SETTINGS, 0, 0, &[0, setting, 0, 0, 0, value])
            .await;
    }

    /// Waits until the client has read everything that was written so far.
    pub async fn flushed(&mut self) {
        self.write(PING, 0, 0, &[0; 8]).await;
        self.until(|frame| frame.kind == PING && frame.flags & ACK != 0)
            .await;
    }

    pub async fn answer(&mut self, stream: u32) {
        self.write(HEADERS, END_STREAM | END_HEADERS, stream, STATUS_200)
            .await;
    }

    pub async fn reset(&mut self, stream: u32, reason: u32) {
        self.write(RST_STREAM, 0, stream, &reason.to_be_bytes())
            .await;
    }

    pub async fn go_away(&mut self, last: u32, reason: u32) {
        let payload = [last.to_be_bytes(), reason.to_be_bytes()].concat();
        self.write(GOAWAY, 0, 0, &payload).await;
    }
}
