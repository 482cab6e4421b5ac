//! The laws of [`SingleFlight`] under any order of events, against a model that keeps only facts.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::super::{Asked, SingleFlight};
use crate::Secret;
use crate::auth::Granted;
use crate::error::{Code, Error};

#[derive(Clone, Debug)]
enum Step {
    Ask,
    Granted(Duration),
    Refused(Option<Duration>),
    Lost,
    /// Refuses the generation this many before the newest.
    Invalidate(u64),
    InvalidateCurrent,
    Pass(Duration),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let millis = |range: std::ops::Range<u64>| range.prop_map(Duration::from_millis);
    prop::collection::vec(
        prop_oneof![
            6 => Just(Step::Ask),
            3 => millis(0..400_000).prop_map(Step::Granted),
            1 => Just(Step::Granted(Duration::ZERO)),
            2 => prop::option::of(millis(0..60_000)).prop_map(Step::Refused),
            1 => Just(Step::Lost),
            2 => (0..3_u64).prop_map(Step::Invalidate),
            1 => Just(Step::InvalidateCurrent),
            4 => millis(0..2_000).prop_map(Step::Pass),
            4 => millis(0..120_000).prop_map(Step::Pass),
        ],
        1..200,
    )
}

/// What is true by the history alone.
#[derive(Default)]
struct Model {
    now: Duration,
    /// When the request under way began.
    flight: Option<Duration>,
    waiting: BTreeSet<u32>,
    names: u32,
    generation: u64,
    unusable_from: Duration,
    refresh_from: Duration,
    void: BTreeSet<u64>,
    paused_until: Duration,
}

impl Model {
    fn has_usable(&self) -> bool {
        self.generation > 0
            && self.now < self.unusable_from
            && !self.void.contains(&self.generation)
    }

    fn begins(&mut self) {
        assert_eq!(self.flight, None, "two requests at once");
        assert!(self.now >= self.paused_until, "a request during the pause");
        self.flight = Some(self.now);
    }

    fn ask(&mut self, machine: &mut SingleFlight<u32>) {
        self.names += 1;
        let name = self.names;
        let mut kept = false;
        let asked = machine.ask(self.now, || {
            kept = true;
            name
        });
        if kept {
            self.waiting.insert(name);
        }
        assert_eq!(kept, matches!(asked, Asked::Wait | Asked::Fetch));
        match asked {
            Asked::Ready { token, refresh } => {
                assert!(self.has_usable(), "an expired or refused token");
                assert_eq!(token.generation, self.generation);
                if refresh {
                    assert!(self.now >= self.refresh_from, "a refresh too early");
                    self.begins();
                } else {
                    let due = self.now >= self.refresh_from && self.now >= self.paused_until;
                    assert!(!due || self.flight.is_some(), "a refresh was left out");
                }
            }
            Asked::Wait => {
                assert!(self.flight.is_some(), "waits for nothing");
                assert!(!self.has_usable(), "waits beside a usable token");
            }
            Asked::Fetch => {
                assert!(!self.has_usable(), "waits beside a usable token");
                self.begins();
            }
            Asked::Failed(error) => {
                assert!(!self.has_usable(), "turned away beside a usable token");
                assert_eq!(self.flight, None, "turned away while a request runs");
                assert!(self.now < self.paused_until);
                assert_eq!(self.now + error.retry_after.unwrap(), self.paused_until);
            }
        }
    }

    fn land(&mut self, machine: &mut SingleFlight<u32>, result: Option<Result<Granted, Error>>) {
        let life = result.as_ref().and_then(|result| match result {
            Ok(granted) => Some(granted.lifetime),
            Err(_) => None,
        });
        let (pauses, asked_for) = match &result {
            Some(Err(error)) => (true, error.retry_after.unwrap_or_default()),
            _ => (false, Duration::ZERO),
        };
        let landed = match result {
            Some(result) => machine.fetched(self.now, result),
            None => machine.lost(self.now),
        };
        let Some(began) = self.flight.take() else {
            assert!(landed.is_none(), "nothing was under way");
            return;
        };
        let landed = landed.expect("the end of the request");
        let woken: Vec<u32> = landed.waiters.clone();
        assert!(woken.is_sorted(), "order of asking");
        assert_eq!(
            woken.into_iter().collect::<BTreeSet<_>>(),
            std::mem::take(&mut self.waiting),
            "a waiter was lost or made up"
        );
        if let Some(life) = life {
            self.generation += 1;
            self.paused_until = Duration::ZERO;
            let margin = Duration::from_secs(30).min(life / 2);
            self.unusable_from = began + life.saturating_sub(margin);
            self.refresh_from = began + life.saturating_sub((life / 5).max(margin + margin / 2));
            assert_eq!(landed.result.unwrap().generation, self.generation);
        } else if pauses {
            let pause = landed.result.unwrap_err().retry_after.unwrap();
            assert!(pause >= asked_for.max(Duration::from_secs(1)));
            assert!(pause <= asked_for.max(Duration::from_secs(30)));
            self.paused_until = self.now + pause;
        }
        assert_eq!(landed.usable, self.has_usable());
    }
}

proptest! {
    #[test]
    fn one_request_at_a_time_no_void_token_no_lost_waiter(steps in steps()) {
        let mut machine = SingleFlight::default();
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Ask => model.ask(&mut machine),
                Step::Granted(lifetime) => {
                    let access_token = Secret::new("t".to_owned());
                    model.land(&mut machine, Some(Ok(Granted { access_token, lifetime, refresh_token: None, tenant: None })));
                }
                Step::Refused(retry_after) => {
                    let error = Error::not_sent(Code::Auth, "refused").retryable(retry_after);
                    model.land(&mut machine, Some(Err(error)));
                }
                Step::Lost => model.land(&mut machine, None),
                Step::Invalidate(back) => {
                    let generation = model.generation.saturating_sub(back);
                    machine.invalidate(generation);
                    model.void.insert(generation);
                }
                Step::InvalidateCurrent => {
                    machine.invalidate_current();
                    model.void.insert(model.generation);
                }
                Step::Pass(time) => model.now += time,
            }
            prop_assert_eq!(machine.age(model.now).is_some(), model.has_usable());
        }
        // Whatever happened before, the end of the last request leaves no waiter behind.
        model.land(&mut machine, None);
        prop_assert!(model.waiting.is_empty());
    }
}
