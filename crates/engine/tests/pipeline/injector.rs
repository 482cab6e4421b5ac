//! The pipeline from outside: one platform on a paused clock, one thing at a time.

use std::sync::Arc;
use std::time::Duration;

use crate::API;
use crate::support::{Act, Platform, Tokens, World, failed};
use cxone_dtmf_engine::config::{AfterUnknown, Config, InjectionOptions, RetryConfig};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::http::FaultKind;
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::retry::{ResendWhenUnknown, UnknownCause};
use tokio::time::{Instant, sleep};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn attempts(max: u32) -> InjectionOptions {
    InjectionOptions {
        max_attempts: Some(max),
        ..InjectionOptions::default()
    }
}

/// One injection of `1234#` into `call` against a script.
async fn one(acts: Vec<Act>, config: Config, options: InjectionOptions) -> (World, Arc<Outcome>) {
    let world = API.world(Platform::scripted(acts), config);
    let outcome = world
        .injector
        .inject(1, API.params("call", "1234#"), &options)
        .run()
        .await;
    assert!(world.registry.is_empty(), "a line is left behind");
    assert_eq!(world.events.finished(), vec![Arc::clone(&outcome)]);
    (world, outcome)
}

#[tokio::test(start_paused = true)]
async fn an_accepted_injection_is_pressed_once() {
    let (world, outcome) = one(vec![], API.config(), InjectionOptions::default()).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    assert_eq!(outcome.attempts, 1);
    assert_eq!(outcome.attempt, Some(ms(5)));
    assert_eq!(world.platform.pressed("call"), ["1234#"]);
}

fn loading(millis: u64) -> Arc<Platform> {
    Arc::new(Platform {
        loading: ms(millis),
        ..Platform::default()
    })
}

#[tokio::test(start_paused = true)]
async fn what_the_transport_loads_first_takes_no_time_from_the_attempt() {
    let config = Config {
        timeout: ms(100),
        ..API.config()
    };
    let world = API.world(loading(5_000), config);
    let journey = world
        .injector
        .inject(1, API.params("call", "1"), &InjectionOptions::default());
    let outcome = journey.run().await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    assert_eq!(outcome.attempt, Some(ms(5)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_loading_passes_the_deadline() {
    let world = API.world(loading(60_000), API.config());
    let journey = world
        .injector
        .inject(1, API.params("call", "1"), &InjectionOptions::default());
    let started = Instant::now();
    let outcome = journey.run().await;
    failed(&outcome, Code::Deadline, Delivery::NotSent);
    assert_eq!(started.elapsed(), API.config().deadline);
    assert!(world.platform.requests().is_empty());
    assert!(world.registry.is_empty(), "a line is left behind");
}

/// Server errors are refusals: the user says so where the API does not.
fn atomic() -> Config {
    Config {
        atomic_server_errors: true,
        ..API.config()
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_error_is_a_refusal_where_the_api_promises_that() {
    for status in [500, 503] {
        let (world, outcome) = one(vec![Act::status(status)], API.config(), attempts(2)).await;
        if API.promises_atomic_errors() {
            assert_eq!(outcome.delivery(), Delivery::Accepted);
        } else {
            failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
            assert_eq!(world.platform.requests().len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_more_attempts_nothing_is_repeated() {
    for (act, code, delivery) in [
        (Act::status(429), Code::RateLimited, Delivery::Refused),
        (Act::status(500), Code::Server, Delivery::Refused),
        (
            Act::Unsent(FaultKind::ConnectionRefused),
            Code::Connect,
            Delivery::NotSent,
        ),
        (Act::status(502), Code::OutcomeUnknown, Delivery::Unknown),
    ] {
        let (world, outcome) = one(vec![act], atomic(), InjectionOptions::default()).await;
        failed(&outcome, code, delivery);
        assert!(world.events.delays().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn refused_and_unsent_attempts_are_repeated() {
    let acts = vec![
        Act::status(429),
        Act::Unsent(FaultKind::ConnectionRefused),
        Act::status(503),
        Act::status(500),
    ];
    let (world, outcome) = one(acts, atomic(), attempts(5)).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    assert_eq!(outcome.attempts, 4, "the unsent one was never handed over");
    assert_eq!(world.platform.pressed("call"), ["1234#"]);
    assert_eq!(world.events.delays().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_attempt_is_never_repeated() {
    for act in [
        Act::Lost {
            execute: true,
            after: ms(1),
        },
        Act::Lost {
            execute: false,
            after: ms(1),
        },
        Act::Silence { execute: true },
        Act::status(408),
        Act::status(502),
        Act::status(504),
    ] {
        let (world, outcome) = one(vec![act], API.config(), attempts(5)).await;
        failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
        assert_eq!(world.platform.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_attempt_is_repeated_only_where_the_caller_allows_it() {
    let lost = || {
        vec![Act::Lost {
            execute: true,
            after: ms(1),
        }]
    };
    let allow = |resend| InjectionOptions {
        resend_when_unknown: Some(resend),
        ..attempts(3)
    };
    let connection_lost = ResendWhenUnknown::For(vec![UnknownCause::ConnectionLost]);
    let (world, outcome) = one(lost(), API.config(), allow(connection_lost)).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    assert_eq!(
        world.platform.pressed("call").len(),
        2,
        "this is the danger the option names"
    );
    let timeout = ResendWhenUnknown::For(vec![UnknownCause::Timeout]);
    let (_, outcome) = one(lost(), API.config(), allow(timeout)).await;
    failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
}

#[tokio::test(start_paused = true)]
async fn after_an_unknown_attempt_a_refusal_makes_nothing_known() {
    let acts = vec![
        Act::Lost {
            execute: true,
            after: ms(1),
        },
        Act::status(409),
    ];
    let options = InjectionOptions {
        resend_when_unknown: Some(ResendWhenUnknown::Always),
        ..attempts(3)
    };
    let (_, outcome) = one(acts, API.config(), options).await;
    failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(error.response.as_ref().unwrap().status, 409);
}

#[tokio::test(start_paused = true)]
async fn server_errors_are_unknown_where_nothing_is_promised() {
    let config = Config {
        atomic_server_errors: false,
        ..API.config()
    };
    for status in [500, 503] {
        let (_, outcome) = one(vec![Act::status(status)], config.clone(), attempts(3)).await;
        failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
    }
    let acts = vec![Act::retry_after(503, "1")];
    let (world, outcome) = one(acts, config, attempts(3)).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    assert!(world.events.delays()[0] >= ms(1000));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_never_undercut_and_never_waited_for_in_vain() {
    let (world, outcome) = one(vec![Act::retry_after(429, "7")], API.config(), attempts(3)).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    let requests = world.platform.requests();
    let waited = requests[1].at - requests[0].at;
    assert!(waited >= ms(7000) && waited <= ms(7800), "{waited:?}");

    let before = Instant::now();
    let (_, outcome) = one(vec![Act::retry_after(429, "31")], API.config(), attempts(3)).await;
    failed(&outcome, Code::RateLimited, Delivery::Refused);
    assert!(before.elapsed() < ms(100), "it fails at once");
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(error.retry_after, Some(ms(31_000)));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once() {
    let (world, outcome) = one(
        vec![Act::status(401)],
        API.config(),
        InjectionOptions::default(),
    )
    .await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    let tokens: Vec<_> = world
        .platform
        .requests()
        .into_iter()
        .map(|seen| seen.token)
        .collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-2"]);
    let (world, outcome) = one(
        vec![Act::status(401), Act::status(401)],
        API.config(),
        attempts(5),
    )
    .await;
    failed(&outcome, Code::Auth, Delivery::Refused);
    assert_eq!(world.platform.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_misdirected_request_goes_once_over_a_new_connection() {
    let (world, outcome) = one(vec![Act::status(421)], API.config(), attempts(2)).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    let fresh: Vec<_> = world
        .platform
        .requests()
        .iter()
        .map(|seen| seen.fresh_connection)
        .collect();
    assert_eq!(fresh, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_covers_everything() {
    let (world, outcome) = one(
        vec![Act::Silence { execute: true }],
        API.config(),
        InjectionOptions {
            deadline: Some(ms(300)),
            ..attempts(3)
        },
    )
    .await;
    failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
    assert_eq!(outcome.latency, ms(300));
    assert_eq!(world.platform.requests().len(), 1);

    let slow_tokens = Tokens {
        delay: ms(60_000),
        ..Tokens::default()
    };
    let world = World::with_tokens(API, Platform::scripted([]), API.config(), slow_tokens);
    let outcome = world
        .injector
        .inject(1, API.params("call", "12"), &attempts(3))
        .run()
        .await;
    failed(&outcome, Code::Deadline, Delivery::NotSent);
    assert_eq!(outcome.latency, ms(30_000));
    assert!(world.platform.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_nothing_is_repeated() {
    let config = Config {
        retry: RetryConfig {
            budget: 0,
            ..RetryConfig::default()
        },
        ..API.config()
    };
    let (_, outcome) = one(vec![Act::status(429)], config, attempts(3)).await;
    failed(&outcome, Code::RateLimited, Delivery::Refused);
}

/// Begins `count` injections on one call and runs them as tasks.
fn begin(
    world: &World,
    ids: std::ops::Range<u64>,
    call: &str,
) -> Vec<tokio::task::JoinHandle<Arc<Outcome>>> {
    ids.map(|id| {
        let journey = world.injector.inject(
            id,
            API.params(call, &id.to_string()),
            &InjectionOptions::default(),
        );
        tokio::spawn(journey.run())
    })
    .collect()
}

#[tokio::test(start_paused = true)]
async fn one_call_is_served_in_the_order_of_the_calls_and_never_twice_at_once() {
    let config = Config {
        max_waiting_per_call: 200,
        ..API.config()
    };
    let world = API.world(Platform::scripted([]), config);
    for task in begin(&world, 100..200, "call") {
        assert_eq!(task.await.unwrap().delivery(), Delivery::Accepted);
    }
    let expected: Vec<_> = (100..200).map(|id: u64| id.to_string()).collect();
    assert_eq!(world.platform.pressed("call"), expected);
    assert_eq!(world.platform.state.lock().unwrap().overlaps, 0);
    assert!(world.registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn different_calls_run_at_once_up_to_the_bound() {
    let config = Config {
        max_in_flight: 64,
        ..API.config()
    };
    let world = API.world(Platform::choosing(|_| Some(Act::slow(202, ms(50)))), config);
    let tasks: Vec<_> = (0..1000_u64)
        .flat_map(|id| begin(&world, id..id + 1, &format!("call-{id}")))
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().delivery(), Delivery::Accepted);
    }
    assert_eq!(world.platform.state.lock().unwrap().most_in_flight, 64);
}

#[tokio::test(start_paused = true)]
async fn what_waits_behind_an_unknown_outcome_is_not_sent() {
    for (after_unknown, pressed) in [(AfterUnknown::RejectQueued, 1), (AfterUnknown::Continue, 3)] {
        let config = Config {
            after_unknown,
            ..API.config()
        };
        let platform = Platform::choosing(|seen| {
            (seen.digits == "0").then(|| Act::Lost {
                execute: true,
                after: ms(1),
            })
        });
        let world = API.world(platform, config);
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

#[tokio::test(start_paused = true)]
async fn an_abort_ends_each_stage_with_what_is_known() {
    // Queued, backing off, in flight.
    let platform = Platform::scripted([Act::Silence { execute: true }]);
    let world = API.world(platform, API.config());
    let mut tasks = begin(&world, 1..3, "call");
    sleep(ms(10)).await;
    world.injector.abort(2);
    let queued = tasks.pop().unwrap().await.unwrap();
    failed(&queued, Code::Aborted, Delivery::NotSent);
    world.injector.abort(1);
    let in_flight = tasks.pop().unwrap().await.unwrap();
    failed(&in_flight, Code::Aborted, Delivery::Unknown);
    assert_eq!(in_flight.attempts, 1);

    let world = API.world(
        Platform::scripted([Act::retry_after(429, "9")]),
        API.config(),
    );
    let journey = world
        .injector
        .inject(5, API.params("call", "1"), &attempts(2));
    let task = tokio::spawn(journey.run());
    sleep(ms(100)).await;
    world.injector.abort(5);
    failed(&task.await.unwrap(), Code::Aborted, Delivery::Refused);
    assert!(world.registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_injection_counts_as_unknown_once_it_was_handed_over() {
    let world = API.world(
        Platform::scripted([Act::Silence { execute: true }]),
        API.config(),
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

#[tokio::test(start_paused = true)]
async fn bounds_of_the_queue_are_kept() {
    let config = Config {
        max_waiting_per_call: 2,
        max_waiting: 3,
        ..API.config()
    };
    let world = API.world(Platform::scripted([]), config);
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

#[tokio::test(start_paused = true)]
async fn waiting_for_the_lock_ends_after_its_time() {
    let world = API.world(
        Platform::scripted([
            Act::slow(202, ms(9_000)),
            Act::slow(202, ms(9_000)),
            Act::slow(202, ms(9_000)),
        ]),
        API.config(),
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
        "Channel conflict: call call is currently locked by another process"
    );
}

#[tokio::test(start_paused = true)]
async fn close_lets_requests_finish_and_sends_the_others_away() {
    let platform = Platform::scripted([Act::slow(202, ms(500)), Act::Silence { execute: true }]);
    let world = API.world(platform, API.config());
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
        .inject(9, API.params("a", "1"), &InjectionOptions::default())
        .run()
        .await;
    failed(&late, Code::Closed, Delivery::NotSent);
    world.injector.close(None).await;
    assert!(world.registry.is_empty());
}
