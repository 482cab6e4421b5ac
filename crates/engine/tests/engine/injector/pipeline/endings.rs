//! What ends at the same moment as something else: locks, injectors, dropped work. Found by the simulation.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use bytes::Bytes;
use cxone_dtmf_engine::api::{
    AttemptResult, Classification, DeliveryPolicy, Params, Prepared, WireProfile,
};
use cxone_dtmf_engine::auth::Token;
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::endpoint::Configured;
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::injector::Submissions as _;
use cxone_dtmf_engine::injector::{Injector, Parts};
use cxone_dtmf_engine::lock::{LockId, Registry};
use cxone_dtmf_engine::origin::base_url;
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::submit::{Submission, SubmitQueue};
use http::HeaderMap;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tracing::Dispatch;

use crate::support::{
    Act, Api, Events, Platform, SlowRecord, ToPlatform, Tokens, World, failed, ms,
};

for_each_api! {
    a_lock_that_expires_while_it_is_released_waits_for_what_is_under_it,
    an_abandoned_lock_is_not_passed_on_before_what_is_under_it_has_ended,
    what_is_dropped_while_its_record_is_written_keeps_its_end,
    a_panic_while_it_is_validated_ends_it,
    a_panic_before_it_is_validated_ends_it,
}

/// One injection under a lock, which the platform takes a second for, and another behind the lock.
struct UnderAndBehind {
    holding: World,
    other: World,
    lock: LockId,
    under: JoinHandle<Arc<Outcome>>,
    behind: JoinHandle<Arc<Outcome>>,
}

async fn under_and_behind(api: Api, act: Act) -> UnderAndBehind {
    let platform = Platform::scripted([act]);
    let registry = Arc::new(Registry::default());
    let world = || {
        let config = Config {
            lock_hold: ms(500),
            ..api.config()
        };
        let registry = Arc::clone(&registry);
        World::sharing(
            api,
            Arc::clone(&platform),
            config,
            Tokens::default(),
            registry,
        )
    };
    let (holding, other) = (world(), world());
    let acquisition = holding.injector.acquire_lock(100, Some("call"), None);
    let lock = acquisition.run().await.unwrap();
    let options = InjectionOptions {
        lock: Some(lock),
        ..InjectionOptions::default()
    };
    let under = holding
        .injector
        .inject(1, api.params("call", "1"), &options);
    let options = InjectionOptions::default();
    let behind = other.injector.inject(2, api.params("call", "2"), &options);
    let world = UnderAndBehind {
        lock,
        under: tokio::spawn(under.run()),
        behind: tokio::spawn(behind.run()),
        holding,
        other,
    };
    sleep(ms(10)).await;
    world
}

async fn a_lock_that_expires_while_it_is_released_waits_for_what_is_under_it(api: Api) {
    let world = under_and_behind(api, Act::slow(202, ms(1_000))).await;
    let began = Instant::now();
    world.holding.injector.release_lock(world.lock).await;
    assert!(
        began.elapsed() > ms(900),
        "released while a request was under way"
    );
    assert_eq!(world.under.await.unwrap().delivery(), Delivery::Accepted);
    assert_eq!(world.behind.await.unwrap().delivery(), Delivery::Accepted);
    assert_eq!(
        world.other.platform.pressed("call"),
        ["1", "2"],
        "in the order of the line"
    );
    assert_eq!(world.other.platform.state.lock().unwrap().overlaps, 0);
}

async fn an_abandoned_lock_is_not_passed_on_before_what_is_under_it_has_ended(api: Api) {
    let world = under_and_behind(api, Act::Silence { execute: true }).await;
    world.holding.injector.abandon();
    assert_eq!(world.under.await.unwrap().delivery(), Delivery::Unknown);
    let behind = world.behind.await.unwrap();
    let error = behind.result.as_ref().unwrap_err();
    assert_eq!(error.code, Code::AfterUnknown, "it was queued behind it");
    assert_eq!(world.other.platform.pressed("call"), ["1"]);
    assert!(world.other.registry.is_empty());
}

async fn what_is_dropped_while_its_record_is_written_keeps_its_end(api: Api) {
    let World {
        injector,
        events,
        registry,
        ..
    } = World::recorded(
        api,
        Platform::scripted([]),
        api.config(),
        Tokens::default(),
        Arc::default(),
        Some(Arc::new(SlowRecord(ms(1_000)))),
    );
    let journey = injector.inject(1, api.params("call", "1"), &InjectionOptions::default());
    let task = tokio::spawn(journey.run());
    sleep(ms(500)).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let finished = events.finished();
    assert_eq!(finished.len(), 1);
    assert_eq!(finished[0].delivery(), Delivery::Accepted);
    assert!(registry.is_empty());
}

async fn a_panic_before_it_is_validated_ends_it(api: Api) {
    let World {
        injector, events, ..
    } = api.world(Platform::scripted([]), api.config());
    let queue = Arc::new(SubmitQueue::default());
    queue.submit(Submission {
        injector: injector.clone(),
        id: 1,
        asked: Instant::now(),
        params: api.params("call", "1"),
        options: None,
        lock: None,
        read: |_, _| resume_unwind(Box::new("planted")),
        aborted: false,
        log: Dispatch::none(),
        runtime: Handle::current(),
    });
    queue.drain();
    let finished = events.finished();
    assert_eq!(finished.len(), 1);
    failed(&finished[0], Code::Closed, Delivery::NotSent);
    let before = Instant::now();
    injector.close(None).await;
    assert_eq!(before.elapsed(), ms(0), "nothing is under way");
}

/// Panics where parameters are validated.
struct Panicking(Arc<dyn WireProfile>);

impl WireProfile for Panicking {
    fn params(&self) -> &'static [&'static str] {
        self.0.params()
    }

    fn prepare(&self, _: Arc<str>, _: &Params, _: bool) -> Result<Prepared, Error> {
        resume_unwind(Box::new("planted"))
    }

    fn headers(&self, token: &Token, body: &Bytes) -> Result<HeaderMap, Error> {
        self.0.headers(token, body)
    }

    fn classify(&self, result: &AttemptResult, policy: &DeliveryPolicy) -> Classification {
        self.0.classify(result, policy)
    }
}

async fn a_panic_while_it_is_validated_ends_it(api: Api) {
    let events = Arc::new(Events::default());
    let transport = Arc::new(ToPlatform {
        platform: Platform::scripted([]),
        digits: true,
    });
    let base = base_url("apiUrl", "https://api.example.com").unwrap();
    let parts = Parts {
        profile: Arc::new(Panicking(api.profile())),
        endpoint: Arc::new(Configured::new(base)),
        tokens: Arc::new(Tokens::default()),
        transport: transport.clone(),
        control: transport,
        events: events.clone(),
        audit: None,
        registry: Arc::new(Registry::default()),
        submissions: None,
        fleet: None,
        clock: WallClock::system(),
    };
    let injector = Injector::new(parts, api.config()).unwrap();
    let begun = catch_unwind(AssertUnwindSafe(|| {
        drop(injector.inject(1, api.params("call", "1"), &InjectionOptions::default()));
    }));
    assert!(begun.is_err());
    let before = Instant::now();
    injector.close(None).await;
    assert_eq!(before.elapsed(), ms(0), "nothing is under way");
    assert_eq!(events.finished().len(), 1);
}
