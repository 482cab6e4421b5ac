//! The lock of a call across processes, while the server does what it should.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cxone_dtmf_engine::config::{AfterUnknown, Config, InjectionOptions, PlayoutMode};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::fleet::FleetOptions;
use cxone_dtmf_engine::payload::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::fleet::redis::{Redis, Served};
use crate::fleet::stage::{Process, config, no_overlaps, options, patient, patient_config};
use crate::support::{Act, Api, Kind, LONG, Platform, accepted, failed, ms, session, under, until};

fn shared(served: &Served) -> FleetOptions {
    let mut options = options(&served.url);
    options.prefix.clone_from(&served.prefix);
    options
}

/// Answers after a while, so that overlaps are seen.
fn slow() -> Arc<Platform> {
    Platform::choosing(|_| Some(Act::slow(202, ms(3))))
}

fn fleet<const N: usize>(platform: &Arc<Platform>, served: &Served) -> [Process; N] {
    let process = || Process::with(platform, patient_config(), patient(shared(served)));
    std::array::from_fn(|_| process())
}

/// One whose attempts and leases are short.
fn hasty(platform: &Arc<Platform>, served: &Served) -> Process {
    Process::new(platform, shared(served))
}

/// Digits that name an injection.
fn named(process: usize, number: usize) -> String {
    format!("{process}{number:04}")
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_press_one_after_another_each_in_its_order() {
    let (served, platform) = (Served::new(), slow());
    let processes = fleet::<4>(&platform, &served);
    let mut asked = Vec::new();
    for number in 0..60 {
        for (at, process) in processes.iter().enumerate() {
            let call = format!("call-{}", number % 3);
            asked.push((call.clone(), process.press(&call, &named(at, number))));
        }
    }
    let mut fences = HashMap::new();
    for (call, outcome) in asked {
        let outcome = outcome.await.unwrap();
        accepted(&outcome);
        fences
            .entry(call)
            .or_insert_with(Vec::new)
            .push(outcome.fence.unwrap());
    }
    no_overlaps(&platform);
    for call in ["call-0", "call-1", "call-2"] {
        let pressed = platform.pressed(call);
        assert_eq!(pressed.len(), 80);
        for process in 0..4 {
            let of_process: Vec<_> = pressed
                .iter()
                .filter(|digits| digits.starts_with(&process.to_string()))
                .collect();
            assert!(of_process.is_sorted(), "{of_process:?}");
            assert_eq!(of_process.len(), 20);
        }
        let mut different = fences[call].clone();
        different.sort_unstable();
        different.dedup();
        assert!(
            different.len() >= 4,
            "each process had a lease: {different:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_first_comes_first_whichever_its_process() {
    let (served, platform) = (Served::new(), slow());
    let processes = fleet::<5>(&platform, &served);
    let lock = processes[0].lock("a").await;
    let mut waiting = Vec::new();
    for (at, process) in processes.iter().enumerate().skip(1) {
        waiting.push(process.press("a", &named(at, 0)));
        until("it waits", || process.store.counters().read().waits == 1).await;
    }
    accepted(
        &processes[0]
            .press_with("a", "0", &under(lock))
            .await
            .unwrap(),
    );
    processes[0].release(lock).await;
    let mut fences = Vec::new();
    for outcome in waiting {
        let outcome = outcome.await.unwrap();
        accepted(&outcome);
        fences.push(outcome.fence.unwrap());
    }
    let expected = ["0", "10000", "20000", "30000", "40000"];
    assert_eq!(platform.pressed("a"), expected);
    assert!(
        fences.is_sorted_by(|earlier, later| earlier < later),
        "{fences:?}"
    );
    no_overlaps(&platform);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_next_is_woken() {
    let (served, platform) = (Served::new(), slow());
    let began = Instant::now();
    let pressing = fleet::<2>(&platform, &served).map(|process| {
        tokio::spawn(async move {
            for _ in 0..20 {
                accepted(&process.press("a", "1").await.unwrap());
            }
            process.store.counters().read().waits
        })
    });
    let mut waits = 0;
    for pressing in pressing {
        waits += pressing.await.unwrap();
    }
    assert!(waits >= 10, "they take turns: {waits}");
    // Who is not woken asks again after a second and a half at the soonest.
    assert!(began.elapsed() < ms(1_500) * 10, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_asks_once_for_its_line_and_twice_in_all() {
    let (served, platform) = (Served::new(), slow());
    let [process] = fleet(&platform, &served);
    let trips = || process.store.counters().read().round_trips;
    // The scripts are new to the server.
    accepted(&process.press("a", "1").await.unwrap());
    until("it is given back", || trips() == 4).await;
    accepted(&process.press("a", "1").await.unwrap());
    until("asked and given back", || trips() == 6).await;
    let line: Vec<_> = (0..20).map(|_| process.press("a", "2")).collect();
    for outcome in line {
        accepted(&outcome.await.unwrap());
    }
    until("as for one", || trips() == 8).await;
    sleep(ms(20)).await;
    assert_eq!(trips(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_line_lets_others_in() {
    let (served, platform) = (Served::new(), slow());
    let [busy, other] = fleet(&platform, &served);
    let line: Vec<_> = (0..60).map(|_| busy.press("a", "1")).collect();
    until("it has begun", || !platform.pressed("a").is_empty()).await;
    let before = platform.pressed("a").len();
    accepted(&other.press("a", "2").await.unwrap());
    let pressed = platform.pressed("a");
    let at = pressed.iter().position(|digits| digits == "2").unwrap();
    assert!(
        at < before + 30,
        "after {at}, when {before} had been pressed"
    );
    for outcome in line {
        accepted(&outcome.await.unwrap());
    }
    assert_eq!(platform.pressed("a").len(), 61);
    no_overlaps(&platform);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_held_by_hand_holds_in_the_fleet() {
    let (served, platform) = (Served::new(), slow());
    let (holder, other) = (hasty(&platform, &served), hasty(&platform, &served));
    let lock = holder.lock("a").await;
    let waits = InjectionOptions {
        lock_timeout: Some(ms(100)),
        ..InjectionOptions::default()
    };
    let outcome = other.press_with("a", "2", &waits).await.unwrap();
    let error = failed(&outcome, Code::LockTimeout, Delivery::NotSent);
    assert!(
        error
            .message
            .contains("another process of the fleet holds it"),
        "{error}"
    );
    // Longer than a lease: it is renewed.
    sleep(holder.store.options().lease + ms(300)).await;
    let later = other.press("a", "2");
    until("it waits", || other.store.counters().read().waits == 2).await;
    let outcome = holder.press_with("a", "1", &under(lock)).await.unwrap();
    accepted(&outcome);
    holder.release(lock).await;
    let after = later.await.unwrap();
    accepted(&after);
    assert!(after.fence > outcome.fence);
    assert_eq!(platform.pressed("a"), ["1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_wait_gets_a_free_call_and_no_other() {
    let (served, platform) = (Served::new(), slow());
    let [first, second] = fleet(&platform, &served);
    let at_once = InjectionOptions {
        lock_timeout: Some(ms(0)),
        ..InjectionOptions::default()
    };
    accepted(&first.press_with("a", "1", &at_once).await.unwrap());
    let wait = Some(ms(0));
    let acquired = first
        .world
        .injector
        .acquire_lock(first.id(), Some("a"), wait);
    let lock = acquired.run().await.unwrap();
    let outcome = second.press_with("a", "2", &at_once).await.unwrap();
    failed(&outcome, Code::LockTimeout, Delivery::NotSent);
    first.release(lock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_too_short_for_who_comes_next_is_asked_for_anew() {
    let (served, platform) = (Served::new(), slow());
    let quick = hasty(&platform, &served);
    // Another injector of the same process, with more patience.
    let options = patient(shared(&served));
    let patient = Process::in_process_of(&quick, &platform, patient_config(), options);
    let lock = quick.lock("a").await;
    let behind = patient.press("a", "2");
    quick.release(lock).await;
    accepted(&behind.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_while_waiting_leaves_nothing_behind() {
    let redis = Redis::start();
    let platform = slow();
    let process = || Process::new(&platform, options(&redis.url()));
    let (holder, aborted, late, closed, last) =
        (process(), process(), process(), process(), process());
    let lock = holder.lock("a").await;
    let deadline = InjectionOptions {
        deadline: Some(ms(150)),
        ..InjectionOptions::default()
    };
    let params = Api::TelephonyV2.params("a", "1");
    let journey = aborted
        .world
        .injector
        .inject(77, params, &InjectionOptions::default());
    let abort = tokio::spawn(journey.run());
    let late = late.press_with("a", "2", &deadline);
    let close = closed.press("a", "3");
    until("both wait", || {
        [&aborted, &closed]
            .iter()
            .all(|it| it.store.counters().read().waits == 1)
    })
    .await;
    let began = Instant::now();
    aborted.world.injector.abort(77);
    failed(&abort.await.unwrap(), Code::Aborted, Delivery::NotSent);
    closed.world.injector.close(None).await;
    failed(&close.await.unwrap(), Code::Closed, Delivery::NotSent);
    failed(&late.await.unwrap(), Code::Deadline, Delivery::NotSent);
    assert!(began.elapsed() < LONG / 2);
    let last = last.press("a", "4");
    until("one waits", || tickets(&redis) == 1).await;
    holder.release(lock).await;
    accepted(&last.await.unwrap());
    until("nobody waits", || tickets(&redis) == 0).await;
    assert_eq!(platform.pressed("a"), ["4"]);
}

fn tickets(redis: &Redis) -> i64 {
    let keys = redis.ask(&["KEYS", "*:tickets:*"]).list();
    keys.iter()
        .map(|key| redis.ask(&["ZCARD", &key.text()]).number())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_gives_everything_back_before_it_returns() {
    let redis = Redis::start();
    let platform = slow();
    let process = Process::new(&platform, options(&redis.url()));
    process.lock("a").await;
    accepted(&process.press("b", "1").await.unwrap());
    process.world.injector.close(None).await;
    for key in redis.ask(&["KEYS", "*:lock:*"]).list() {
        assert_eq!(redis.ask(&["HEXISTS", &key.text(), "owner"]).number(), 0);
    }
    assert_eq!(redis.ask(&["KEYS", "*:lock:*"]).list().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_sends_away_who_waits_in_other_processes() {
    for after_unknown in [AfterUnknown::RejectQueued, AfterUnknown::Continue] {
        let served = Served::new();
        let platform = Platform::scripted([Act::Lost {
            execute: true,
            after: ms(1_500),
        }]);
        let config = Config {
            after_unknown,
            ..patient_config()
        };
        let process = || Process::with(&platform, config.clone(), patient(shared(&served)));
        let (first, second) = (process(), process());
        let unknown = first.press("a", "1");
        until("it is under way", || !platform.requests().is_empty()).await;
        let behind = [second.press("a", "2"), second.press("a", "3")];
        until("it waits", || second.store.counters().read().waits == 1).await;
        let outcome = unknown.await.unwrap();
        failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
        for outcome in behind {
            let outcome = outcome.await.unwrap();
            if after_unknown == AfterUnknown::Continue {
                accepted(&outcome);
            } else {
                failed(&outcome, Code::AfterUnknown, Delivery::NotSent);
            }
        }
        // Who asks now knows of it.
        accepted(&second.press("a", "4").await.unwrap());
        no_overlaps(&platform);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tones_of_one_process_are_played_before_another_presses() {
    let served = Served::new();
    let platform = Platform::scripted([]);
    let config = Config {
        playout: PlayoutMode::Hold,
        ..patient_config()
    };
    let process = || {
        Process::speaking(
            Api::AgentSession,
            &platform,
            config.clone(),
            patient(shared(&served)),
        )
    };
    let (first, second) = (process(), process());
    let press = |process: &Process, digits| {
        let params = session("s", digits).pack();
        let journey =
            process
                .world
                .injector
                .inject(process.id(), params, &InjectionOptions::default());
        tokio::spawn(journey.run())
    };
    accepted(&press(&first, "12").await.unwrap());
    accepted(&press(&second, "3").await.unwrap());
    let tones = platform.tones();
    assert_eq!(tones.len(), 2);
    assert!(tones[0].until <= tones[1].from);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_was_lost_is_not_pressed_under() {
    let redis = Redis::start();
    let platform = slow();
    let process = Process::new(&platform, options(&redis.url()));
    let lock = process.lock("a").await;
    let key = redis.ask(&["KEYS", "*:lock:*"]).text();
    // As after a pause for longer than the lease: somebody else has it.
    redis.ask(&["HSET", &key, "owner", "somebody:1"]);
    let outcome = process.press_with("a", "1", &under(lock)).await.unwrap();
    accepted(&outcome);
    // The next renewal tells.
    sleep(process.store.options().lease / 2).await;
    let lost = process.press_with("a", "2", &under(lock)).await.unwrap();
    let error = failed(&lost, Code::LockLost, Delivery::NotSent);
    assert!(error.retryable && error.delivery.safe_to_resend());
    assert_eq!(platform.pressed("a"), ["1"]);
    assert_eq!(process.store.counters().read().leases_lost, 1);
    // A new lease is asked for, and given when the other has ended.
    process.release(lock).await;
    let again = timeout(LONG, process.press("a", "3"))
        .await
        .unwrap()
        .unwrap();
    accepted(&again);
    assert!(again.fence > outcome.fence);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_too_late_stays() {
    let served = Served::new();
    let stands_still = AtomicBool::new(true);
    // The connection takes the body only when the time of the attempt is over, as after a stop of the process.
    let platform = Platform::choosing(move |_| {
        if stands_still.swap(false, Ordering::SeqCst) {
            std::thread::sleep(config().timeout + ms(100));
        }
        None
    });
    let process = hasty(&platform, &served);
    let outcome = process.press("a", "1").await.unwrap();
    accepted(&outcome);
    assert_eq!(outcome.attempts, 1, "the first was never handed over");
    assert_eq!(platform.pressed("a"), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_process_that_died_is_free_after_its_lease() {
    let served = Served::new();
    let platform = slow();
    let survivor = hasty(&platform, &served);
    let (died, options) = (Arc::clone(&platform), shared(&served));
    let began = Instant::now();
    // Its runtime ends with everything in it, and nothing is given back.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let process = Process::new(&died, options);
        runtime.block_on(process.lock("a"));
        runtime.shutdown_background();
    })
    .join()
    .unwrap();
    accepted(&survivor.press("a", "1").await.unwrap());
    assert!(began.elapsed() + ms(50) > survivor.store.options().lease);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_lease_a_recording_is_unmasked_under_a_new_one_only() {
    let redis = Redis::start();
    let platform = Platform::scripted([]);
    let process = Process::speaking(
        Api::AgentSession,
        &platform,
        config(),
        options(&redis.url()),
    );
    let mut params = session("s", "123");
    params.contact_id = "c".into();
    params.mask_recording = Value::Flag(true);
    params.unguarded = Value::Flag(true);
    let options = InjectionOptions::default();
    let pressing = (process.world.injector).inject(process.id(), params.pack(), &options);
    let outcome = tokio::spawn(pressing.run()).await.unwrap();
    accepted(&outcome);
    assert!(outcome.unmasking);
    // While the tones are played another process takes the call over.
    let lock = redis.ask(&["KEYS", "*:lock:*"]).text();
    let far = (std::time::SystemTime::now() + LONG * 10)
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis()
        .to_string();
    redis.ask(&["HSET", &lock, "owner", "other:1", "ends", &far]);
    let unmasked = || {
        let requests = platform.requests();
        requests.iter().filter(|it| it.kind == Kind::Unmask).count()
    };
    until("it asks for the call again", || {
        process.store.counters().read().waits == 1
    })
    .await;
    assert_eq!(unmasked(), 0);
    redis.ask(&["HDEL", &lock, "owner", "ends"]);
    until("it is unmasked", || unmasked() == 1).await;
}
