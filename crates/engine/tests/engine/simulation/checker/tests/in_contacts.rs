//! The same for the laws of whom digits reach.

use cxone_dtmf_engine::sessions::ContactState::{self, Active, Ended, Held, Masked, Ringing};

use super::*;
use crate::simulation::history::Told;

/// For the contact 1 of a session that is followed.
const TO_ONE: Ask = Ask {
    contact: Some(1),
    followed: true,
    ..ASK
};

fn asked_for_one() -> Vec<What> {
    vec![What::Asked(1, TO_ONE)]
}

fn followed() -> Vec<What> {
    vec![What::Followed {
        injector: 0,
        call: 0,
    }]
}

fn told(events: impl Into<Vec<Told>>) -> Vec<What> {
    renewed(None, events)
}

fn renewed(renewed: Option<u32>, events: impl Into<Vec<Told>>) -> Vec<What> {
    vec![What::Told {
        injector: 0,
        call: 0,
        events: events.into(),
        renewed,
    }]
}

fn of(contact: u32, state: ContactState) -> Told {
    Told::Contact {
        contact,
        earlier: None,
        state,
    }
}

fn moved(contact: u32, earlier: u32) -> Told {
    Told::Contact {
        contact,
        earlier: Some(earlier),
        state: Active,
    }
}

fn addressed(id: u32) -> Vec<What> {
    vec![What::Addressed { call: 0, id }]
}

fn deaf() -> Vec<What> {
    vec![What::Deaf {
        injector: 0,
        call: 0,
    }]
}

fn is_there() -> Vec<What> {
    [followed(), told([of(1, Active)])].concat()
}

/// Sent, and not taken yet.
fn leaving() -> Vec<What> {
    vec![sent(1, 1)]
}

fn taken() -> Vec<What> {
    let rest = [handed_over(1, 1), executed(1, 1), answered(1, 1, 202)];
    [rest.to_vec(), all_well(1, 1)].concat()
}

fn unsent(code: Code) -> Vec<What> {
    end(1, Delivery::NotSent, Some(code), 0).to_vec()
}

#[test]
fn lawful_conversations_break_none() {
    let one = asked_for_one;
    for lawful in [
        vec![is_there(), one(), leaving(), taken()],
        vec![is_there(), one(), told([of(1, Masked)]), leaving(), taken()],
        // In one answer, what comes last counts.
        vec![
            is_there(),
            one(),
            told([of(1, Held), of(1, Active)]),
            leaving(),
            taken(),
        ],
        vec![
            is_there(),
            told([of(2, Active)]),
            told([of(1, Active)]),
            one(),
            leaving(),
            taken(),
        ],
        // What nobody has told anything of may go on.
        vec![is_there(), one(), leaving(), told([Told::Started]), taken()],
        vec![
            is_there(),
            renewed(Some(7), []),
            addressed(7),
            one(),
            unsent(Code::LockTimeout),
        ],
    ] {
        let mut found = laws_broken(&lawful);
        found.retain(|law| *law != Law::NoTurnLost);
        assert_eq!(found, [], "{lawful:?}");
    }
}

#[test]
fn whatever_speaks_against_a_contact_counts() {
    let one = asked_for_one;
    let against = [
        told([of(1, Held)]),
        told([of(1, Ringing)]),
        told([of(1, Ended)]),
        told([of(2, Active)]),
        told([of(2, Masked)]),
        told([moved(2, 1)]),
        told([Told::Ended]),
        told([of(1, Active), of(1, Held)]),
    ];
    for told in &against {
        for broken in [
            vec![is_there(), told.clone(), one(), leaving(), taken()],
            vec![is_there(), one(), told.clone(), leaving(), taken()],
            vec![is_there(), one(), leaving(), told.clone(), taken()],
        ] {
            assert!(laws_broken(&broken).contains(&Law::Contact), "{broken:?}");
        }
    }
}

#[test]
fn each_law_of_conversations_can_be_broken() {
    let one = asked_for_one;
    let left = vec![What::Unfollowed {
        injector: 0,
        call: 0,
    }];
    let session_ended = vec![What::SessionEnded {
        injector: 0,
        call: 0,
    }];
    let late = vec![What::TokenAsked(0); 2];
    let gone = || told([of(1, Ended)]);
    for (law, broken) in [
        (Law::Contact, vec![followed(), one(), leaving(), taken()]),
        (
            Law::Contact,
            vec![is_there(), one(), deaf(), leaving(), taken()],
        ),
        (
            Law::Contact,
            vec![is_there(), one(), left, leaving(), taken()],
        ),
        (
            Law::Contact,
            vec![is_there(), one(), told([Told::Started]), leaving(), taken()],
        ),
        (
            Law::ContactGone,
            vec![
                is_there(),
                one(),
                gone(),
                late.clone(),
                unsent(Code::CallEnded),
            ],
        ),
        (
            Law::ContactGone,
            vec![
                is_there(),
                one(),
                session_ended,
                late,
                unsent(Code::CallEnded),
            ],
        ),
        (
            Law::ContactGone,
            vec![is_there(), one(), gone(), unsent(Code::NotInFocus)],
        ),
        (
            Law::NewestId,
            vec![is_there(), renewed(Some(7), []), addressed(0)],
        ),
        (Law::NewestId, vec![is_there(), addressed(7)]),
    ] {
        let found = laws_broken(&broken);
        assert!(found.contains(&law), "{law:?}: {found:?} by {broken:?}");
    }
}

/// The laws that are broken where the last steps come so much later.
fn laws_broken_after(pause: Duration, before: &[Vec<What>], then: &[Vec<What>]) -> Vec<Law> {
    let steps = |parts: &[Vec<What>], at| {
        let steps = parts.concat().into_iter();
        steps.map(move |what| Step { at, what })
    };
    let all = steps(before, Duration::ZERO).chain(steps(then, pause));
    let broken = check(&all.collect::<Vec<_>>(), false);
    broken.iter().map(|broken| broken.law).collect()
}

#[test]
fn nobody_waits_for_who_is_gone() {
    let gone = || told([of(1, Ended)]);
    let waiting = [is_there(), asked_for_one(), gone()];
    let away = [unsent(Code::CallEnded)];
    assert_eq!(laws_broken_after(ms(0), &waiting, &away), []);
    // Decided before it was told, and written down since then.
    let held = [unsent(Code::NotInFocus)];
    assert_eq!(laws_broken_after(ms(5), &waiting, &held), []);
    let late = [is_there(), gone(), asked_for_one()];
    let broken = laws_broken_after(ms(5), &late, &held);
    assert_eq!(broken, [Law::ContactGone]);
    assert_eq!(
        laws_broken_after(ms(100), &waiting, &away),
        [Law::ContactGone]
    );
    // What was on its way keeps its own answer.
    let left = vec![handed_over(1, 1)];
    let before = [is_there(), asked_for_one(), leaving(), left, gone()];
    let then = [taken()[1..].to_vec()];
    assert_eq!(laws_broken_after(ms(5_000), &before, &then), []);
}
