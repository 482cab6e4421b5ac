//! A way to a server that can be cut: bytes go in and nothing comes out, as behind a firewall that forgot a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A proxy, until dropped.
pub struct Proxy {
    pub url: String,
    swallows: Arc<AtomicBool>,
    accepting: AbortHandle,
}

impl Proxy {
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let swallows = Arc::<AtomicBool>::default();
        let shared = Arc::clone(&swallows);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
                    continue;
                };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(carry(from_client, to_server, Arc::clone(&shared)));
                tokio::spawn(carry(from_server, to_client, Arc::clone(&shared)));
            }
        });
        Self {
            url,
            swallows,
            accepting: accepting.abort_handle(),
        }
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

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, swallows: Arc<AtomicBool>) {
    let mut buffer = [0; 4096];
    let mut cut = false;
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        cut |= swallows.load(Ordering::SeqCst);
        if !cut && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
