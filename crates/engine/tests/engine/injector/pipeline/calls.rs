//! Many injections: order and bounds, and how what waits, backs off or is in flight is ended.

use std::ops::Range;
use std::sync::Arc;

use cxone_dtmf_engine::config::{AfterUnknown, Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::outcome::Outcome;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::attempts;
use crate::support::{Act, Api, Platform, World, failed, ms};

for_each_api! {
    one_call_is_served_in_the_order_of_the_calls_and_never_twice_at_once,
    different_calls_run_at_once_up_to_the_bound,
    what_waits_behind_an_unknown_outcome_is_not_sent,
    an_abort_ends_each_stage_with_what_is_known,
    a_dropped_injection_counts_as_unknown_once_it_was_handed_over,
    bounds_of_the_queue_are_kept,
    waiting_for_the_lock_ends_after_its_time,
    close_lets_requests_finish_and_sends_the_others_away,
}

/// Begins `count` injections on one call and runs them as tasks.
fn begin(world: &World, ids: Range<u64>, call: &str) -> Vec<JoinHandle<Arc<Outcome>>> {
    ids.map(|id| {
        let journey = world.injector.inject(
            id,
            world.api.params(call, &id.to_string()),
            &InjectionOptions::default(),
        );
        tokio::spawn(journey.run())
    })
    .collect()
}

async fn one_call_is_served_in_the_order_of_the_calls_and_never_twice_at_once(api: Api) {
    let config = Config {
        max_waiting_per_call: 200,
        ..api.config()
    };
    let world = api.world(Platform::scripted([]), config);
    for task in begin(&world, 100..200, "call") {
        assert_eq!(task.await.unwrap().delivery(), Delivery::Accepted);
    }
    let expected: Vec<_> = (100..200).map(|id: u64| id.to_string()).collect();
    assert_eq!(world.platform.pressed("call"), expected);
    assert_eq!(world.platform.state.lock().unwrap().overlaps, 0);
    assert!(world.registry.is_empty());
}

async fn different_calls_run_at_once_up_to_the_bound(api: Api) {
    let config = Config {
        max_in_flight: 64,
        ..api.config()
    };
    let world = api.world(Platform::choosing(|_| Some(Act::slow(202, ms(50)))), config);
    let tasks: Vec<_> = (0..1000_u64)
        .flat_map(|id| begin(&world, id..id + 1, &format!("call-{id}")))
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().delivery(), Delivery::Accepted);
    }
    assert_eq!(world.platform.state.lock().unwrap().most_in_flight, 64);
}

async fn what_waits_behind_an_unknown_outcome_is_not_sent(api: Api) {
    for (after_unknown, pressed) in [(AfterUnknown::RejectQueued, 1), (AfterUnknown::Continue, 3)] {
        let config = Config {
            after_unknown,
            ..api.config()
        };
        let platform = Platform::choosing(|seen| {
            (seen.digits == "0").then(|| Act::Lost {
                execute: true,
                after: ms(1),
            })
        });
        let world = api.world(platform, config);
        let outcomes = begin(&world, 0..3, "call");
        let other = begin(&world, 7..8, "other");
        let mut codes = Vec::new();
        for task in outcomes {
            codes.push(
                task.await
                    .unwrap()
                    .result
                    .as_ref()
                    .err()
                    .map(|error| error.code),
            );
        }
        let behind = (after_unknown == AfterUnknown::RejectQueued).then_some(Code::AfterUnknown);
        assert_eq!(codes, [Some(Code::OutcomeUnknown), behind, behind]);
        assert_eq!(world.platform.pressed("call").len(), pressed);
        for task in other {
            assert_eq!(task.await.unwrap().delivery(), Delivery::Accepted);
        }
    }
}

async fn an_abort_ends_each_stage_with_what_is_known(api: Api) {
    // Queued, backing off, in flight.
    let platform = Platform::scripted([Act::Silence { execute: true }]);
    let world = api.world(platform, api.config());
    let mut tasks = begin(&world, 1..3, "call");
    sleep(ms(10)).await;
    world.injector.abort(2);
    let queued = tasks.pop().unwrap().await.unwrap();
    failed(&queued, Code::Aborted, Delivery::NotSent);
    world.injector.abort(1);
    let in_flight = tasks.pop().unwrap().await.unwrap();
    failed(&in_flight, Code::Aborted, Delivery::Unknown);
    assert_eq!(in_flight.attempts, 1);

    let world = api.world(
        Platform::scripted([Act::retry_after(429, "9")]),
        api.config(),
    );
    let journey = world
        .injector
        .inject(5, api.params("call", "1"), &attempts(2));
    let task = tokio::spawn(journey.run());
    sleep(ms(100)).await;
    world.injector.abort(5);
    failed(&task.await.unwrap(), Code::Aborted, Delivery::Refused);
    assert!(world.registry.is_empty());
}

async fn a_dropped_injection_counts_as_unknown_once_it_was_handed_over(api: Api) {
    let world = api.world(
        Platform::scripted([Act::Silence { execute: true }]),
        api.config(),
    );
    let mut tasks = begin(&world, 1..3, "call");
    sleep(ms(10)).await;
    tasks[0].abort();
    let behind = tasks.pop().unwrap().await.unwrap();
    failed(&behind, Code::AfterUnknown, Delivery::NotSent);
    let finished = world.events.finished();
    failed(&finished[0], Code::OutcomeUnknown, Delivery::Unknown);
    assert!(world.registry.is_empty());
}

async fn bounds_of_the_queue_are_kept(api: Api) {
    let config = Config {
        max_waiting_per_call: 2,
        max_waiting: 3,
        ..api.config()
    };
    let world = api.world(Platform::scripted([]), config);
    let a = begin(&world, 0..4, "a");
    let b = begin(&world, 10..13, "b");
    let mut codes = Vec::new();
    for task in a.into_iter().chain(b) {
        codes.push(
            task.await
                .unwrap()
                .result
                .as_ref()
                .err()
                .map(|error| error.code),
        );
    }
    let full = Some(Code::QueueFull);
    assert_eq!(codes, [None, None, None, full, None, None, full]);
    assert_eq!(world.injector.snapshot().waiting, 0);
}

async fn waiting_for_the_lock_ends_after_its_time(api: Api) {
    let world = api.world(
        Platform::scripted([
            Act::slow(202, ms(9_000)),
            Act::slow(202, ms(9_000)),
            Act::slow(202, ms(9_000)),
        ]),
        api.config(),
    );
    let tasks = begin(&world, 0..4, "call");
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    failed(&outcomes[3], Code::LockTimeout, Delivery::NotSent);
    assert_eq!(outcomes[3].queued, ms(20_000));
    let message = &outcomes[3].result.as_ref().unwrap_err().message;
    assert_eq!(
        message,
        "the wait for the lock of call call ran out: this process has not ended what came before on this call"
    );
}

async fn close_lets_requests_finish_and_sends_the_others_away(api: Api) {
    let platform = Platform::scripted([Act::slow(202, ms(500)), Act::Silence { execute: true }]);
    let world = api.world(platform, api.config());
    let mut finishing = begin(&world, 0..2, "a");
    let hanging = begin(&world, 2..3, "b");
    sleep(ms(10)).await;
    let started = Instant::now();
    world.injector.close(Some(ms(2_000))).await;
    assert!(started.elapsed() < ms(2_100));
    failed(
        &finishing.pop().unwrap().await.unwrap(),
        Code::Closed,
        Delivery::NotSent,
    );
    assert_eq!(
        finishing.pop().unwrap().await.unwrap().delivery(),
        Delivery::Accepted
    );
    for task in hanging {
        failed(
            &task.await.unwrap(),
            Code::OutcomeUnknown,
            Delivery::Unknown,
        );
    }
    let late = world
        .injector
        .inject(9, api.params("a", "1"), &InjectionOptions::default())
        .run()
        .await;
    failed(&late, Code::Closed, Delivery::NotSent);
    world.injector.close(None).await;
    assert!(world.registry.is_empty());
}
