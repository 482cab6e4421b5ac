//! Who this client says to be when a server asks, and whether one asked.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

tokio::task_local! {
    static ASKED: Cell<bool>;
}

/// Makes a connection, and tells whether its server asked for a certificate of this client.
pub(crate) async fn noting<T>(connecting: impl Future<Output = T>) -> (T, bool) {
    let noted = async { (connecting.await, ASKED.with(Cell::get)) };
    ASKED.scope(Cell::new(false), noted).await
}

/// Answers with what `to_server` answers.
#[derive(Debug)]
pub(super) struct Introduction {
    pub(super) to_server: Arc<dyn ResolvesClientCert>,
}

impl ResolvesClientCert for Introduction {
    fn resolve(
        &self,
        root_hint_subjects: &[&[u8]],
        sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        // Not every client takes note.
        let _ = ASKED.try_with(|asked| asked.set(true));
        self.to_server.resolve(root_hint_subjects, sigschemes)
    }

    fn only_raw_public_keys(&self) -> bool {
        self.to_server.only_raw_public_keys()
    }

    fn has_certs(&self) -> bool {
        self.to_server.has_certs()
    }
}

/// Says nothing to whoever asks.
#[derive(Debug)]
pub(super) struct Nobody;

impl ResolvesClientCert for Nobody {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
