//! What follows a request that failed.

use super::*;
use crate::auth::times::LONGEST_ASKED_PAUSE;

#[test]
fn pauses_double_from_one_to_thirty_seconds_and_a_success_resets_them() {
    let mut machine = Machine::default();
    let mut now = at(0);
    for expected in [1, 2, 4, 8, 16, 30, 30] {
        assert!(matches!(machine.ask(now, || 1), Asked::Fetch));
        let error = machine
            .fetched(now, Err(refused()))
            .unwrap()
            .result
            .unwrap_err();
        assert_eq!(error.retry_after, Some(at(expected)));
        let Asked::Failed(error) = machine.ask(now + at(expected) / 4, || 2) else {
            panic!("a request began during the pause");
        };
        assert_eq!(error.retry_after, Some(at(expected) * 3 / 4));
        now += at(expected);
    }
    machine.ask(now, || 3);
    machine.fetched(now, Ok(of_life(Duration::ZERO)));
    machine.ask(now, || 4);
    let error = machine
        .fetched(now, Err(refused()))
        .unwrap()
        .result
        .unwrap_err();
    assert_eq!(error.retry_after, Some(at(1)));
}

#[test]
fn retry_after_of_the_endpoint_is_not_undercut() {
    let mut machine = Machine::default();
    machine.ask(at(0), || 1);
    let busy = Error::not_sent(Code::Auth, "busy").retryable(Some(at(90)));
    machine.fetched(at(0), Err(busy));
    assert!(matches!(machine.ask(at(89), || 2), Asked::Failed(_)));
    assert!(matches!(machine.ask(at(90), || 3), Asked::Fetch));

    let absurd = Error::not_sent(Code::Auth, "busy").retryable(Some(Duration::MAX));
    let landed = machine.fetched(at(90), Err(absurd)).unwrap();
    assert_eq!(
        landed.result.unwrap_err().retry_after,
        Some(LONGEST_ASKED_PAUSE)
    );
}

#[test]
fn failed_refresh_leaves_the_old_token_in_use_and_pauses() {
    let mut machine = holding(1000);
    assert!(refreshes(&machine.ask(at(800), || 2)));
    let landed = machine.fetched(at(801), Err(refused())).unwrap();
    assert!(landed.usable && landed.result.is_err() && landed.waiters.is_empty());
    let pausing = machine.ask(Duration::from_millis(801_999), || 3);
    assert_eq!(generation(&pausing), Some(1));
    assert!(!refreshes(&pausing));
    assert!(refreshes(&machine.ask(at(802), || 4)));
}

#[test]
fn forgetting_the_token_is_no_way_round_the_pause() {
    let mut machine = holding(1000);
    machine.ask(at(800), || 2);
    machine.fetched(at(800), Err(refused()));
    machine.invalidate_current();
    assert!(matches!(machine.ask(at(800), || 3), Asked::Failed(_)));
}

#[test]
fn times_beyond_all_bounds_do_not_overflow() {
    let mut machine = Machine::default();
    machine.ask(Duration::MAX, || 1);
    let busy = Error::not_sent(Code::Auth, "busy").retryable(Some(Duration::MAX));
    machine.fetched(Duration::MAX, Err(busy));
    machine.ask(Duration::MAX, || 2);
    machine.fetched(Duration::MAX, Ok(of_life(Duration::MAX)));
}
