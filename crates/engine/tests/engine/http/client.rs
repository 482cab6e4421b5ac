//! Transports, and requests to send with them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cxone_dtmf_engine::http::{
    Answer, Fault, FaultKind, MAX_ANSWER_BYTES, Request, Transport, Witness,
};
use http::{HeaderMap, HeaderValue, Method};
use tokio::net::TcpListener;

use crate::support::LONG;

pub const BODY: &[u8] = br#"{"dtmf":"12345"}"#;

/// Reads the roots ahead, so that a short time-out of a test is not spent on them.
pub async fn warm(transport: Box<dyn Transport>) -> Box<dyn Transport> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    fault(&transport, &format!("http://{closed}/"), "warm").await;
    transport
}

/// A request with this id, and its witness.
pub fn request(url: &str, id: &str) -> (Request, Witness) {
    let witness = Witness::default();
    let mut headers = HeaderMap::new();
    headers.insert("x-id", HeaderValue::from_str(id).unwrap());
    let request = Request {
        method: Method::POST,
        uri: url.parse().unwrap(),
        headers,
        body: Bytes::from_static(BODY),
        witness: witness.clone(),
        timeout: LONG,
        fresh_connection: false,
        most_answer_bytes: MAX_ANSWER_BYTES,
    };
    (request, witness)
}

/// Sends once and tells the outcome and whether the witness is set.
pub async fn send(
    transport: &impl AsRef<dyn Transport>,
    url: &str,
    id: &str,
) -> (Result<Answer, Fault>, bool) {
    let (request, witness) = request(url, id);
    let outcome = transport.as_ref().send(request).await;
    (outcome, witness.was_handed_over())
}

/// The kind of the fault, for a send that must fail.
pub async fn fault(
    transport: &impl AsRef<dyn Transport>,
    url: &str,
    id: &str,
) -> (FaultKind, bool) {
    let (outcome, witnessed) = send(transport, url, id).await;
    (outcome.expect_err("a fault").kind, witnessed)
}

/// Gives up sends around the moment when their bodies leave, whatever the speed of the machine:
/// more patience after a body that stayed, less after one that left.
pub struct Impatience {
    end: Instant,
    patience: Duration,
    pub left: Vec<String>,
    pub stayed: Vec<String>,
}

impl Impatience {
    pub fn new() -> Self {
        Self {
            end: Instant::now() + LONG,
            patience: Duration::from_micros(100),
            left: Vec::new(),
            stayed: Vec::new(),
        }
    }

    /// Until both have been met, and many times if the machine is fast enough.
    pub fn goes_on(&self) -> bool {
        let (left, stayed) = (self.left.len(), self.stayed.len());
        let in_time = Instant::now() < self.end;
        let both = left > 0 && stayed > 0;
        assert!(both || in_time, "{left} left, {stayed} stayed");
        !both || (in_time && left + stayed < 1_500)
    }

    pub async fn give_up(&mut self, id: String, witness: &Witness, sending: impl Future) {
        let started = Instant::now();
        // A timer of the runtime counts milliseconds, too coarse for this.
        let waiting = async {
            while started.elapsed() < self.patience {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            _ = sending => {}
            () = waiting => {}
        }
        if witness.was_handed_over() {
            self.patience = self.patience * 9 / 10;
            self.left.push(id);
        } else {
            self.patience = self.patience * 11 / 10 + Duration::from_micros(1);
            self.stayed.push(id);
        }
    }
}
