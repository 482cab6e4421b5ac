//! Injectors that discover their API: what is asked for meanwhile keeps its order, and shares the queues of the API with
//! those that were told the address. On the paused clock.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::auth::Token;
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::endpoint::{Configured, Endpoint};
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::injector::{Injector, Parts};
use cxone_dtmf_engine::lock::Registry;
use cxone_dtmf_engine::outcome::Outcome;
use proptest::prelude::*;
use serde_json::json;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::support::{
    Act, Api, Events, Kind, Platform, ToPlatform, Tokens, accepted, cases, failed, ms, session,
    under,
};

const API: &str = "https://api.example.com";

/// Tells the address after a while, or fails as planned before.
struct Discovering {
    failures: Mutex<VecDeque<Error>>,
    asked: Mutex<u32>,
}

/// What an answer takes.
const ANSWER: u64 = 200;

impl Discovering {
    fn failing(failures: impl Into<VecDeque<Error>>) -> Arc<Self> {
        Arc::new(Self {
            failures: Mutex::new(failures.into()),
            asked: Mutex::default(),
        })
    }
}

impl Endpoint for Discovering {
    fn origin(&self) -> Arc<str> {
        "https://auth.example.com".into()
    }

    fn api_origin(&self) -> Option<Arc<str>> {
        None
    }

    fn base<'a>(&'a self, _: &'a Token) -> BoxFuture<'a, Result<Url, Error>> {
        Box::pin(async move {
            *self.asked.lock().unwrap() += 1;
            sleep(ms(ANSWER)).await;
            match self.failures.lock().unwrap().pop_front() {
                Some(error) => Err(error),
                None => Ok(API.parse().unwrap()),
            }
        })
    }
}

/// A process with a platform, and injectors that share its registry.
#[derive(Default)]
struct Process {
    platform: Arc<Platform>,
    registry: Arc<Registry>,
}

impl Process {
    fn injector(&self, endpoint: Arc<dyn Endpoint>, config: Config) -> Injector {
        let transport = |digits| {
            let platform = Arc::clone(&self.platform);
            Arc::new(ToPlatform { platform, digits })
        };
        let parts = Parts {
            profile: Api::AgentSession.profile(),
            endpoint,
            tokens: Arc::new(Tokens::default()),
            transport: transport(true),
            control: transport(false),
            events: Arc::new(Events::default()),
            audit: None,
            registry: Arc::clone(&self.registry),
            submissions: None,
            fleet: None,
            clock: WallClock::system(),
        };
        Injector::new(parts, config).unwrap()
    }

    fn discovering(&self, config: Config) -> Injector {
        self.injector(Discovering::failing([]), config)
    }

    fn configured(&self) -> Injector {
        let endpoint = Arc::new(Configured::new(API.parse().unwrap()));
        self.injector(endpoint, usual())
    }

    fn overlaps(&self) -> u32 {
        self.platform.state.lock().unwrap().overlaps
    }
}

fn usual() -> Config {
    Api::AgentSession.config()
}

/// Asks for an injection now; it runs as a task.
fn press(
    injector: &Injector,
    id: u64,
    call: &str,
    options: &InjectionOptions,
) -> JoinHandle<Arc<Outcome>> {
    let digits = format!("{id}");
    let injection = injector.inject(id, Api::AgentSession.params(call, &digits), options);
    tokio::spawn(injection.run())
}

fn plain() -> InjectionOptions {
    InjectionOptions::default()
}

/// Lets every task have a turn that is due: tokio's own `yield_now` would let those have theirs too that they wake.
async fn next_turn() {
    let mut had = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut had, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn final_failure() -> Error {
    Error::not_sent(Code::Auth, "no such tenant")
}

#[tokio::test(start_paused = true)]
async fn both_ways_to_find_an_api_lead_to_the_same_queues() {
    let process = Process {
        platform: Platform::choosing(|_| Some(Act::slow(202, ms(1_000)))),
        ..Process::default()
    };
    let (discovering, configured) = (process.discovering(usual()), process.configured());
    let runs = [
        press(&discovering, 1, "s1", &plain()),
        press(&discovering, 2, "s1", &plain()),
        press(&configured, 3, "s1", &plain()),
        press(&configured, 4, "s1", &plain()),
        press(&discovering, 5, "s1", &plain()),
    ];
    sleep(ms(ANSWER + 50)).await;
    let later = [
        press(&configured, 6, "s1", &plain()),
        press(&discovering, 7, "s1", &plain()),
    ];
    for run in runs.into_iter().chain(later) {
        accepted(&run.await.unwrap());
    }
    assert_eq!(process.overlaps(), 0);
    // Those that wait for the discovery join when it is there, in their order.
    assert_eq!(
        process.platform.pressed("s1"),
        ["3", "4", "1", "2", "5", "6", "7"]
    );
    assert!(process.registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_the_first_ones_join_does_not_overtake_them() {
    let process = Process::default();
    let config = Config {
        max_waiting_per_call: 200,
        ..usual()
    };
    let discovering = process.discovering(config);
    let mut runs: Vec<_> = (0..20)
        .map(|n| press(&discovering, n, "s1", &plain()))
        .collect();
    // From the answer to the last that joins, others come: one at each turn of the runtime.
    let newcomers = tokio::spawn(async move {
        sleep(ms(ANSWER)).await;
        let mut runs = Vec::new();
        for n in 20..80 {
            runs.push(press(&discovering, n, "s1", &plain()));
            next_turn().await;
        }
        runs
    });
    runs.extend(newcomers.await.unwrap());
    for run in runs {
        accepted(&run.await.unwrap());
    }
    let expected: Vec<_> = (0..80).map(|n| n.to_string()).collect();
    assert_eq!(process.platform.pressed("s1"), expected);
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_free_do_not_wait_for_each_other() {
    let process = Process::default();
    let discovering = process.discovering(usual());
    let began = Instant::now();
    let runs: Vec<_> = (0..50)
        .map(|n| press(&discovering, n, &format!("s{n}"), &plain()))
        .collect();
    for run in runs {
        accepted(&run.await.unwrap());
    }
    assert!(began.elapsed() < ms(3 * ANSWER), "one answer serves all");
}

#[tokio::test(start_paused = true)]
async fn when_it_fails_all_end_unsent_and_the_next_one_asks_anew() {
    let process = Process::default();
    let endpoint = Discovering::failing(vec![final_failure(); 3]);
    let injector = process.injector(endpoint, usual());
    let runs: Vec<_> = (0..3)
        .map(|n| press(&injector, n, "s1", &plain()))
        .collect();
    for run in runs {
        failed(&run.await.unwrap(), Code::Auth, Delivery::NotSent);
    }
    assert!(process.registry.is_empty() && process.platform.requests().is_empty());
    accepted(&press(&injector, 9, "s1", &plain()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_is_tried_again_as_often_as_the_injection_may_be() {
    let process = Process::default();
    let endpoint = Discovering::failing(vec![final_failure().retryable(None); 2]);
    let asked = Arc::clone(&endpoint);
    let injector = process.injector(endpoint, usual());
    let thrice = InjectionOptions {
        max_attempts: 3,
        ..plain()
    };
    accepted(&press(&injector, 1, "s1", &thrice).await.unwrap());
    // Three for the discovery, one for the request.
    assert_eq!(*asked.asked.lock().unwrap(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_wait_has_its_bounds() {
    let process = Process::default();
    let config = Config {
        max_waiting: 2,
        ..usual()
    };
    let injector = process.discovering(config);
    let options = |deadline, lock_timeout| InjectionOptions {
        deadline: Some(ms(deadline)),
        lock_timeout: Some(ms(lock_timeout)),
        ..plain()
    };
    let soon = press(&injector, 1, "s1", &options(50, 50));
    // A call that is free needs no time for its lock, however long the discovery takes.
    let free = press(&injector, 2, "s2", &options(9_000, 0));
    let aborted = press(&injector, 3, "s3", &plain());
    let too_many = press(&injector, 4, "s4", &plain());
    failed(&too_many.await.unwrap(), Code::QueueFull, Delivery::NotSent);
    injector.abort(3);
    failed(&aborted.await.unwrap(), Code::Aborted, Delivery::NotSent);
    failed(&soon.await.unwrap(), Code::Deadline, Delivery::NotSent);
    accepted(&free.await.unwrap());
    assert_eq!(injector.snapshot().waiting, 0);
    assert!(process.registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn closing_rejects_what_waits_for_it() {
    let process = Process::default();
    let injector = process.discovering(usual());
    let runs = [1, 2].map(|n| press(&injector, n, "s1", &plain()));
    yield_now().await;
    injector.close(None).await;
    for run in runs {
        failed(&run.await.unwrap(), Code::Closed, Delivery::NotSent);
    }
    assert!(process.registry.is_empty() && process.platform.requests().is_empty());
}

/// Digits for the contact `a` of the session `s1`.
fn press_to_a(injector: &Injector, id: u64) -> JoinHandle<Arc<Outcome>> {
    let digits = id.to_string();
    let mut params = session("s1", &digits);
    params.contact_id = "a".into();
    tokio::spawn(injector.inject(id, params.pack(), &plain()).run())
}

/// A poll that is answered with an event of the contact `a`, and another id of the session.
fn tells(status: &str, renewed: &str) -> Act {
    let event = json!({"Type": "CallContactEvent", "ContactID": "a", "Status": status});
    let body = json!({"events": [event], "sessionId": renewed}).to_string();
    Act::events(body.leak(), ms(300))
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_followed_before_the_api_is_known_guards_its_contacts_from_then_on() {
    let process = Process::default();
    let polls = [tells("Active", "s2"), tells("Holding", "s3")];
    process.platform.plan(Kind::NextEvent, polls);
    let (discovering, configured) = (process.discovering(usual()), process.configured());
    let follower = discovering.follow(99, Some("s1"), false).unwrap();
    let began = Instant::now();
    let early = press_to_a(&discovering, 1);
    tokio::spawn(follower.run());
    sleep(ms(ANSWER + 50)).await;
    // Who was told the address waits for the same events by then.
    let other = press_to_a(&configured, 2);
    for run in [early, other] {
        accepted(&run.await.unwrap());
        assert!(began.elapsed() >= ms(ANSWER + 300));
    }
    let requests = process.platform.requests();
    let mut pressed = requests.iter().filter(|seen| seen.kind == Kind::Press);
    assert!(pressed.all(|seen| seen.path.ends_with("/agent-sessions/s2/send-dtmf")));
    sleep(ms(5_000)).await;
    for injector in [&discovering, &configured] {
        let held = press_to_a(injector, 3).await.unwrap();
        failed(&held, Code::NotInFocus, Delivery::NotSent);
    }
    assert!(process.registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_manual_lock_keeps_its_place_in_the_order() {
    let process = Process::default();
    let injector = process.discovering(usual());
    let first = press(&injector, 1, "s1", &plain());
    let acquisition = injector.acquire_lock(2, Some("s1"), None);
    let behind = press(&injector, 3, "s1", &plain());
    let lock = acquisition.run().await.unwrap();
    let within = press(&injector, 4, "s1", &under(lock));
    accepted(&first.await.unwrap());
    accepted(&within.await.unwrap());
    injector.release_lock(lock).await;
    accepted(&behind.await.unwrap());
    assert_eq!(process.platform.pressed("s1"), ["1", "4", "3"]);
}

proptest! {
    #![proptest_config(cases(64))]

    /// Whatever is asked for when: no two requests of a call overlap, and each injector's order is kept.
    #[test]
    fn the_order_of_each_injector_is_kept(
        steps in prop::collection::vec((any::<bool>(), 0..3_usize, 0..120_u64), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let process = Process {
                platform: Platform::choosing(|_| Some(Act::slow(202, ms(30)))),
                ..Process::default()
            };
            let injectors = [process.discovering(usual()), process.configured()];
            let mut asked: [Vec<(String, String)>; 2] = Default::default();
            let mut runs = Vec::new();
            for (number, (is_configured, call, pause)) in (0_u64..).zip(steps) {
                let which = usize::from(is_configured);
                let call = format!("s{call}");
                runs.push(press(&injectors[which], number, &call, &plain()));
                asked[which].push((call, number.to_string()));
                // Most of them without a breath between.
                sleep(ms(pause.saturating_sub(80))).await;
            }
            for run in runs {
                accepted(&run.await.unwrap());
            }
            assert_eq!(process.overlaps(), 0);
            for call in ["s0", "s1", "s2"] {
                let pressed = process.platform.pressed(call);
                for of_injector in &asked {
                    let of_call = of_injector.iter().filter(|(at, _)| at == call);
                    let in_order: Vec<_> = of_call.map(|(_, digits)| digits).collect();
                    let seen: Vec<_> = pressed.iter().filter(|digits| in_order.contains(digits)).collect();
                    assert_eq!(seen, in_order);
                }
            }
        });
    }
}
