//! The lock while its server fails: nothing is pressed by two at once, and nothing twice.

use std::sync::Arc;
use std::time::Duration;

use cxone_dtmf_engine::config::InjectionOptions;
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::event::Event;
use cxone_dtmf_engine::fleet::{FleetOptions, OnUnavailable};
use cxone_dtmf_engine::lock::LockId;
use tokio::time::{Instant, sleep, timeout};

use crate::fleet::proxy::Proxy;
use crate::fleet::redis::Redis;
use crate::fleet::stage::{Process, config, no_overlaps, options};
use crate::support::{Act, LONG, Platform, accepted, failed, ms, under, until};

fn slow() -> Arc<Platform> {
    Platform::choosing(|_| Some(Act::slow(202, ms(3))))
}

/// As long as all leases of before last.
fn lease() -> Duration {
    FleetOptions::shortest_lease(config().timeout)
}

fn waiting(time: Duration) -> InjectionOptions {
    InjectionOptions {
        lock_timeout: Some(time),
        ..InjectionOptions::default()
    }
}

fn local(url: &str) -> FleetOptions {
    FleetOptions {
        on_unavailable: OnUnavailable::Local,
        ..options(url)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_nothing_is_sent_and_nobody_waits_long() {
    let platform = slow();
    // A port of nobody.
    let gone = Redis::start().url();
    let process = Process::new(&platform, options(&gone));
    for _ in 0..2 {
        let began = Instant::now();
        let error = failed(
            &process.press("a", "1").await.unwrap(),
            Code::Store,
            Delivery::NotSent,
        );
        assert!(
            error.retryable && error.message.contains("check fleet.url"),
            "{error}"
        );
        assert!(!error.message.contains("127.0.0.1"), "{error}");
        assert!(began.elapsed() < LONG / 3);
    }
    assert!(platform.requests().is_empty());
    assert!(process.store.counters().read().failures >= 2);
    let waited = process
        .world
        .injector
        .acquire_lock(9, Some("a"), None)
        .run()
        .await;
    assert_eq!(waited.unwrap_err().code, Code::Store);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_local_calls_go_on_in_the_order_of_the_process() {
    let platform = slow();
    let mut redis = Redis::start();
    let process = Process::new(&platform, local(&redis.url()));
    assert!(process.press("a", "1").await.unwrap().fence.is_some());
    redis.kill();
    let line: Vec<_> = ["2", "3", "4"]
        .map(|digits| process.press("a", digits))
        .into();
    for outcome in line {
        let outcome = outcome.await.unwrap();
        accepted(&outcome);
        assert_eq!(outcome.fence, None);
    }
    assert_eq!(platform.pressed("a"), ["1", "2", "3", "4"]);
    assert!(process.store.counters().read().without_lease >= 3);
    let told = || {
        let events = process.world.events.0.lock().unwrap();
        events
            .iter()
            .filter(|event| matches!(event, Event::WithoutLease { .. }))
            .count()
    };
    assert_eq!(told(), 1);
    redis.restart();
    let end = Instant::now() + LONG;
    while process.press("a", "5").await.unwrap().fence.is_none() {
        assert!(Instant::now() < end, "no lease is asked for again");
        sleep(ms(50)).await;
    }
    redis.kill();
    accepted(&process.press("a", "6").await.unwrap());
    assert_eq!(told(), 2);
    no_overlaps(&platform);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_local_a_lock_that_is_held_outlives_the_server() {
    let platform = slow();
    let mut redis = Redis::start();
    let process = Process::new(&platform, local(&redis.url()));
    let lock = process.lock("a").await;
    redis.kill();
    sleep(lease()).await;
    let outcome = process.press_with("a", "1", &under(lock)).await.unwrap();
    accepted(&outcome);
    assert_eq!(outcome.fence, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_goes_on_while_its_lease_lasts_and_not_after() {
    let platform = slow();
    let mut redis = Redis::start();
    let process = Process::new(&platform, options(&redis.url()));
    let lock = process.lock("a").await;
    redis.kill();
    accepted(&process.press_with("a", "1", &under(lock)).await.unwrap());
    sleep(lease()).await;
    let outcome = process.press_with("a", "2", &under(lock)).await.unwrap();
    failed(&outcome, Code::LockLost, Delivery::NotSent);
    assert_eq!(platform.pressed("a"), ["1"]);
}

/// What a server loses, somebody may still hold: for a lease nobody else is let in.
async fn nobody_is_let_in_for_a_lease(
    lost_at: Instant,
    (holder, lock): (&Process, LockId),
    others: [&Process; 2],
) {
    for other in others {
        let outcome = other.press_with("a", "2", &waiting(ms(300))).await.unwrap();
        let error = failed(&outcome, Code::Store, Delivery::NotSent);
        let after = error.retry_after.expect("how long it takes");
        assert!(after <= lease(), "{after:?}");
        assert!(error.message.contains("may have forgotten"), "{error}");
    }
    accepted(&others[0].press("a", "3").await.unwrap());
    assert!(lost_at.elapsed() + ms(10) >= lease());
    let outcome = holder.press_with("a", "4", &under(lock)).await.unwrap();
    failed(&outcome, Code::LockLost, Delivery::NotSent);
    holder.release(lock).await;
    accepted(&holder.press("a", "5").await.unwrap());
}

fn connected(redis: &Redis) -> i64 {
    redis.ask(&["PUBSUB", "NUMSUB", "dtmf:fleet"]).list()[1].number()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_data_was_deleted_gives_nothing_away() {
    let platform = slow();
    let redis = Redis::start();
    let process = || Process::new(&platform, options(&redis.url()));
    let (holder, other) = (process(), process());
    accepted(&other.press("b", "0").await.unwrap());
    let lock = holder.lock("a").await;
    let lost_at = Instant::now();
    redis.ask(&["FLUSHALL"]);
    // One that never saw the server before.
    let newcomer = process();
    accepted(&holder.press_with("a", "1", &under(lock)).await.unwrap());
    nobody_is_let_in_for_a_lease(lost_at, (&holder, lock), [&other, &newcomer]).await;
    assert_eq!(platform.pressed("a"), ["1", "3", "5"]);
    no_overlaps(&platform);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_empty_gives_nothing_away() {
    let platform = slow();
    let mut redis = Redis::start();
    let url = redis.url();
    let process = || Process::new(&platform, options(&url));
    let (holder, other) = (process(), process());
    accepted(&other.press("b", "0").await.unwrap());
    let lock = holder.lock("a").await;
    let lost_at = Instant::now();
    redis.restart();
    until("they are there again", || connected(&redis) == 2).await;
    let newcomer = process();
    nobody_is_let_in_for_a_lease(lost_at, (&holder, lock), [&newcomer, &other]).await;
    assert_eq!(platform.pressed("a"), ["3", "5"]);
    no_overlaps(&platform);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_let_in_too_early_lets_nobody_follow() {
    let platform = slow();
    let mut redis = Redis::start();
    let holder = Process::new(&platform, options(&redis.url()));
    holder.lock("a").await;
    redis.kill();
    // A server that has never been heard of, and a process that knows of nothing.
    redis.restart();
    let newcomer = Process::new(&platform, options(&redis.url()));
    // It may come before the holder is connected again, or after: either way the fleet is closed then.
    let _ = newcomer
        .press_with("b", "1", &waiting(ms(1)))
        .await
        .unwrap();
    until("the holder is there again", || connected(&redis) == 2).await;
    let outcome = newcomer
        .press_with("a", "2", &waiting(ms(1)))
        .await
        .unwrap();
    failed(&outcome, Code::Store, Delivery::NotSent);
    no_overlaps(&platform);
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let platform = slow();
    let redis = Redis::start();
    let process = Process::new(&platform, options(&redis.url()));
    for number in 0..5 {
        accepted(&process.press("a", &number.to_string()).await.unwrap());
        redis.ask(&["SCRIPT", "FLUSH"]);
    }
    assert_eq!(platform.pressed("a").len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stands_still_holds_nobody_up_and_keeps_no_lock() {
    let platform = slow();
    let redis = Redis::start();
    let process = || Process::new(&platform, options(&redis.url()));
    let (process, other) = (process(), process());
    accepted(&process.press("a", "1").await.unwrap());
    redis.ask(&["CLIENT", "PAUSE", "3000", "ALL"]);
    let began = Instant::now();
    let outcome = process.press("a", "2").await.unwrap();
    let error = failed(&outcome, Code::Store, Delivery::NotSent);
    assert!(began.elapsed() < LONG / 3, "{:?}", began.elapsed());
    assert!(error.retryable);
    // What was asked meanwhile is carried out afterwards, and given back.
    let end = Instant::now() + LONG;
    loop {
        let outcome = other.press("a", "3").await.unwrap();
        if outcome.delivery() == Delivery::Accepted {
            break;
        }
        failed(&outcome, Code::Store, Delivery::NotSent);
        assert!(Instant::now() < end);
        sleep(ms(50)).await;
    }
    assert_eq!(platform.pressed("a"), ["1", "3"]);
    no_overlaps(&platform);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_is_cut_off_loses_its_lease_and_another_takes_over() {
    let platform = slow();
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port()).await;
    let holder = Process::new(&platform, options(&proxy.url));
    let other = Process::new(&platform, options(&redis.url()));
    let lock = holder.lock("a").await;
    let first = holder.press_with("a", "1", &under(lock)).await.unwrap();
    accepted(&first);
    proxy.cut();
    let cut_at = Instant::now();
    let next = other.press("a", "2");
    // It presses for as long as it may.
    let mut by_holder = 1;
    loop {
        let outcome = holder.press_with("a", "1", &under(lock)).await.unwrap();
        if outcome.delivery() != Delivery::Accepted {
            failed(&outcome, Code::LockLost, Delivery::NotSent);
            break;
        }
        by_holder += 1;
        sleep(ms(10)).await;
    }
    assert!(cut_at.elapsed() < LONG / 3);
    let next = timeout(LONG, next).await.unwrap().unwrap();
    accepted(&next);
    assert!(next.fence > first.fence);
    let pressed = platform.pressed("a");
    let (last, before) = pressed.split_last().unwrap();
    assert_eq!(before, vec!["1"; by_holder]);
    assert_eq!(last, "2");
    no_overlaps(&platform);
    holder.release(lock).await;
    proxy.mend();
    // Long before an idle connection would be tried out.
    let end = Instant::now() + ms(12_000);
    while holder.press("a", "3").await.unwrap().delivery() != Delivery::Accepted {
        assert!(Instant::now() < end, "the connection is not made again");
        sleep(ms(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_are_told_when_the_server_goes_away() {
    let platform = slow();
    let mut redis = Redis::start();
    let url = redis.url();
    let process = || Process::new(&platform, options(&url));
    let (holder, other) = (process(), process());
    let _lock = holder.lock("a").await;
    let waiting = other.press("a", "1");
    until("it waits", || other.store.counters().read().waits == 1).await;
    redis.kill();
    let outcome = timeout(LONG, waiting).await.unwrap().unwrap();
    failed(&outcome, Code::Store, Delivery::NotSent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_promoted_gives_nothing_away_for_a_lease() {
    let platform = slow();
    let master = Redis::start();
    let holder = Process::new(&platform, options(&master.url()));
    let lock = holder.lock("a").await;
    let replica = master.replica();
    replica.ask(&["REPLICAOF", "NO", "ONE"]);
    // Who is led to the new master while the old one lives on with the holder: nothing can tell them of each other.
    let other = Process::new(&platform, options(&replica.url()));
    let outcome = other.press_with("a", "2", &waiting(ms(300))).await.unwrap();
    failed(&outcome, Code::Store, Delivery::NotSent);
    let second = other.press("a", "3").await.unwrap();
    accepted(&second);
    // The holder still renews its lease at the old master: both may press. The record shows it.
    let first = holder.press_with("a", "4", &under(lock)).await.unwrap();
    accepted(&first);
    assert!(first.timestamp > second.timestamp);
    assert!(
        first.fence < second.fence,
        "an older lease pressed after a newer one"
    );
}
