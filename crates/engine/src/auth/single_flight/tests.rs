mod law;
mod pauses;

use super::*;
use crate::Secret;

type Machine = SingleFlight<u32>;

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn of_life(lifetime: Duration) -> Granted {
    let access_token = Secret::new("t".to_owned());
    Granted {
        access_token,
        lifetime,
        refresh_token: None,
        tenant: None,
    }
}

fn refused() -> Error {
    Error::not_sent(Code::Auth, "refused")
}

/// A machine that got a token of this life at second 0.
fn holding(life: u64) -> Machine {
    let mut machine = Machine::default();
    assert!(matches!(machine.ask(at(0), || 1), Asked::Fetch));
    assert_eq!(
        machine
            .fetched(at(0), Ok(of_life(at(life))))
            .unwrap()
            .waiters,
        [1]
    );
    machine
}

fn generation(asked: &Asked) -> Option<u64> {
    match asked {
        Asked::Ready { token, .. } => Some(token.generation),
        _ => None,
    }
}

fn refreshes(asked: &Asked) -> bool {
    matches!(asked, Asked::Ready { refresh: true, .. })
}

#[test]
fn refresh_begins_at_four_fifths_and_only_once() {
    let mut machine = holding(1000);
    assert!(!refreshes(
        &machine.ask(Duration::from_millis(799_999), || 2)
    ));
    assert!(refreshes(&machine.ask(at(800), || 3)));
    let second = machine.ask(at(801), || 4);
    assert_eq!(generation(&second), Some(1));
    assert!(!refreshes(&second));
}

#[test]
fn margin_is_thirty_seconds_or_half_the_life() {
    let mut machine = holding(300);
    assert!(refreshes(
        &machine.ask(Duration::from_millis(269_999), || 2)
    ));
    assert!(matches!(machine.ask(at(270), || 3), Asked::Wait));

    let mut machine = holding(10);
    assert_eq!(
        generation(&machine.ask(Duration::from_millis(4_999), || 2)),
        Some(1)
    );
    // The look before began a refresh.
    assert!(matches!(machine.ask(at(5), || 3), Asked::Wait));
    assert!(matches!(holding(10).ask(at(5), || 3), Asked::Fetch));
}

#[test]
fn a_token_of_a_short_life_is_refreshed_while_it_serves() {
    // From which second on it is refreshed, and no longer given out.
    for (life, due, over) in [(300, 240, 270), (150, 105, 120), (60, 15, 30), (20, 5, 10)] {
        let mut machine = holding(life);
        assert!(
            !refreshes(&machine.ask(Duration::from_millis(due * 1000 - 1), || 2)),
            "{life}"
        );
        assert!(refreshes(&machine.ask(at(due), || 3)), "{life}");
        assert_eq!(
            generation(&machine.ask(Duration::from_millis(over * 1000 - 1), || 4)),
            Some(1)
        );
        assert!(matches!(machine.ask(at(over), || 5), Asked::Wait), "{life}");
    }
}

#[test]
fn life_counts_from_the_beginning_of_the_request() {
    let mut machine = Machine::default();
    machine.ask(at(0), || 1);
    machine.fetched(at(4), Ok(of_life(at(10))));
    assert_eq!(machine.age(at(4)), Some(at(4)));
    let (token, left) = machine.held(at(4)).unwrap();
    assert_eq!((token.generation, left), (1, at(1)));
    assert_eq!(machine.held(at(5)), None);
    assert!(matches!(machine.ask(at(5), || 2), Asked::Fetch));
}

#[test]
fn token_without_life_serves_those_waiting_only() {
    let mut machine = holding(0);
    assert_eq!(machine.age(at(0)), None);
    assert!(matches!(machine.ask(at(0), || 2), Asked::Fetch));
    assert!(matches!(machine.ask(at(0), || 3), Asked::Wait));
    let landed = machine.fetched(at(0), Ok(of_life(Duration::ZERO))).unwrap();
    assert_eq!(landed.waiters, [2, 3]);
    assert_eq!(landed.result.unwrap().generation, 2);
}

#[test]
fn invalidating_touches_its_own_generation_only() {
    let mut machine = holding(1000);
    machine.invalidate(1);
    assert!(matches!(machine.ask(at(1), || 2), Asked::Fetch));
    // The second refusal of generation 1 arrives while its successor is being fetched.
    machine.invalidate(1);
    assert!(
        machine
            .fetched(at(1), Ok(of_life(at(1000))))
            .unwrap()
            .usable
    );
    machine.invalidate(1);
    assert_eq!(generation(&machine.ask(at(2), || 3)), Some(2));
}

#[test]
fn invalidating_during_a_refresh_makes_callers_wait_for_it() {
    let mut machine = holding(1000);
    assert!(refreshes(&machine.ask(at(800), || 2)));
    machine.invalidate(1);
    assert!(matches!(machine.ask(at(800), || 3), Asked::Wait));
    let landed = machine.fetched(at(801), Ok(of_life(at(1000)))).unwrap();
    assert_eq!(landed.waiters, [3]);
    assert_eq!(generation(&machine.ask(at(801), || 4)), Some(2));
}

#[test]
fn vanished_request_gives_its_waiters_back_without_a_pause() {
    let mut machine = Machine::default();
    machine.ask(at(0), || 1);
    machine.ask(at(0), || 2);
    let landed = machine.lost(at(0)).unwrap();
    assert_eq!(landed.waiters, [1, 2]);
    assert!(landed.result.unwrap_err().retryable);
    assert!(machine.lost(at(0)).is_none());
    assert!(matches!(machine.ask(at(0), || 3), Asked::Fetch));
}

#[test]
fn nothing_lands_when_nothing_is_under_way() {
    let mut machine = holding(1000);
    assert!(machine.fetched(at(1), Ok(of_life(at(1000)))).is_none());
    assert_eq!(generation(&machine.ask(at(1), || 2)), Some(1));
}
