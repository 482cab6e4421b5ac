//! Once an event has spoken against a contact, no request for it can leave.

use std::sync::Arc;

use cxone_dtmf_engine::http::Witness;
use cxone_dtmf_engine::sessions::{
    ContactState, Following, Reach, SessionEvent, SessionFact, Sessions, Target,
};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::{breaks, walk};

const BROKEN: &str = "left after its contact was told to be on hold";

fn tells(contact: &str, state: ContactState) -> [SessionEvent; 1] {
    let fact = SessionFact::Contact {
        contact: contact.into(),
        earlier: Vec::new(),
        state,
    };
    [SessionEvent {
        kind: String::new(),
        contact: None,
        status: None,
        fact,
        json: serde_json::Value::Null,
    }]
}

/// A session whose contact is spoken to, as far as was told.
fn followed() -> Following {
    let sessions = Arc::new(Sessions::default());
    let following = sessions.follow(&"platform".into(), &"s".into(), Arc::new(|_, _| ()));
    following.heard(&tells("a", ContactState::Active));
    following
}

fn target() -> Target {
    Target {
        contact: "a".into(),
        masked: false,
    }
}

/// Tells that the contact is on hold, and then that everybody knows.
fn told(following: &Following, known: &AtomicBool) {
    following.heard(&tells("a", ContactState::Held));
    known.store(true, Ordering::SeqCst);
}

/// The connection takes the body, and did not before everybody knew.
fn take(witness: &Witness, known: &AtomicBool) -> bool {
    let was_known = known.load(Ordering::SeqCst);
    let left = witness.hand_over();
    assert!(!(was_known && left), "{BROKEN}");
    left
}

#[test]
fn what_is_told_takes_back_whatever_has_not_left() {
    walk(|| {
        let following = followed();
        let session = Arc::clone(following.session());
        let known = Arc::new(AtomicBool::new(false));
        let pressing = {
            let known = Arc::clone(&known);
            thread::spawn(move || {
                let witness = Witness::default();
                // Kept until the request has ended.
                let leaving = session.leave(&target(), &witness);
                let left = leaving.is_ok() && take(&witness, &known);
                assert_eq!(witness.was_handed_over(), left);
            })
        };
        told(&following, &known);
        pressing.join().unwrap();
    });
}

#[test]
fn it_does_so_while_the_connection_takes_the_body() {
    walk(|| {
        let following = followed();
        let session = Arc::clone(following.session());
        let witness = Witness::default();
        let leaving = session.leave(&target(), &witness).unwrap();
        let known = Arc::new(AtomicBool::new(false));
        let connection = {
            let (witness, known) = (witness.clone(), Arc::clone(&known));
            thread::spawn(move || take(&witness, &known))
        };
        told(&following, &known);
        // What it says now stays true.
        let withdrawn = witness.revoke();
        assert_ne!(connection.join().unwrap(), withdrawn);
        drop(leaving);
    });
}

#[test]
fn the_end_of_the_session_is_told_to_all() {
    walk(|| {
        let following = followed();
        let session = Arc::clone(following.session());
        let known = Arc::new(AtomicBool::new(false));
        let pressing = {
            let known = Arc::clone(&known);
            thread::spawn(move || {
                let witness = Witness::default();
                let leaving = session.leave(&target(), &witness);
                if leaving.is_ok() {
                    take(&witness, &known);
                }
            })
        };
        following.ended();
        known.store(true, Ordering::SeqCst);
        pressing.join().unwrap();
    });
}

/// Looks first and goes then, and nobody knows of it meanwhile.
#[test]
fn finds_a_request_that_is_not_registered() {
    breaks(BROKEN, || {
        let following = followed();
        let session = Arc::clone(following.session());
        let known = Arc::new(AtomicBool::new(false));
        let pressing = {
            let known = Arc::clone(&known);
            thread::spawn(move || {
                if session.reach("a") == Reach::Reached {
                    take(&Witness::default(), &known);
                }
            })
        };
        told(&following, &known);
        pressing.join().unwrap();
    });
}
