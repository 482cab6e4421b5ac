//! Each law can be broken: a lawful history with one change.

use std::time::Duration;

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::http::FaultKind;

use super::{Law, check};
use crate::simulation::faults::ms;
use crate::simulation::history::{Ask, Ending, Injection, Step, What};
use crate::simulation::program::{DIGITS, PAUSE};

mod at_a_rate;
mod in_contacts;
mod in_doubt;
mod in_sessions;

const ASK: Ask = Ask {
    call: 0,
    injector: 0,
    under: None,
    deadline: Duration::from_secs(30),
    max_attempts: 3,
    digits_of: 1,
    guard: Duration::ZERO,
    block: None,
    rejects_queued: true,
    segments: 1,
    digits: DIGITS,
    silence: PAUSE,
    playing: Duration::ZERO,
    holds: false,
    masked: false,
    contact: None,
    followed: false,
    limited: false,
    mask_is_sure: true,
};

fn asked(injection: Injection) -> What {
    What::Asked(injection, ASK)
}

fn sent(injection: Injection, request: u64) -> What {
    What::Sent {
        injection,
        request,
        token: request,
        part: 0,
    }
}

fn handed_over(injection: Injection, request: u64) -> What {
    What::HandedOver { injection, request }
}

fn executed(injection: Injection, request: u64) -> What {
    What::Executed {
        injection,
        request,
        promised_not: false,
    }
}

fn ended(injection: Injection, request: u64, how: Ending) -> What {
    What::Ended {
        injection,
        request,
        how,
    }
}

fn answered(injection: Injection, request: u64, status: u16) -> What {
    let retry_after = (status == 429).then_some(ms(1_000));
    ended(
        injection,
        request,
        Ending::Answered {
            status,
            retry_after,
        },
    )
}

fn end(injection: Injection, delivery: Delivery, code: Option<Code>, attempts: u32) -> [What; 2] {
    [
        What::Finished {
            injection,
            delivery,
            code,
            attempts,
            queued: Duration::ZERO,
            digits_accepted: None,
            unmasking: false,
        },
        What::Resolved {
            injection,
            delivery,
            code,
        },
    ]
}

/// One request, accepted.
fn accepted(injection: Injection, request: u64) -> Vec<What> {
    vec![
        sent(injection, request),
        handed_over(injection, request),
        executed(injection, request),
        answered(injection, request, 202),
    ]
}

/// One request, refused with a wait.
fn throttled(injection: Injection, request: u64) -> Vec<What> {
    vec![
        sent(injection, request),
        handed_over(injection, request),
        answered(injection, request, 429),
    ]
}

/// One request, lost after it was handed over, whose digits were pressed.
fn lost(injection: Injection, request: u64) -> Vec<What> {
    vec![
        sent(injection, request),
        handed_over(injection, request),
        executed(injection, request),
        ended(
            injection,
            request,
            Ending::Failed(FaultKind::ConnectionLost),
        ),
    ]
}

fn all_well(injection: Injection, attempts: u32) -> Vec<What> {
    end(injection, Delivery::Accepted, None, attempts).to_vec()
}

fn unknown(injection: Injection) -> Vec<What> {
    end(injection, Delivery::Unknown, Some(Code::OutcomeUnknown), 1).to_vec()
}

fn timed_out(injection: Injection) -> Vec<What> {
    end(injection, Delivery::NotSent, Some(Code::LockTimeout), 0).to_vec()
}

/// Steps one second apart.
fn laws_broken(parts: &[Vec<What>]) -> Vec<Law> {
    let steps: Vec<_> = parts
        .iter()
        .flatten()
        .zip(1..)
        .map(|(what, second)| Step {
            at: Duration::from_secs(second),
            what: what.clone(),
        })
        .collect();
    check(&steps, false)
        .iter()
        .map(|broken| broken.law)
        .collect()
}

#[test]
fn lawful_histories_break_none() {
    let one = |n| vec![asked(n)];
    for lawful in [
        vec![one(1), accepted(1, 1), all_well(1, 1)],
        vec![one(1), throttled(1, 1), accepted(1, 2), all_well(1, 2)],
        vec![
            one(1),
            one(2),
            accepted(1, 1),
            all_well(1, 1),
            accepted(2, 2),
            all_well(2, 1),
        ],
        vec![
            one(1),
            lost(1, 1),
            unknown(1),
            one(2),
            accepted(2, 2),
            all_well(2, 1),
        ],
        vec![one(1), one(2), lost(1, 1), timed_out(2), unknown(1)],
    ] {
        assert_eq!(laws_broken(&lawful), [], "{lawful:?}");
    }
}

/// Histories, each of which breaks a law.
fn broken() -> Vec<(Law, Vec<Vec<What>>)> {
    let one = |n| vec![asked(n)];
    let late = |n| {
        let deadline = ms(2_500);
        vec![What::Asked(n, Ask { deadline, ..ASK })]
    };
    let pressed_by_refusal = vec![executed(1, 1)];
    let same_token = What::Sent {
        injection: 1,
        request: 2,
        token: 1,
        part: 0,
    };
    let hasty = What::TokenEnded {
        source: 0,
        failed: true,
        retry_after: Some(ms(1_500)),
    };
    let token = || vec![What::TokenAsked(0)];
    let locked = vec![What::LockAsked { lock: 1, call: 0 }];
    let granted = vec![What::LockHeld { lock: 1, id: 1 }];
    let unauthorized = vec![sent(1, 1), handed_over(1, 1), answered(1, 1, 401)];
    let refused = end(1, Delivery::Refused, Some(Code::RateLimited), 1).to_vec();
    let contradiction = end(1, Delivery::Unknown, Some(Code::Connect), 1).to_vec();
    let declined_unsent = end(1, Delivery::NotSent, Some(Code::Rejected), 0).to_vec();
    let expired = end(1, Delivery::NotSent, Some(Code::Deadline), 0).to_vec();
    let begun = vec![sent(1, 1), handed_over(1, 1)];
    let rest = vec![executed(1, 1), answered(1, 1, 202)];
    let unsent = vec![sent(1, 1), ended(1, 1, Ending::GivenUp)];
    let many = (1..8).flat_map(|n| throttled(1, n)).collect();
    let again = vec![
        same_token,
        handed_over(1, 2),
        executed(1, 2),
        answered(1, 2, 202),
    ];
    #[rustfmt::skip]
    let broken = vec![
        (Law::Once, vec![one(1), lost(1, 1), accepted(1, 2), all_well(1, 2)]),
        (Law::Delivery, vec![one(1), lost(1, 1), all_well(1, 1)]),
        (Law::Delivery, vec![one(1), throttled(1, 1), pressed_by_refusal, refused]),
        (Law::Delivery, vec![one(1), lost(1, 1), contradiction]),
        (Law::Delivery, vec![one(1), declined_unsent]),
        (Law::Attempts, vec![one(1), accepted(1, 1), all_well(1, 2)]),
        (Law::Attempts, vec![one(1), many, accepted(1, 8), all_well(1, 8)]),
        (Law::OneAtATime, vec![one(1), one(2), begun, accepted(2, 2), rest, all_well(1, 1), all_well(2, 1)]),
        (Law::Order, vec![one(1), one(2), accepted(2, 1), all_well(2, 1), accepted(1, 2), all_well(1, 1)]),
        (Law::Order, vec![one(1), one(2), throttled(1, 1), accepted(2, 2), all_well(2, 1), accepted(1, 3), all_well(1, 2)]),
        (Law::Deadline, vec![late(1), accepted(1, 1), all_well(1, 1)]),
        (Law::Deadline, vec![late(1), unsent, expired]),
        (Law::RetryAfter, vec![token(), vec![hasty], token()]),
        (Law::FreshToken, vec![one(1), unauthorized, again, all_well(1, 2)]),
        (Law::SingleFlight, vec![token(), token()]),
        (Law::AfterUnknown, vec![one(1), one(2), lost(1, 1), unknown(1), accepted(2, 2), all_well(2, 1)]),
        (Law::AfterUnknown, vec![one(1), locked, lost(1, 1), unknown(1), granted]),
        (Law::Ended, vec![one(1), vec![What::Aborted(1)], accepted(1, 1), all_well(1, 1)]),
        (Law::Ended, vec![one(1), vec![What::Closed(0)], accepted(1, 1), all_well(1, 1)]),
        (Law::NoTurnLost, vec![one(1), timed_out(1)]),
    ];
    broken
}

/// Histories that do not end as they should.
fn broken_ends() -> Vec<(Law, Vec<Vec<What>>)> {
    let one = |n| vec![asked(n)];
    let told_late = all_well(1, 1).into_iter().rev().collect();
    #[rustfmt::skip]
    let broken = vec![
        (Law::OneEnd, vec![one(1), accepted(1, 1)]),
        (Law::OneEnd, vec![one(1), accepted(1, 1), all_well(1, 1), all_well(1, 1)]),
        (Law::OneEnd, vec![one(1), accepted(1, 1), all_well(1, 1), vec![What::Retrying(1)]]),
        (Law::OneEnd, vec![one(1), accepted(1, 1), told_late]),
        (Law::OneEnd, vec![accepted(1, 1)]),
        (Law::NothingLeft, vec![vec![What::LeftBehind("a line".to_owned())]]),
    ];
    broken
}

#[test]
fn each_law_can_be_broken() {
    for (law, history) in broken().into_iter().chain(broken_ends()) {
        let found = laws_broken(&history);
        assert!(found.contains(&law), "{law:?}: {found:?} by {history:?}");
    }
}

#[test]
fn an_undercut_wait_breaks_the_law() {
    let steps = |second: Duration| {
        let first = [vec![asked(1)], throttled(1, 1)].concat();
        let again = [accepted(1, 2), all_well(1, 2)].concat();
        let first = first.into_iter().map(|what| (Duration::ZERO, what));
        let again = again.into_iter().map(|what| (second, what));
        let steps = first.chain(again).map(|(at, what)| Step { at, what });
        check(&steps.collect::<Vec<_>>(), false)
    };
    assert_eq!(steps(ms(1_000)), []);
    assert!(
        steps(ms(999))
            .iter()
            .any(|broken| broken.law == Law::RetryAfter)
    );
}
