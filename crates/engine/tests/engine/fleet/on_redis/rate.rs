//! The rate limit of a fleet: the formula as the server runs it, and processes that share it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxone_dtmf_engine::fleet::{
    FleetOptions, FleetRateLimiter, GCRA_LUA, SharedReservation, SharedSchedule, SharedSlot, Store,
};
use cxone_dtmf_engine::rate_limit::{Gcra, RateLimit, RateLimiter as _, Schedule};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::fleet::redis::resp::{Client, Reply};
use crate::fleet::redis::{Cluster, Redis, Served};
use crate::fleet::stage::patient;
use crate::support::{LONG, cases, ms, until};

/// A step of a history, which both the Rust and the Lua walk.
#[derive(Clone, Debug)]
enum Step {
    Reserve {
        longest: u64,
    },
    /// The slot that was reserved so many steps ago.
    Cancel {
        ago: usize,
    },
    HoldBack {
        wait: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![
        6 => (0_u64..30_000_000).prop_map(|longest| Step::Reserve { longest }),
        2 => (0_usize..3).prop_map(|ago| Step::Cancel { ago }),
        1 => (0_u64..5_000_000).prop_map(|wait| Step::HoldBack { wait }),
    ];
    // Times between steps of a microsecond up to two seconds.
    let pause = prop_oneof![0_u64..10, 0_u64..2_000_000];
    prop::collection::vec((pause, step), 1..60)
}

/// Walks a history with the Lua of the scripts, at the times of the history instead of the server's own.
const WALK: &str = "
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local schedule, told, afters = 0, {}, {}
for at = 3, #ARGV, 3 do
  local now, what, number = tonumber(ARGV[at]), ARGV[at + 1], tonumber(ARGV[at + 2])
  if what == 'reserve' then
    local after, wait, reserved = reserve(schedule, now, interval, tolerance, number)
    schedule = after
    if reserved then table.insert(afters, after) end
    table.insert(told, (reserved and 'in ' or 'not in ') .. string.format('%.0f', wait))
  elseif what == 'cancel' then
    local after = afters[#afters - number]
    if after then schedule = cancel(schedule, after, interval) end
  else
    schedule = hold_back(schedule, now + number, tolerance)
  end
end
return told";

fn told_by_lua(client: &mut Client, gcra: Gcra, steps: &[(u64, Step)], origin: u64) -> Vec<String> {
    let mut command = vec![
        "EVAL".to_owned(),
        format!("{GCRA_LUA}{WALK}"),
        "0".to_owned(),
    ];
    command.extend([gcra.interval().to_string(), gcra.tolerance().to_string()]);
    let mut now = origin;
    for (pause, step) in steps {
        now += pause;
        let (what, number) = match step {
            Step::Reserve { longest } => ("reserve", *longest),
            Step::Cancel { ago } => ("cancel", u64::try_from(*ago).unwrap()),
            Step::HoldBack { wait } => ("hold back", *wait),
        };
        command.extend([now.to_string(), what.to_owned(), number.to_string()]);
    }
    let words: Vec<_> = command.iter().map(String::as_str).collect();
    client
        .ask(&words)
        .unwrap()
        .list()
        .iter()
        .map(Reply::text)
        .collect()
}

fn told_by_rust(gcra: Gcra, steps: &[(u64, Step)], origin: u64) -> Vec<String> {
    let (mut schedule, mut told, mut slots) = (Schedule::default(), Vec::new(), Vec::new());
    let mut now = origin;
    for (pause, step) in steps {
        now += pause;
        match step {
            Step::Reserve { longest } => match gcra.reserve(&mut schedule, now, *longest) {
                Ok(slot) => {
                    told.push(format!("in {}", slot.wait));
                    slots.push(slot);
                }
                Err(too_far) => told.push(format!("not in {}", too_far.wait)),
            },
            Step::Cancel { ago } => {
                if let Some(at) = slots.len().checked_sub(ago + 1) {
                    gcra.cancel(&mut schedule, slots[at]);
                }
            }
            Step::HoldBack { wait } => gcra.hold_back(&mut schedule, now + wait),
        }
    }
    told
}

#[test]
fn the_formula_of_the_server_is_that_of_the_process() {
    let redis = Redis::start();
    let client = RefCell::new(redis.connect());
    // The time of day in microseconds, as the server has it, and zero.
    let origins = prop_oneof![Just(0), 1_700_000_000_000_000..2_000_000_000_000_000_u64];
    let histories = (1_u32..6_000, 1_u32..20, origins, steps());
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..cases(512)
    });
    runner
        .run(&histories, |(per_minute, burst, origin, steps)| {
            let gcra = Gcra::new(per_minute, burst);
            let lua = told_by_lua(&mut client.borrow_mut(), gcra, &steps, origin);
            prop_assert_eq!(lua, told_by_rust(gcra, &steps, origin));
            Ok(())
        })
        .unwrap();
}

fn store(served: &Served) -> Arc<Store> {
    let mut options = patient(FleetOptions::at(&served.url).unwrap());
    options.prefix.clone_from(&served.prefix);
    Store::new(options).unwrap()
}

async fn reserve(schedule: &SharedSchedule, store: &Store, longest: Duration) -> SharedReservation {
    let only = std::slice::from_ref(schedule);
    SharedSlot::reserve(store, only, longest, 1).await.unwrap()
}

async fn reserved(
    schedule: &SharedSchedule,
    store: &Store,
    longest: Duration,
) -> (Duration, SharedSlot) {
    match reserve(schedule, store, longest).await {
        SharedReservation::Slot { wait, slot, .. } => (wait, slot),
        SharedReservation::TooFar { wait } => panic!("not before {wait:?}"),
    }
}

const FAR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn processes_reserve_in_one_schedule_and_give_back_the_last_slot_only() {
    let served = Served::new();
    let (one, other) = (store(&served), store(&served));
    // A slot in ten seconds: how fast the machine is does not matter.
    let schedule = SharedSchedule::new(one.keys(), "scope", "call-1", Gcra::new(6, 1));
    let (wait, _) = reserved(&schedule, &one, FAR).await;
    assert_eq!(wait, Duration::ZERO);
    let (second, second_slot) = reserved(&schedule, &other, FAR).await;
    let (third, third_slot) = reserved(&schedule, &one, FAR).await;
    let after_third = third_slot.after();
    assert!(second > ms(5_000) && second <= ms(10_000), "{second:?}");
    assert_eq!(after_third - second_slot.after(), 10_000_000);
    assert!(third > second + ms(5_000));
    assert!(matches!(
        reserve(&schedule, &other, ms(5_000)).await,
        SharedReservation::TooFar { wait } if wait > ms(20_000)
    ));
    second_slot.cancel(&one).await.unwrap();
    let (_, fourth) = reserved(&schedule, &other, FAR).await;
    assert_eq!(fourth.after(), after_third + 10_000_000);
    fourth.cancel(&other).await.unwrap();
    let (_, again) = reserved(&schedule, &one, FAR).await;
    assert_eq!(again.after(), after_third + 10_000_000);
    let another = SharedSchedule::new(one.keys(), "scope", "call-2", Gcra::new(6, 1));
    assert_eq!(reserved(&another, &one, FAR).await.0, Duration::ZERO);
}

#[tokio::test]
async fn two_limits_cost_one_round_trip_while_both_are_free() {
    let served = Served::new();
    let store = store(&served);
    let both = RateLimit {
        per_minute: Some(60_000),
        per_call_per_minute: Some(60_000),
        burst: 10,
    };
    let limiter = limiter(&store, both);
    goes(&limiter).await;
    let before = store.counters().read().round_trips;
    goes(&limiter).await;
    assert_eq!(store.counters().read().round_trips, before + 1);
}

#[tokio::test]
async fn a_burst_takes_its_slots_together() {
    let served = Served::new();
    let store = store(&served);
    let limiter = Arc::new(limiter(
        &store,
        RateLimit {
            per_minute: Some(60_000),
            burst: 100,
            ..SLOW
        },
    ));
    goes(&limiter).await;
    let before = store.counters().read().round_trips;
    let mut tasks = JoinSet::new();
    for place in 1..=99 {
        let limiter = Arc::clone(&limiter);
        tasks.spawn(async move {
            let call: Arc<str> = format!("call-{place}").into();
            let far = Instant::now() + FAR;
            limiter.acquire(place, &call, far).await.unwrap();
        });
    }
    tasks.join_all().await;
    let taken = store.counters().read().round_trips - before;
    assert!(taken < 10, "{taken}");
}

#[tokio::test]
async fn while_a_call_waits_for_its_own_limit_it_takes_no_slot_of_the_others() {
    let served = Served::new();
    let store = store(&served);
    let of_call = SharedSchedule::new(store.keys(), "scope", "call-1", Gcra::new(6, 1));
    let common = SharedSchedule::new(store.keys(), "scope", "", Gcra::new(60, 1));
    let both = [of_call, common.clone()];
    for (expected, free) in [(2, true), (1, false)] {
        let reserved = SharedSlot::reserve(&store, &both, FAR, 1).await.unwrap();
        let SharedReservation::Slot { wait, slot, .. } = reserved else {
            panic!("no slot");
        };
        assert_eq!((slot.count(), wait.is_zero()), (expected, free));
    }
    // Where the common one is too far away, none of the call is taken.
    reserved(&common, &store, FAR).await;
    let other = SharedSchedule::new(store.keys(), "scope", "call-2", Gcra::new(6, 1));
    let both = [other.clone(), common];
    let refused = SharedSlot::reserve(&store, &both, Duration::ZERO, 1)
        .await
        .unwrap();
    assert!(matches!(refused, SharedReservation::TooFar { .. }));
    assert_eq!(
        reserved(&other, &store, Duration::ZERO).await.0,
        Duration::ZERO
    );
}

#[tokio::test]
async fn a_schedule_that_is_over_leaves_nothing_behind() {
    let redis = Redis::start();
    let store = Store::new(patient(FleetOptions::at(&redis.url()).unwrap())).unwrap();
    let schedule = SharedSchedule::new(store.keys(), "scope", "call-1", Gcra::new(6_000, 1));
    reserved(&schedule, &store, FAR).await;
    let keys = || redis.ask(&["KEYS", "*:rate:*"]).text();
    assert!(!keys().contains("call"));
    until("the schedule has ended", || keys().is_empty()).await;
    let (_, slot) = reserved(&schedule, &store, FAR).await;
    slot.cancel(&store).await.unwrap();
    assert_eq!(keys(), "", "given back before it began");
    let unlimited = SharedSchedule::new(store.keys(), "scope", "", Gcra::UNLIMITED);
    reserved(&unlimited, &store, FAR).await;
    assert_eq!(keys(), "", "what has no rate has no schedule");
}

const SLOW: RateLimit = RateLimit {
    per_minute: Some(6),
    per_call_per_minute: None,
    burst: 1,
};

fn limiter(store: &Arc<Store>, limit: RateLimit) -> FleetRateLimiter {
    FleetRateLimiter::new(Arc::clone(store), "scope".into(), limit)
}

async fn refused(limiter: &FleetRateLimiter, patience: Duration) -> Duration {
    let call = "call-1".into();
    let waited = limiter.acquire(0, &call, Instant::now() + patience);
    waited.await.expect_err("a wait that is too long").0
}

async fn goes(limiter: &FleetRateLimiter) {
    let waited = limiter
        .acquire(0, &"call-1".into(), Instant::now() + FAR)
        .await;
    waited.unwrap();
}

#[tokio::test]
async fn the_patience_that_one_process_is_asked_for_holds_all_back() {
    let per_call_only = RateLimit {
        per_minute: None,
        per_call_per_minute: Some(6_000),
        burst: 3,
    };
    for limit in [SLOW, per_call_only] {
        let served = Served::new();
        let (one, other) = (
            limiter(&store(&served), limit),
            limiter(&store(&served), limit),
        );
        one.hold_back(Duration::from_secs(100));
        assert!(refused(&one, ms(50)).await > ms(90_000));
        let end = Instant::now() + FAR;
        // The other hears of it as soon as the server does.
        while Instant::now() < end {
            let waited = other
                .acquire(0, &"call-2".into(), Instant::now() + ms(50))
                .await;
            if waited.is_err_and(|too_long| too_long.0 > ms(80_000)) {
                break;
            }
        }
    }
}

/// Two limiters, as two processes have them, of which each asks in any order.
#[tokio::test]
async fn within_a_process_the_order_is_that_of_the_places_and_processes_take_turns() {
    let served = Served::new();
    let rate = RateLimit {
        per_minute: Some(1_200),
        ..SLOW
    };
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for process in 0..2 {
        let limiter = Arc::new(limiter(&store(&served), rate));
        for place in [3, 0, 1, 2, 8, 9, 4, 5, 6, 7] {
            let (limiter, order) = (Arc::clone(&limiter), Arc::clone(&order));
            tasks.spawn(async move {
                let call: Arc<str> = format!("call-{process}-{place}").into();
                let far = Instant::now() + FAR;
                limiter.acquire(place, &call, far).await.unwrap();
                order.lock().unwrap().push((process, place));
            });
        }
    }
    tasks.join_all().await;
    let order = order.lock().unwrap();
    for process in 0..2 {
        let of_one = order.iter().filter(|(of, _)| *of == process);
        assert!(of_one.map(|it| it.1).eq(0..10), "{order:?}");
    }
    // None of them books all of its slots ahead of the other.
    let first_half = order.iter().take(10).filter(|(of, _)| *of == 0).count();
    assert!((3..=7).contains(&first_half), "{order:?}");
}

#[tokio::test]
async fn who_gives_up_gives_the_slot_back() {
    let redis = Redis::start();
    let store = Store::new(patient(FleetOptions::at(&redis.url()).unwrap())).unwrap();
    let limiter = limiter(&store, SLOW);
    goes(&limiter).await;
    let key = redis.ask(&["KEYS", "*:rate:*"]).text();
    let schedule = || redis.ask(&["GET", &key]).text();
    let before = schedule();
    let waiting = tokio::spawn(async move { goes(&limiter).await });
    until("a slot is reserved", || schedule() != before).await;
    waiting.abort();
    until("it is given back", || schedule() == before).await;
}

#[tokio::test]
async fn without_the_server_each_process_keeps_to_its_share() {
    let mut redis = Redis::start();
    let mut options = FleetOptions::at(&redis.url()).unwrap();
    options.processes = 4;
    let store = Store::new(options).unwrap();
    let limiter = limiter(&store, SLOW);
    goes(&limiter).await;
    redis.kill();
    goes(&limiter).await;
    // 6 a minute are one in 10 s, and a quarter of it one in 40 s.
    let wait = refused(&limiter, ms(100)).await;
    assert!(wait > ms(20_000) && wait <= ms(40_000), "{wait:?}");
    assert_eq!(store.counters().read().own_slots, 2);
    redis.restart();
    let end = Instant::now() + LONG;
    loop {
        let before = store.counters().read().own_slots;
        // It has forgotten the schedule, so there may be a slot.
        let _ = limiter.acquire(0, &"call-1".into(), Instant::now()).await;
        if store.counters().read().own_slots == before {
            break;
        }
        assert!(Instant::now() < end, "the server is not asked again");
    }
}

#[tokio::test]
async fn limits_are_kept_in_a_cluster() {
    let cluster = Cluster::start();
    let store = Store::new(patient(FleetOptions::cluster(&cluster.urls()).unwrap())).unwrap();
    let limiter = limiter(
        &store,
        RateLimit {
            per_call_per_minute: Some(6),
            ..SLOW
        },
    );
    goes(&limiter).await;
    assert!(refused(&limiter, ms(100)).await > ms(5_000));
    assert_eq!(store.counters().read().own_slots, 0);
    for call in 0..20 {
        let schedule = SharedSchedule::new(
            store.keys(),
            "scope",
            &format!("call-{call}"),
            Gcra::new(6, 1),
        );
        schedule.hold_back(&store, ms(10)).await.unwrap();
    }
}
