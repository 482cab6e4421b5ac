//! The rate limit in the pipeline, on the paused clock.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{Act, Api, Platform, World};
use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::rate_limit::RateLimit;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

for_each_api! {
    the_platform_never_sees_more_than_configured_and_calls_take_turns,
    who_was_submitted_first_goes_first_however_late_its_call_is_free,
    a_429_holds_back_other_calls_only_where_a_limit_is_configured,
    who_cannot_go_before_the_deadline_fails_at_once,
    an_abort_within_the_wait_gives_the_slot_back,
}

#[allow(clippy::unnecessary_wraps, reason = "it is what the config takes")]
const fn limited(per_minute: Option<u32>, per_call: Option<u32>, burst: u32) -> Option<RateLimit> {
    Some(RateLimit {
        per_minute,
        per_call_per_minute: per_call,
        burst,
    })
}

fn config(api: Api, rate_limit: Option<RateLimit>) -> Config {
    Config {
        rate_limit,
        deadline: Duration::from_secs(600),
        lock_timeout: Duration::from_secs(600),
        max_waiting_per_call: 100,
        ..api.config()
    }
}

fn press(world: &World, id: u64, call: &str) -> JoinHandle<Arc<Outcome>> {
    let options = InjectionOptions {
        max_attempts: 3,
        ..InjectionOptions::default()
    };
    tokio::spawn(
        world
            .injector
            .inject(id, world.api.params(call, &id.to_string()), &options)
            .run(),
    )
}

async fn the_platform_never_sees_more_than_configured_and_calls_take_turns(api: Api) {
    let world = api.world(
        Platform::scripted([]),
        config(api, limited(Some(600), None, 5)),
    );
    let tasks: Vec<_> = (0..500)
        .map(|n| press(&world, n, &format!("call-{}", n % 10)))
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().delivery(), Delivery::Accepted);
    }
    let seen = world.platform.requests();
    for pair in seen.windows(6) {
        assert!(
            pair[5].at - pair[0].at >= Duration::from_millis(99),
            "burst of 5 and 10 a second"
        );
    }
    for turn in seen.chunks(50) {
        for call in 0..10 {
            let name = format!("call-{call}");
            let served = turn.iter().filter(|seen| seen.call == name).count();
            assert!((4..=6).contains(&served), "{name} got {served} of 50");
        }
    }
}

/// A slot a second. The second one waits for its call until the first has been answered, and books nothing until then.
async fn who_was_submitted_first_goes_first_however_late_its_call_is_free(api: Api) {
    let world = api.world(
        Platform::scripted([Act::slow(202, Duration::from_millis(2_500))]),
        config(api, limited(Some(60), None, 1)),
    );
    let calls = ["a", "a", "b", "c", "d", "e", "f"];
    let tasks: Vec<_> = (0..)
        .zip(calls)
        .map(|(n, call)| press(&world, n, call))
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().delivery(), Delivery::Accepted);
    }
    let seen = world.platform.requests();
    let order: Vec<_> = seen.iter().map(|seen| &*seen.call).collect();
    assert_eq!(order, ["a", "b", "c", "a", "d", "e", "f"]);
    let took = seen[6].at - seen[0].at;
    assert_eq!(took.as_millis() / 100, 60, "no slot was lost");
}

async fn a_429_holds_back_other_calls_only_where_a_limit_is_configured(api: Api) {
    for (rate_limit, held) in [(limited(Some(60_000), None, 100), true), (None, false)] {
        let world = api.world(
            Platform::scripted([Act::retry_after(429, "20")]),
            config(api, rate_limit),
        );
        let refused = press(&world, 1, "a");
        sleep(Duration::from_millis(50)).await;
        let started = Instant::now();
        let other = press(&world, 2, "b").await.unwrap();
        assert_eq!(other.delivery(), Delivery::Accepted);
        assert_eq!(started.elapsed() > Duration::from_secs(19), held);
        assert_eq!(refused.await.unwrap().delivery(), Delivery::Accepted);
    }
}

async fn who_cannot_go_before_the_deadline_fails_at_once(api: Api) {
    let world = api.world(
        Platform::scripted([]),
        config(api, limited(None, Some(1), 1)),
    );
    press(&world, 1, "a").await.unwrap();
    let options = InjectionOptions {
        deadline: Some(Duration::from_secs(10)),
        ..InjectionOptions::default()
    };
    let started = Instant::now();
    let outcome = world
        .injector
        .inject(2, api.params("a", "2"), &options)
        .run()
        .await;
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(
        (error.code, error.delivery),
        (Code::RateLimited, Delivery::NotSent)
    );
    assert!(error.retryable && error.retry_after.unwrap() > Duration::from_secs(59));
    assert!(started.elapsed() < Duration::from_millis(10));
}

async fn an_abort_within_the_wait_gives_the_slot_back(api: Api) {
    let world = api.world(
        Platform::scripted([]),
        config(api, limited(Some(6), None, 1)),
    );
    press(&world, 1, "a").await.unwrap();
    let waiting = press(&world, 2, "b");
    sleep(Duration::from_secs(1)).await;
    world.injector.abort(2);
    let aborted = waiting.await.unwrap();
    let error = aborted.result.as_ref().unwrap_err();
    assert_eq!(
        (error.code, error.delivery),
        (Code::Aborted, Delivery::NotSent)
    );
    let started = Instant::now();
    press(&world, 3, "c").await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(9_100));
}
