//! A session is one thing in the whole fleet, whichever of its ids a process knows; and what is blocked is blocked for all.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxone_dtmf_engine::config::{AfterUnknown, Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::payload::Value;
use uuid::Uuid;

use crate::fleet::redis::Redis;
use crate::fleet::stage::{Process, config, options, patient};
use crate::support::{Act, Api, Kind, Platform, accepted, failed, ms, session, until};

fn process(platform: &Arc<Platform>, redis: &Redis, config: Config) -> Process {
    let options = patient(options(&redis.url()));
    Process::speaking(Api::AgentSession, platform, config, options)
}

impl Process {
    async fn press_for(&self, named: &str, contact: Option<&str>, digits: &str) -> Arc<Outcome> {
        let mut params = session(named, digits);
        params.contact_id = contact.map_or(Value::Missing, Value::Text);
        let options = InjectionOptions::default();
        let pressing = (self.world.injector).inject(self.id(), params.pack(), &options);
        tokio::spawn(pressing.run()).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_another_process_was_given_means_its_session() {
    let redis = Redis::start();
    let platform = Platform::scripted([]);
    let renewed = r#"{"sessionId":"s-2","events":[{"Type":"AgentState"}]}"#;
    platform.plan(
        Kind::NextEvent,
        [Act::events(renewed, ms(0)), Act::slow(304, ms(60_000))],
    );
    let follows = process(&platform, &redis, config());
    let follower = follows
        .world
        .injector
        .follow(77, Some("s-1"), false)
        .unwrap();
    tokio::spawn(follower.run());
    let published = || !redis.ask(&["KEYS", "*:session:*"]).list().is_empty();
    until("the id is told", published).await;
    let knows = process(&platform, &redis, config());
    let lock = follows.lock("s-1").await;
    let other = process(&platform, &redis, config());
    let waiting = tokio::spawn(async move { other.press_for("s-2", None, "2").await });
    until("it waits for the lock of the session", || {
        redis.ask(&["KEYS", "*:lock:*"]).list().len() == 1
            && redis.ask(&["KEYS", "*:waiters:*"]).list().len() == 1
    })
    .await;
    assert!(platform.pressed("s-2").is_empty());
    follows.world.injector.release_lock(lock).await;
    accepted(&waiting.await.unwrap());
    let outcome = knows.press_for("s-1", None, "3").await;
    accepted(&outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_blocked_is_blocked_for_all_until_it_is_resolved_anywhere() {
    let redis = Redis::start();
    let platform = Platform::scripted([Act::Lost {
        execute: true,
        after: ms(0),
    }]);
    let blocks = Config {
        after_unknown: AfterUnknown::Block,
        ..config()
    };
    let [one, two, three] = [(); 3].map(|()| process(&platform, &redis, blocks.clone()));
    let lost = one.press_for("s", Some("c"), "1").await;
    failed(&lost, Code::OutcomeUnknown, Delivery::Unknown);
    for (contact, blocked) in [(Some("c"), true), (None, true), (Some("d"), false)] {
        let outcome = two.press_for("s", contact, "2").await;
        if blocked {
            failed(&outcome, Code::AfterUnknown, Delivery::NotSent);
        } else {
            accepted(&outcome);
        }
    }
    let careless = process(&platform, &redis, config());
    let outcome = careless.press_for("s", Some("c"), "3").await;
    accepted(&outcome);
    assert_eq!(three.world.injector.resolve(Some("c")), Ok(false));
    assert_eq!(
        three
            .world
            .injector
            .resolve_elsewhere(Some("c"), &BTreeMap::new())
            .await,
        Ok(true)
    );
    assert_eq!(
        three
            .world
            .injector
            .resolve_elsewhere(Some("c"), &BTreeMap::new())
            .await,
        Ok(false)
    );
    let outcome = two.press_for("s", Some("c"), "4").await;
    accepted(&outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_injection_is_resolved_for_all_by_its_own_id_and_no_other() {
    let redis = Redis::start();
    let platform = Platform::scripted([]);
    let blocks = Config {
        after_unknown: AfterUnknown::Block,
        ..config()
    };
    let [one, two] = [(); 2].map(|()| process(&platform, &redis, blocks.clone()));
    let (injection, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let calls = |id| BTreeMap::from([(id, Arc::<str>::from("s"))]);
    let injector = &one.world.injector;
    injector
        .block(calls(injection).into_iter().collect())
        .await
        .unwrap();
    let outcome = two.press_for("s", None, "1").await;
    failed(&outcome, Code::AfterUnknown, Delivery::NotSent);
    for (id, lifted) in [(other, false), (injection, true), (injection, false)] {
        let name = id.to_string();
        let there = injector.resolve_elsewhere(Some(&name), &calls(id)).await;
        assert_eq!(there, Ok(lifted));
    }
    let outcome = two.press_for("s", None, "2").await;
    accepted(&outcome);
}
