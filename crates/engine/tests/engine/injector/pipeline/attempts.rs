//! One injection: what each end of an attempt leads to.

use std::sync::Arc;

use super::attempts;
use crate::support::{Act, Api, Platform, Tokens, World, failed, ms};
use cxone_dtmf_engine::config::{Config, InjectionOptions, RetryConfig};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::http::FaultKind;
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::retry::{ResendWhenUnknown, UnknownCause};
use tokio::time::Instant;

for_each_api! {
    an_accepted_injection_is_pressed_once,
    what_the_transport_loads_first_takes_no_time_from_the_attempt,
    nothing_is_sent_when_loading_passes_the_deadline,
    nothing_is_sent_while_there_is_no_room_for_its_outcome,
    a_server_error_is_a_refusal_where_the_api_promises_that,
    without_more_attempts_nothing_is_repeated,
    refused_and_unsent_attempts_are_repeated,
    an_unknown_attempt_is_never_repeated,
    an_unknown_attempt_is_repeated_only_where_the_caller_allows_it,
    after_an_unknown_attempt_a_refusal_makes_nothing_known,
    a_conflict_says_what_is_known_of_it,
    server_errors_are_unknown_where_nothing_is_promised,
    retry_after_is_never_undercut_and_never_waited_for_in_vain,
    a_refused_token_is_replaced_once,
    a_misdirected_request_goes_once_over_a_new_connection,
    the_deadline_covers_everything,
    without_a_budget_nothing_is_repeated,
}

/// One injection of `1234#` into `call` against a script.
async fn one(
    api: Api,
    acts: Vec<Act>,
    config: Config,
    options: InjectionOptions,
) -> (World, Arc<Outcome>) {
    let world = api.world(Platform::scripted(acts), config);
    let outcome = world
        .injector
        .inject(1, api.params("call", "1234#"), &options)
        .run()
        .await;
    assert!(world.registry.is_empty(), "a line is left behind");
    assert_eq!(world.events.finished(), vec![Arc::clone(&outcome)]);
    (world, outcome)
}

async fn an_accepted_injection_is_pressed_once(api: Api) {
    let (world, outcome) = one(api, vec![], api.config(), InjectionOptions::default()).await;
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

async fn what_the_transport_loads_first_takes_no_time_from_the_attempt(api: Api) {
    let config = Config {
        timeout: ms(100),
        ..api.config()
    };
    let world = api.world(loading(5_000), config);
    let journey = world
        .injector
        .inject(1, api.params("call", "1"), &InjectionOptions::default());
    let outcome = journey.run().await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    assert_eq!(outcome.attempt, Some(ms(5)));
}

async fn nothing_is_sent_when_loading_passes_the_deadline(api: Api) {
    let world = api.world(loading(60_000), api.config());
    let journey = world
        .injector
        .inject(1, api.params("call", "1"), &InjectionOptions::default());
    let started = Instant::now();
    let outcome = journey.run().await;
    failed(&outcome, Code::Deadline, Delivery::NotSent);
    assert_eq!(started.elapsed(), api.config().deadline);
    assert!(world.platform.requests().is_empty());
    assert!(world.registry.is_empty(), "a line is left behind");
}

async fn nothing_is_sent_while_there_is_no_room_for_its_outcome(api: Api) {
    for (full, accepted) in [(ms(3_000), true), (ms(60_000), false)] {
        let world = api.world(Platform::scripted([]), api.config());
        *world.events.1.lock().unwrap() = full;
        let params = api.params("call", "1");
        let injection = world
            .injector
            .inject(1, params, &InjectionOptions::default());
        let started = Instant::now();
        let outcome = injection.run().await;
        if accepted {
            assert_eq!(outcome.delivery(), Delivery::Accepted);
            assert_eq!(started.elapsed(), full + ms(5));
        } else {
            failed(&outcome, Code::Deadline, Delivery::NotSent);
            assert_eq!(started.elapsed(), api.config().deadline);
            assert!(world.platform.requests().is_empty());
        }
        assert!(world.registry.is_empty(), "a line is left behind");
    }
}

/// Server errors are refusals: the user says so where the api does not.
fn atomic(api: Api) -> Config {
    Config {
        atomic_server_errors: Some(true),
        ..api.config()
    }
}

async fn a_server_error_is_a_refusal_where_the_api_promises_that(api: Api) {
    for status in [500, 503] {
        let (world, outcome) = one(api, vec![Act::status(status)], api.config(), attempts(2)).await;
        if api.promises_atomic_errors() {
            assert_eq!(outcome.delivery(), Delivery::Accepted);
        } else {
            failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
            assert_eq!(world.platform.requests().len(), 1);
        }
    }
}

async fn without_more_attempts_nothing_is_repeated(api: Api) {
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
        let (world, outcome) = one(api, vec![act], atomic(api), InjectionOptions::default()).await;
        failed(&outcome, code, delivery);
        assert!(world.events.delays().is_empty());
    }
}

async fn refused_and_unsent_attempts_are_repeated(api: Api) {
    let acts = vec![
        Act::status(429),
        Act::Unsent(FaultKind::ConnectionRefused),
        Act::status(503),
        Act::status(500),
    ];
    let (world, outcome) = one(api, acts, atomic(api), attempts(5)).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    assert_eq!(outcome.attempts, 4, "the unsent one was never handed over");
    assert_eq!(world.platform.pressed("call"), ["1234#"]);
    assert_eq!(world.events.delays().len(), 4);
}

async fn an_unknown_attempt_is_never_repeated(api: Api) {
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
        let (world, outcome) = one(api, vec![act], api.config(), attempts(5)).await;
        failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
        assert_eq!(world.platform.requests().len(), 1);
    }
}

async fn an_unknown_attempt_is_repeated_only_where_the_caller_allows_it(api: Api) {
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
    let (world, outcome) = one(api, lost(), api.config(), allow(connection_lost)).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    assert_eq!(
        world.platform.pressed("call").len(),
        2,
        "this is the danger the option names"
    );
    let timeout = ResendWhenUnknown::For(vec![UnknownCause::Timeout]);
    let (_, outcome) = one(api, lost(), api.config(), allow(timeout)).await;
    failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
}

async fn after_an_unknown_attempt_a_refusal_makes_nothing_known(api: Api) {
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
    let (_, outcome) = one(api, acts, api.config(), options).await;
    failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(error.response.as_ref().unwrap().status, 409);
}

async fn a_conflict_says_what_is_known_of_it(api: Api) {
    let conflict = |body: &'static str| Act::Answer {
        status: 409,
        headers: Vec::new(),
        body,
        execute: false,
        after: ms(5),
    };
    let beginning = match api {
        Api::TelephonyV2 => {
            "Channel conflict: call call is currently locked by another process (the platform answered 409"
        }
        Api::AgentSession | Api::SessionQuery => {
            "the platform reports a conflict: something else presses digits or changes the call \
             (the platform answered 409"
        }
    };
    for (body, rest) in [
        ("", ")"),
        (r#"{"error":"busy"}"#, ": busy)"),
        (r#"{"message":"1234# is playing"}"#, ": ***** is playing)"),
    ] {
        let (_, outcome) = one(api, vec![conflict(body)], api.config(), attempts(3)).await;
        failed(&outcome, Code::Conflict, Delivery::Refused);
        let message = &outcome.result.as_ref().unwrap_err().message;
        assert_eq!(*message, format!("{beginning}{rest}"));
    }
}

async fn server_errors_are_unknown_where_nothing_is_promised(api: Api) {
    let config = Config {
        atomic_server_errors: Some(false),
        ..api.config()
    };
    for status in [500, 503] {
        let (_, outcome) = one(api, vec![Act::status(status)], config.clone(), attempts(3)).await;
        failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
    }
    let acts = vec![Act::retry_after(503, "1")];
    let (world, outcome) = one(api, acts, config, attempts(3)).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    assert!(world.events.delays()[0] >= ms(1000));
}

async fn retry_after_is_never_undercut_and_never_waited_for_in_vain(api: Api) {
    let (world, outcome) = one(
        api,
        vec![Act::retry_after(429, "7")],
        api.config(),
        attempts(3),
    )
    .await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    let requests = world.platform.requests();
    let waited = requests[1].at - requests[0].at;
    assert!(waited >= ms(7000) && waited <= ms(7800), "{waited:?}");

    let before = Instant::now();
    let (_, outcome) = one(
        api,
        vec![Act::retry_after(429, "31")],
        api.config(),
        attempts(3),
    )
    .await;
    failed(&outcome, Code::RateLimited, Delivery::Refused);
    assert!(before.elapsed() < ms(100), "it fails at once");
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(error.retry_after, Some(ms(31_000)));
}

async fn a_refused_token_is_replaced_once(api: Api) {
    let (world, outcome) = one(
        api,
        vec![Act::status(401)],
        api.config(),
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
        api,
        vec![Act::status(401), Act::status(401)],
        api.config(),
        attempts(5),
    )
    .await;
    failed(&outcome, Code::Auth, Delivery::Refused);
    assert_eq!(world.platform.requests().len(), 2);
}

async fn a_misdirected_request_goes_once_over_a_new_connection(api: Api) {
    let (world, outcome) = one(api, vec![Act::status(421)], api.config(), attempts(2)).await;
    assert_eq!(outcome.delivery(), Delivery::Accepted);
    let fresh: Vec<_> = world
        .platform
        .requests()
        .iter()
        .map(|seen| seen.fresh_connection)
        .collect();
    assert_eq!(fresh, [false, true]);
}

async fn the_deadline_covers_everything(api: Api) {
    let (world, outcome) = one(
        api,
        vec![Act::Silence { execute: true }],
        api.config(),
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
    let world = World::with_tokens(api, Platform::scripted([]), api.config(), slow_tokens);
    let outcome = world
        .injector
        .inject(1, api.params("call", "12"), &attempts(3))
        .run()
        .await;
    failed(&outcome, Code::Deadline, Delivery::NotSent);
    assert_eq!(outcome.latency, ms(30_000));
    assert!(world.platform.requests().is_empty());
}

async fn without_a_budget_nothing_is_repeated(api: Api) {
    let config = Config {
        retry: RetryConfig {
            budget: 0,
            ..RetryConfig::default()
        },
        ..api.config()
    };
    let (_, outcome) = one(api, vec![Act::status(429)], config, attempts(3)).await;
    failed(&outcome, Code::RateLimited, Delivery::Refused);
}
