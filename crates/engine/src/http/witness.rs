//! The witness: whether the body of a request could have left this process.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
#[cfg(not(cxone_loom))]
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
#[cfg(cxone_loom)]
use loom::sync::atomic::{AtomicU8, Ordering};

use super::tap::Ride;
use crate::sleep::Clocks;

const UNTOUCHED: u8 = 0;
const HANDED_OVER: u8 = 1;
const WITHDRAWN: u8 = 2;

/// Tells whether the connection ever took the body of a request.
///
/// As long as it did not, nothing of the digits has left the process. The answer is final as soon as
/// [`Transport::send`](crate::http::Transport::send) returned or its future was dropped. One witness belongs to one send.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    body: Arc<AtomicU8>,
    limit: Option<Limit>,
}

/// Until when a body may leave.
#[derive(Clone, Copy, Debug)]
struct Limit {
    since: Clocks,
    within: Duration,
}

impl Limit {
    /// Over as well where the machine slept: for how long is not known.
    fn is_over(self) -> bool {
        let now = Clocks::now();
        now.parted_since(self.since)
            || now.mono().saturating_duration_since(self.since.mono()) >= self.within
    }
}

impl Witness {
    /// One that lets the body leave within this time from now on, and not later. The right to send may be over by
    /// then: a process that was stopped goes on where it stood, and its time-outs may be heard after its connections.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self {
            body: Arc::default(),
            limit: Some(Limit {
                since: Clocks::now(),
                within: time,
            }),
        }
    }

    /// The connection pulled the body: from here on the digits may be on their way.
    pub fn handed_over(&self) {
        self.body.store(HANDED_OVER, Ordering::SeqCst);
    }

    /// Whether the body was pulled.
    #[must_use]
    pub fn was_handed_over(&self) -> bool {
        self.body.load(Ordering::SeqCst) == HANDED_OVER
    }

    /// The connection wants the body. `true` allows it, and from here on the digits may be on their way;
    /// `false` means that the request was given up before, or that it is too late: the body must not be handed out.
    #[must_use]
    pub fn hand_over(&self) -> bool {
        if self.limit.is_some_and(Limit::is_over) {
            let _ = self.revoke();
            return false;
        }
        self.body
            .compare_exchange(UNTOUCHED, HANDED_OVER, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    /// Gives the request up. `true` when the body had not been handed over, and now never will be.
    ///
    /// The connection runs in a task of its own, on another thread. Without this step it could pull
    /// the body just after a caller that gave up had read "not sent".
    #[must_use]
    pub fn revoke(&self) -> bool {
        // Failing means that the body left before, or that it was revoked before: that fact stays.
        let _ =
            self.body
                .compare_exchange(UNTOUCHED, WITHDRAWN, Ordering::SeqCst, Ordering::SeqCst);
        !self.was_handed_over()
    }
}

/// The exchange ended before the connection asked for the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawn;

impl fmt::Display for Withdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was given up before its body was sent")
    }
}

impl std::error::Error for Withdrawn {}

/// A body that yields its bytes once and tells the witness when it does.
///
/// Its size is known, so that the request carries a `Content-Length`.
pub struct WitnessedBody {
    rest: Option<Bytes>,
    witness: Witness,
    empty: bool,
    ride: Option<Ride>,
}

impl WitnessedBody {
    /// The body of one send.
    #[must_use]
    pub fn new(bytes: Bytes, witness: Witness) -> Self {
        Self {
            empty: bytes.is_empty(),
            rest: Some(bytes).filter(|bytes| !bytes.is_empty()),
            witness,
            ride: None,
        }
    }

    /// Tells the connection that takes the request up.
    pub(super) fn ride(&mut self, ride: Ride) {
        self.ride = Some(ride);
    }

    /// The connection that is told.
    pub(super) fn given_ride(&self) -> Option<Ride> {
        self.ride.clone()
    }
}

impl fmt::Debug for WitnessedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WitnessedBody")
    }
}

impl Body for WitnessedBody {
    type Data = Bytes;
    type Error = Withdrawn;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        Poll::Ready(self.rest.take().map(|bytes| {
            if self.ride.as_ref().is_none_or(Ride::begin) && self.witness.hand_over() {
                Ok(Frame::data(bytes))
            } else {
                Err(Withdrawn)
            }
        }))
    }

    fn is_end_stream(&self) -> bool {
        // The one question that the connection asks of an empty body, when it takes the request up.
        if let Some(ride) = self.ride.as_ref().filter(|_| self.empty) {
            let _ = ride.begin();
        }
        self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(body: &mut WitnessedBody) -> Option<Result<Bytes, Withdrawn>> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match Pin::new(body).poll_frame(&mut context) {
            Poll::Ready(frame) => {
                frame.map(|frame| frame.map(|frame| frame.into_data().expect("data")))
            }
            Poll::Pending => panic!("the bytes are there"),
        }
    }

    #[test]
    fn asking_for_the_size_is_not_taking_the_body() {
        let witness = Witness::default();
        let body = WitnessedBody::new(Bytes::from_static(b"12345"), witness.clone());
        assert_eq!(body.size_hint().exact(), Some(5));
        assert!(!body.is_end_stream());
        assert!(!witness.was_handed_over());
    }

    #[test]
    fn the_bytes_are_yielded_once_and_witnessed() {
        let witness = Witness::default();
        let mut body = WitnessedBody::new(Bytes::from_static(b"12345"), witness.clone());
        assert_eq!(poll(&mut body), Some(Ok(Bytes::from_static(b"12345"))));
        assert!(witness.was_handed_over());
        assert!(body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(0));
        assert_eq!(poll(&mut body), None);
    }

    #[test]
    fn a_withdrawn_body_stays_here() {
        let witness = Witness::default();
        let mut body = WitnessedBody::new(Bytes::from_static(b"12345"), witness.clone());
        let _ = witness.revoke();
        assert_eq!(poll(&mut body), Some(Err(Withdrawn)));
        assert_eq!(poll(&mut body), None);
        assert!(!witness.was_handed_over());
    }

    #[test]
    fn after_its_time_the_body_stays_here() {
        let witness = Witness::within(Duration::from_secs(60));
        let mut body = WitnessedBody::new(Bytes::from_static(b"1"), witness.clone());
        assert!(matches!(poll(&mut body), Some(Ok(_))));
        assert!(witness.was_handed_over());
        let witness = Witness::within(Duration::from_millis(1));
        let mut body = WitnessedBody::new(Bytes::from_static(b"1"), witness.clone());
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(poll(&mut body), Some(Err(Withdrawn)));
        assert!(!witness.was_handed_over());
        assert!(witness.revoke());
    }

    #[test]
    fn what_left_cannot_be_withdrawn() {
        let witness = Witness::default();
        assert!(witness.hand_over());
        let _ = witness.revoke();
        assert!(witness.was_handed_over());
    }

    #[test]
    fn either_the_connection_gets_the_body_or_the_caller_may_say_not_sent() {
        for _ in 0..2_000 {
            let witness = Witness::default();
            let mut body = WitnessedBody::new(Bytes::from_static(b"1"), witness.clone());
            let connection = std::thread::spawn(move || matches!(poll(&mut body), Some(Ok(_))));
            let _ = witness.revoke();
            let may_say_not_sent = !witness.was_handed_over();
            let left = connection.join().expect("no panic");
            assert_ne!(left, may_say_not_sent);
        }
    }

    #[test]
    fn debug_shows_no_digit() {
        let body = WitnessedBody::new(Bytes::from_static(b"12345"), Witness::default());
        assert_eq!(format!("{body:?}"), "WitnessedBody");
    }
}
