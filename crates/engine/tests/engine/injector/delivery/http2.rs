//! The script over HTTP/2, frame by frame.

use cxone_dtmf_engine::http::MAX_ANSWER_BYTES;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::server::TlsStream;

use super::script::{A_WHILE, Cut, Script, Socket};
use crate::support::http2_peer::{
    DATA, END_HEADERS, END_STREAM, HEADERS, INTERNAL_ERROR, NO_ERROR, Peer, REFUSED_STREAM,
};
use crate::support::server::Connection;

/// Plays one connection whose TLS handshake is done.
pub async fn play(script: Script, connection: Connection<TlsStream<TcpStream>>) {
    if script.takes(Cut::Unread) {
        return;
    }
    let number = connection.number;
    let mut peer = Peer::accept(connection).await;
    while let Some(stream) = peer.request().await {
        match script.next(number, None) {
            Cut::Answer(status, extra) => whole(&mut peer, stream, status, extra).await,
            Cut::AcceptAndEnd => return whole(&mut peer, stream, 202, None).await,
            Cut::AcceptAndReset => {
                whole(&mut peer, stream, 202, None).await;
                sleep(A_WHILE).await;
                return peer.io.tcp().set_zero_linger().unwrap();
            }
            Cut::RefuseStream => peer.reset(stream, REFUSED_STREAM).await,
            Cut::GoAwayBefore => return peer.go_away(stream.saturating_sub(2), NO_ERROR).await,
            Cut::GoAwayAfter => return peer.go_away(stream, NO_ERROR).await,
            Cut::ResetStream => peer.reset(stream, INTERNAL_ERROR).await,
            Cut::Rst => return peer.io.tcp().set_zero_linger().unwrap(),
            // No entry of any table has this number (RFC 7541 §6.1).
            Cut::Nonsense => peer.write(HEADERS, END_HEADERS, stream, &[0xfe]).await,
            Cut::Silence => {}
            cut @ (Cut::PartOfBody | Cut::StallingBody) => {
                let block = block(202, None);
                peer.write(HEADERS, END_HEADERS, stream, &block).await;
                peer.write(DATA, 0, stream, b"{").await;
                if cut == Cut::PartOfBody {
                    return;
                }
            }
            Cut::LongBody => {
                let block = block(202, None);
                peer.write(HEADERS, END_HEADERS, stream, &block).await;
                // The longest frame that needs no leave (RFC 9113 §4.2).
                for _ in 0..=MAX_ANSWER_BYTES / 16_384 {
                    peer.write(DATA, 0, stream, &[b'x'; 16_384]).await;
                }
            }
            Cut::Fin => return,
            Cut::Handshake | Cut::Unread => panic!("needs no request"),
        }
    }
}

async fn whole(peer: &mut Peer, stream: u32, status: u16, extra: Option<(&str, &str)>) {
    let block = block(status, extra);
    peer.write(HEADERS, END_HEADERS, stream, &block).await;
    peer.write(DATA, END_STREAM, stream, b"{}").await;
}

/// Literal fields without indexing (RFC 7541 §6.2.2); entry 8 of the static table is `:status`.
fn block(status: u16, extra: Option<(&str, &str)>) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let mut block = [vec![0x08], text(&status.to_string())].concat();
    if let Some((name, value)) = extra {
        block.extend([vec![0], text(name), text(value)].concat());
    }
    block
}
