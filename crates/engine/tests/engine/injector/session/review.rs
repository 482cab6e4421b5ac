//! What the review suspects.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cxone_dtmf_engine::api::*;
use cxone_dtmf_engine::auth::Token;
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::config::Config;
use cxone_dtmf_engine::endpoint::Configured;
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::event::Event;
use cxone_dtmf_engine::injector::{Injector, NoSubmissions, Parts};
use cxone_dtmf_engine::lock::Registry;
use cxone_dtmf_engine::origin::base_url;
use http::HeaderMap;
use tokio::time::{Instant, sleep};

use super::stage::{Stage, config, options};
use crate::support::*;

#[tokio::test(start_paused = true)]
async fn unmask_with_retry_after_zero() {
    for status in [429, 503] {
        let stage =
            Stage::new(config()).plan(Kind::Unmask, vec![Act::retry_after(status, "0"); 10_000]);
        accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
        stage.world.injector.close(None).await;
        eprintln!(
            "{status}: unmask attempts in 30 s: {}",
            stage.times(Kind::Unmask).len()
        );
        assert!(stage.times(Kind::Unmask).len() <= 40);
    }
}

#[tokio::test(start_paused = true)]
async fn mask_with_retry_after_zero() {
    let stage = Stage::new(config()).plan(Kind::Mask, vec![Act::retry_after(503, "0"); 3]);
    let _ = stage.press_masked(1, "12", &options()).await.unwrap();
    let t = stage.times(Kind::Mask);
    eprintln!("mask attempts at {t:?}");
    assert!(t[2] > t[0] + ms(11), "no back-off at all: {t:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_before_the_last_try_to_unmask() {
    let stage = Stage::new(config()).plan(
        Kind::Unmask,
        [Act::retry_after(503, "60"), Act::status(401)],
    );
    accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
    stage.world.injector.close(None).await;
    eprintln!("{:?} {:?}", stage.times(Kind::Unmask), stage.unmasked());
    assert!(!stage.is_masked());
}

#[tokio::test(start_paused = true)]
async fn not_polled_says_whether_it_is_worth_trying_again() {
    let tokens = Tokens::default();
    let mut error = Error::not_sent(Code::Auth, "wrong secret");
    error.retry_after = Some(ms(7_000));
    tokens.failures.lock().unwrap().push_back(error);
    let world = World::with_tokens(Api::AgentSession, Platform::scripted([]), config(), tokens);
    let follower = world.injector.follow(7, Some("s")).unwrap();
    tokio::spawn(follower.run());
    sleep(ms(50)).await;
    let events = world.events.0.lock().unwrap();
    let Some(Event::SessionNotPolled { error, .. }) = events.first() else {
        panic!("told")
    };
    assert!(
        !error.retryable,
        "a final error is told as worth trying again"
    );
    assert_eq!(error.retry_after, Some(ms(7_000)));
}

struct Panicking(Arc<dyn WireProfile>);
impl WireProfile for Panicking {
    fn prepare(&self, _: Params) -> Result<Prepared, Error> {
        std::panic::resume_unwind(Box::new("planted"))
    }
    fn headers(&self, t: &Token, b: &Bytes) -> Result<HeaderMap, Error> {
        self.0.headers(t, b)
    }
    fn classify(&self, r: &AttemptResult, p: &DeliveryPolicy) -> Classification {
        self.0.classify(r, p)
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_it_begins_ends_it() {
    let events = Arc::new(Events::default());
    let platform = Platform::scripted([]);
    let transport = |digits| {
        Arc::new(ToPlatform {
            platform: Arc::clone(&platform),
            digits,
        })
    };
    let parts = Parts {
        profile: Arc::new(Panicking(Api::TelephonyV2.profile())),
        endpoint: Arc::new(Configured::new(
            base_url("apiUrl", "https://api.example.com").unwrap(),
        )),
        tokens: Arc::new(Tokens::default()),
        transport: transport(true),
        control: transport(false),
        events: events.clone(),
        audit: None,
        registry: Arc::new(Registry::default()),
        submissions: Arc::new(NoSubmissions),
        fleet: None,
        clock: WallClock::system(),
    };
    let injector = Injector::new(parts, Config::default()).unwrap();
    let begun = catch_unwind(AssertUnwindSafe(|| {
        drop(injector.inject(1, Api::TelephonyV2.params("c", "1"), &options()));
    }));
    assert!(begun.is_err());
    let before = Instant::now();
    injector.close(None).await;
    eprintln!(
        "events {}, close took {:?}",
        events.finished().len(),
        before.elapsed()
    );
    assert_eq!(before.elapsed(), Duration::ZERO, "close waits for it");
    assert_eq!(events.finished().len(), 1, "no event");
}

#[tokio::test(start_paused = true)]
async fn sizes() {
    let stage = Stage::new(config());
    let injection = stage
        .world
        .injector
        .inject(1, Api::AgentSession.params("s", "12"), &options());
    eprintln!("Injection {}", std::mem::size_of_val(&injection));
    let run = injection.run();
    eprintln!("run() {}", std::mem::size_of_val(&run));
    let injection = stage
        .world
        .injector
        .inject(2, Api::AgentSession.params("s", "12"), &options());
    let work = injection.run();
    eprintln!("work {}", std::mem::size_of_val(&work));
    eprintln!(
        "Submission {}",
        std::mem::size_of::<cxone_dtmf_engine::submit::Submission>()
    );
    drop((run, work));
}
