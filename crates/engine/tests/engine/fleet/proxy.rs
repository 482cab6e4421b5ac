//! A way to a server that can be cut: bytes go in and nothing comes out, as behind a firewall that forgot a connection.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A proxy, until dropped.
pub struct Proxy {
    pub url: String,
    swallows: Arc<AtomicBool>,
    sent: Arc<Mutex<Vec<u8>>>,
    accepting: AbortHandle,
}

impl Proxy {
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let swallows = Arc::<AtomicBool>::default();
        let shared = Arc::clone(&swallows);
        let sent = Arc::<Mutex<Vec<u8>>>::default();
        let (record, nothing) = (Arc::clone(&sent), Arc::<Mutex<Vec<u8>>>::default());
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
                    continue;
                };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(carry(
                    from_client,
                    to_server,
                    Arc::clone(&shared),
                    Arc::clone(&record),
                ));
                tokio::spawn(carry(
                    from_server,
                    to_client,
                    Arc::clone(&shared),
                    Arc::clone(&nothing),
                ));
            }
        });
        Self {
            url,
            swallows,
            sent,
            accepting: accepting.abort_handle(),
        }
    }

    /// Takes the commands that clients sent since the last time, as they were sent.
    pub fn take_sent(&self) -> Vec<Vec<u8>> {
        let sent = std::mem::take(&mut *self.sent.lock().unwrap());
        commands(&sent)
    }

    /// Swallows everything from now on, of all connections there are and of new ones.
    pub fn cut(&self) {
        self.swallows.store(true, Ordering::SeqCst);
    }

    /// Lets new connections through again. Those that were cut stay so.
    pub fn mend(&self) {
        self.swallows.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    swallows: Arc<AtomicBool>,
    record: Arc<Mutex<Vec<u8>>>,
) {
    let mut buffer = [0; 4096];
    let mut cut = false;
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        cut |= swallows.load(Ordering::SeqCst);
        record.lock().unwrap().extend_from_slice(&buffer[..read]);
        if !cut && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Parts commands, which are arrays of strings with their lengths.
fn commands(sent: &[u8]) -> Vec<Vec<u8>> {
    let line = |at: usize| {
        let end = sent[at..].iter().position(|byte| *byte == b'\r').unwrap() + at;
        let number = std::str::from_utf8(&sent[at + 1..end]).unwrap();
        (number.parse::<usize>().unwrap(), end + 2)
    };
    let (mut all, mut at) = (Vec::new(), 0);
    while at < sent.len() {
        let begin = at;
        let (words, after) = line(at);
        at = after;
        for _ in 0..words {
            let (length, after) = line(at);
            at = after + length + 2;
        }
        all.push(sent[begin..at].to_vec());
    }
    all
}
