use super::Resend::{FreshToken, Never, NewConnection, Throttled, Transient, Unsent};
use super::StopReason::{Exhausted, Final};
use super::*;
use crate::delivery::Delivery;
use crate::error::Code;
use fastrand::Rng;
use proptest::prelude::*;

const HOUR: Duration = Duration::from_secs(3600);

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn failure(resend: Resend) -> Failure {
    let (delivery, code) = match resend {
        Resend::Unsent | Resend::Transient => (Delivery::NotSent, Code::Connect),
        Resend::Never | Resend::NewConnection => (Delivery::Refused, Code::Rejected),
        Resend::FreshToken => (Delivery::Refused, Code::Auth),
        Resend::Throttled => (Delivery::Refused, Code::RateLimited),
    };
    Failure {
        delivery,
        code,
        resend,
        retry_after: None,
    }
}

fn policy(max_attempts: u32) -> Policy {
    Policy {
        max_attempts,
        ..Policy::default()
    }
}

/// One injection whose attempts all fail.
struct Run {
    policy: Policy,
    progress: Progress,
    budget: Budget,
    rng: Rng,
}

impl Run {
    fn new(max_attempts: u32, budget: u32) -> Self {
        Self {
            policy: policy(max_attempts),
            progress: Progress::default(),
            budget: Budget::new(budget),
            rng: Rng::with_seed(1),
        }
    }

    fn decide(&mut self, failure: Failure, remaining: Duration) -> Decision {
        self.policy.decide(
            &mut self.progress,
            &failure,
            remaining,
            Some((&mut self.budget, Duration::ZERO)),
            &mut self.rng,
        )
    }

    fn level(&mut self) -> u32 {
        self.budget.level(Duration::ZERO)
    }
}

/// A decision without its delay.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Stop(StopReason),
    Now,
    Wait,
    Token,
    Connection,
}

use Outcome::{Connection, Now, Stop, Token, Wait};

fn outcome(decision: Decision) -> Outcome {
    match decision {
        Decision::Stop(reason) => Outcome::Stop(reason),
        Decision::Again {
            delay,
            fresh_token,
            new_connection,
        } => match (fresh_token, new_connection) {
            (true, false) => Outcome::Token,
            (false, true) => Outcome::Connection,
            (false, false) if delay.is_zero() => Outcome::Now,
            (false, false) => Outcome::Wait,
            (true, true) => panic!("both at once"),
        },
    }
}

/// Greatest number of attempts, budget, budget left in the end.
type Setting = (u32, u32, u32);
/// What happens in turn, and what is decided.
type Course<'a> = &'a [(Resend, Outcome)];

fn check(table: &[(Setting, Course<'_>)]) {
    for (row, ((attempts, capacity, left), course)) in table.iter().enumerate() {
        let mut run = Run::new(*attempts, *capacity);
        for (step, (resend, expected)) in course.iter().enumerate() {
            let decision = run.decide(failure(*resend), HOUR);
            assert_eq!(&outcome(decision), expected, "row {row}, step {step}");
        }
        assert_eq!(run.level(), *left, "row {row}");
    }
}

#[rustfmt::skip]
#[test]
fn counted_tries_end_with_the_attempts() {
    check(&[
        ((3, 500, 500), &[(Never, Stop(Final))]),
        ((1, 500, 500), &[(Transient, Stop(Exhausted))]),
        ((0, 500, 500), &[(Transient, Stop(Exhausted))]),
        ((1, 500, 500), &[(Throttled, Stop(Exhausted))]),
        ((1, 500, 500), &[(NewConnection, Stop(Exhausted))]),
        ((3, 500, 472), &[(Transient, Wait), (Transient, Wait), (Transient, Stop(Exhausted))]),
        ((3, 500, 490), &[(Throttled, Wait), (Throttled, Wait), (Throttled, Stop(Exhausted))]),
        ((3, 500, 481), &[(Throttled, Wait), (Transient, Wait), (Never, Stop(Final))]),
        // A new connection is counted and comes once.
        ((3, 500, 486), &[(NewConnection, Connection), (NewConnection, Stop(Final))]),
        ((2, 500, 486), &[(NewConnection, Connection), (Transient, Stop(Exhausted))]),
    ]);
}

#[rustfmt::skip]
#[test]
fn free_resends_are_not_counted_and_few() {
    check(&[
        // A new token comes once.
        ((1, 500, 500), &[(FreshToken, Token), (FreshToken, Stop(Final))]),
        ((2, 500, 486), &[(FreshToken, Token), (Transient, Wait), (Transient, Stop(Exhausted))]),
        ((3, 500, 486), &[(Transient, Wait), (FreshToken, Token), (FreshToken, Stop(Final))]),
        // Unsent is free twice, then transient.
        ((1, 500, 500), &[(Unsent, Now), (Unsent, Now), (Unsent, Stop(Exhausted))]),
        ((2, 500, 486), &[(Unsent, Now), (Unsent, Now), (Unsent, Wait), (Unsent, Stop(Exhausted))]),
        // One does not use up the other.
        ((1, 500, 500), &[(Unsent, Now), (FreshToken, Token), (Unsent, Now), (Never, Stop(Final))]),
    ]);
}

#[rustfmt::skip]
#[test]
fn an_empty_budget_stops_what_costs_and_not_what_is_free() {
    check(&[
        // A budget of zero switches everything off.
        ((9, 0, 0), &[(Unsent, Stop(StopReason::Budget))]),
        ((9, 0, 0), &[(FreshToken, Stop(StopReason::Budget))]),
        ((9, 13, 13), &[(Unsent, Now), (FreshToken, Token), (Transient, Stop(StopReason::Budget))]),
        ((9, 0, 0), &[(Throttled, Stop(StopReason::Budget))]),
        ((9, 0, 0), &[(NewConnection, Stop(StopReason::Budget))]),
        ((9, 13, 13), &[(Transient, Stop(StopReason::Budget))]),
        ((9, 14, 0), &[(Transient, Wait), (Transient, Stop(StopReason::Budget))]),
        ((9, 7, 2), &[(Throttled, Wait), (Throttled, Stop(StopReason::Budget))]),
    ]);
}

#[test]
fn the_deadline_is_looked_at_before_the_budget_is_touched() {
    let asked = |resend| Failure {
        retry_after: Some(ms(1000)),
        ..failure(resend)
    };
    let past = Decision::Stop(StopReason::PastDeadline);
    for resend in [
        Resend::Transient,
        Resend::Throttled,
        Resend::NewConnection,
        Resend::FreshToken,
        Resend::Unsent,
    ] {
        let mut run = Run::new(9, 500);
        assert_eq!(run.decide(asked(resend), ms(1000)), past);
        assert_eq!(run.level(), 500);
        assert_eq!(run.decide(failure(resend), Duration::ZERO), past);
        assert_eq!(run.level(), 500);
        assert_ne!(run.decide(asked(resend), ms(1101)), past);
    }
    // A stop for the deadline uses nothing up.
    let mut run = Run::new(1, 500);
    assert_eq!(
        run.decide(failure(Resend::FreshToken), Duration::ZERO),
        past
    );
    assert_eq!(
        outcome(run.decide(failure(Resend::FreshToken), HOUR)),
        Outcome::Token
    );
}

#[test]
fn waits_grow_with_each_resend_that_waited() {
    // Throttled waits have a lower bound that tells which step was taken.
    let mut run = Run::new(9, 500);
    let steps = [
        (Resend::Throttled, 500..=1000),
        (Resend::Unsent, 0..=0),
        (Resend::Throttled, 1000..=2000),
        (Resend::Transient, 0..=800),
        (Resend::Throttled, 2000..=4000),
        (Resend::Throttled, 2000..=4000),
    ];
    for (resend, bounds) in steps {
        let Decision::Again { delay, .. } = run.decide(failure(resend), HOUR) else {
            panic!("stopped");
        };
        assert!(delay >= ms(*bounds.start()) && delay <= ms(*bounds.end()));
    }
}

#[test]
fn to_ask_for_hardly_a_wait_shortens_none() {
    for asked in [0, 1, 250, 999] {
        let mut run = Run::new(9, 500);
        for least in [500, 1000, 2000, 2000] {
            let hasty = Failure {
                retry_after: Some(ms(asked)),
                ..failure(Resend::Throttled)
            };
            let Decision::Again { delay, .. } = run.decide(hasty, HOUR) else {
                panic!("stopped");
            };
            assert!(delay >= ms(least), "{asked}: {delay:?}");
        }
    }
}

#[test]
fn an_unknown_outcome_is_not_sent_again_by_a_slip() {
    for (resend, allowed) in [
        (Resend::Never, false),
        (Resend::Unsent, false),
        (Resend::NewConnection, false),
        (Resend::FreshToken, false),
        (Resend::Transient, true),
        (Resend::Throttled, true),
    ] {
        let doubtful = Failure {
            delivery: Delivery::Unknown,
            ..failure(resend)
        };
        let mut run = Run::new(9, 500);
        let decision = run.decide(doubtful, HOUR);
        assert_eq!(matches!(decision, Decision::Again { .. }), allowed);
        // Nor when the free resends are used.
        run.progress.unsent = MAX_UNSENT_RESENDS;
        let decision = run.decide(doubtful, HOUR);
        assert_eq!(matches!(decision, Decision::Again { .. }), allowed);
    }
}

fn any_failure() -> impl Strategy<Value = Failure> {
    let resend = prop_oneof![
        1 => Just(Resend::Never),
        1 => Just(Resend::Unsent),
        1 => Just(Resend::NewConnection),
        1 => Just(Resend::FreshToken),
        4 => Just(Resend::Transient),
        4 => Just(Resend::Throttled),
    ];
    let asked = prop_oneof![2 => 0_u64..20_000, 1 => 0_u64..1_000, 1 => Just(0)];
    (resend, proptest::option::of(asked)).prop_map(|(resend, asked)| Failure {
        retry_after: asked.map(ms),
        ..failure(resend)
    })
}

proptest! {
    #[test]
    fn never_early_never_late_never_too_often(
        failures in proptest::collection::vec(any_failure(), 1..40),
        max_attempts in 0_u32..8,
        base in 0_u64..5000,
        cap in 0_u64..10_000,
        remaining in 0_u64..30_000,
        capacity in prop_oneof![Just(0_u32), 1_u32..600],
        seed in any::<u64>(),
    ) {
        let policy = Policy { base: ms(base), cap: ms(cap), max_attempts, last_try: None };
        let mut progress = Progress::default();
        let mut budget = Budget::new(capacity);
        let mut rng = Rng::with_seed(seed);
        let remaining = ms(remaining);
        let (mut counted_resends, mut free_resends) = (0, 0);
        for failure in failures {
            let before = budget.level(Duration::ZERO);
            let decision = policy.decide(
                &mut progress, &failure, remaining, Some((&mut budget, Duration::ZERO)), &mut rng,
            );
            let spent = before - budget.level(Duration::ZERO);
            match decision {
                Decision::Stop(_) => {
                    prop_assert_eq!(spent, 0);
                    break;
                }
                Decision::Again { delay, .. } => {
                    prop_assert_ne!(failure.resend, Resend::Never);
                    prop_assert!(delay < remaining);
                    match failure.retry_after {
                        Some(asked) if asked >= ms(1000) => prop_assert!(delay >= asked && delay <= asked + asked / 10),
                        Some(asked) => {
                            prop_assert!(delay >= asked);
                            prop_assert!(delay >= ms(500) || failure.resend != Resend::Throttled);
                        }
                        None if failure.resend == Resend::Throttled => prop_assert!(delay <= Duration::from_secs(4)),
                        None => prop_assert!(delay <= policy.cap),
                    }
                    if spent == 0 { free_resends += 1 } else { counted_resends += 1 }
                }
            }
        }
        // The first try is counted too.
        prop_assert!(counted_resends < max_attempts.max(1));
        prop_assert!(free_resends <= MAX_UNSENT_RESENDS + 1);
        prop_assert!(progress.counted() <= max_attempts.max(1));
        prop_assert!(capacity > 0 || counted_resends == 0);
    }
}
