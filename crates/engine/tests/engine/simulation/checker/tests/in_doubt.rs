//! Histories of digits in doubt.

use super::*;

/// The same digits once more, in a world that guards them and blocks the call.
const WATCHED: Ask = Ask {
    guard: Duration::from_secs(30),
    ..ASK
};

const BLOCKING: Ask = Ask {
    block: Some(Duration::from_secs(30)),
    ..ASK
};

fn asked_with(injection: Injection, ask: Ask) -> Vec<What> {
    vec![What::Asked(injection, ask)]
}

fn guarded(injection: Injection) -> Vec<What> {
    end(injection, Delivery::Unknown, Some(Code::OutcomeUnknown), 0).to_vec()
}

/// Digits are lost, something happens, and the same digits are asked for again.
fn again(between: Vec<What>, then: Vec<What>) -> Vec<Law> {
    laws_broken(&[
        asked_with(1, WATCHED),
        lost(1, 1),
        unknown(1),
        between,
        asked_with(2, WATCHED),
        then,
    ])
}

fn pressed() -> Vec<What> {
    [accepted(2, 2), all_well(2, 1)].concat()
}

#[test]
fn a_repeat_is_refused_and_not_sent() {
    assert_eq!(again(Vec::new(), guarded(2)), []);
    assert_eq!(again(Vec::new(), pressed()), [Law::Repeat]);
}

#[test]
fn what_is_found_out_and_other_digits_end_the_doubt() {
    let found_out = || vec![What::FoundOut { call: 0 }];
    let other = || {
        let other = Ask {
            digits_of: 3,
            ..WATCHED
        };
        [asked_with(3, other), accepted(3, 3), all_well(3, 1)].concat()
    };
    for between in [found_out, other] {
        assert_eq!(again(between(), pressed()), []);
        assert_eq!(again(between(), guarded(2)), [Law::Repeat]);
    }
}

#[test]
fn a_blocked_call_takes_nothing_until_it_is_found_out() {
    let then = |between: Vec<What>| {
        let other = Ask {
            digits_of: 2,
            ..ASK
        };
        laws_broken(&[
            asked_with(1, BLOCKING),
            lost(1, 1),
            unknown(1),
            between,
            asked_with(2, other),
            pressed(),
        ])
    };
    assert_eq!(then(Vec::new()), [Law::Blocked]);
    assert_eq!(then(vec![What::FoundOut { call: 0 }]), []);
}
