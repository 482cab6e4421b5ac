//! The witness of a send: the body leaves, or the caller may say that it did not; never both.
//!
//! This is the engine's own type, whose atomics are loom's under `cxone_loom`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use cxone_dtmf_engine::http::{Witness, WitnessedBody};
use http_body::Body;
use loom::sync::atomic::{AtomicU8, Ordering};
use loom::thread;

use super::{breaks, walk};

/// What hyper does on its own thread.
fn pull(mut body: WitnessedBody) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    matches!(
        Pin::new(&mut body).poll_frame(&mut context),
        Poll::Ready(Some(Ok(_)))
    )
}

#[test]
fn the_body_leaves_or_is_withdrawn_and_never_both() {
    walk(|| {
        let witness = Witness::default();
        let body = WitnessedBody::new(Bytes::from_static(b"1"), witness.clone());
        let connection = thread::spawn(move || pull(body));
        let withdrawn = witness.revoke();
        // What was said once stays true.
        assert_eq!(witness.was_handed_over(), !withdrawn);
        assert_eq!(witness.revoke(), withdrawn);
        assert_ne!(connection.join().unwrap(), withdrawn, "left and withdrawn");
        assert_eq!(witness.was_handed_over(), !withdrawn);
    });
}

#[test]
fn two_who_give_up_get_the_same_answer() {
    walk(|| {
        let witness = Witness::default();
        let body = WitnessedBody::new(Bytes::from_static(b"1"), witness.clone());
        let connection = thread::spawn(move || pull(body));
        let other = {
            let witness = witness.clone();
            thread::spawn(move || witness.revoke())
        };
        let withdrawn = witness.revoke();
        assert_eq!(other.join().unwrap(), withdrawn);
        assert_ne!(connection.join().unwrap(), withdrawn, "left and withdrawn");
    });
}

#[test]
fn only_one_of_two_connections_gets_the_body() {
    walk(|| {
        let witness = Witness::default();
        let other = {
            let witness = witness.clone();
            thread::spawn(move || witness.hand_over())
        };
        let mine = witness.hand_over();
        assert_ne!(other.join().unwrap(), mine);
    });
}

/// Looks first and writes then, in two steps.
#[test]
fn finds_a_witness_that_looks_before_it_writes() {
    breaks("left and withdrawn", || {
        let state = Arc::new(AtomicU8::new(0));
        let connection = {
            let state = Arc::clone(&state);
            thread::spawn(move || {
                let untouched = state.load(Ordering::SeqCst) == 0;
                if untouched {
                    state.store(1, Ordering::SeqCst);
                }
                untouched
            })
        };
        let withdrawn = state.load(Ordering::SeqCst) == 0;
        if withdrawn {
            state.store(2, Ordering::SeqCst);
        }
        assert_ne!(connection.join().unwrap(), withdrawn, "left and withdrawn");
    });
}
