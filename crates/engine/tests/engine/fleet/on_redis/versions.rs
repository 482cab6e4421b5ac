//! Two versions of this package that speak different protocols, as during an upgrade, before one server.

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::fleet::{PROTOCOL, Store};

use crate::fleet::redis::Redis;
use crate::fleet::stage::{Process, config, no_overlaps, options, patient, patient_config};
use crate::support::{Act, Platform, accepted, failed, ms, under};

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_waits_for_the_leases_of_the_older_and_the_other_way_round() {
    let redis = Redis::start();
    let platform = Platform::choosing(|_| Some(Act::slow(202, ms(3))));
    let process = |protocol| {
        let store = Store::speaking(protocol, patient(options(&redis.url()))).unwrap();
        Process::of_store(&platform, patient_config(), store)
    };
    let (older, newer) = (process(PROTOCOL), process(PROTOCOL + 1));
    let mut asked = Vec::new();
    for number in 0..40 {
        for (at, process) in [&older, &newer].into_iter().enumerate() {
            asked.push(process.press(&format!("call-{}", number % 4), &at.to_string()));
        }
    }
    for outcome in asked {
        let outcome = outcome.await.unwrap();
        accepted(&outcome);
        assert!(outcome.fence.is_some());
    }
    no_overlaps(&platform);
    let keys = redis.ask(&["KEYS", "*"]).text();
    assert!(!keys.contains("v0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_waits_for_another_version_in_vain_is_told_so() {
    let redis = Redis::start();
    let platform = Platform::choosing(|_| Some(Act::slow(202, ms(3))));
    let process = |protocol| {
        let store = Store::speaking(protocol, options(&redis.url())).unwrap();
        Process::of_store(&platform, config(), store)
    };
    for (holds, waits) in [(PROTOCOL, PROTOCOL + 1), (PROTOCOL + 1, PROTOCOL)] {
        let (holder, waiter) = (process(holds), process(waits));
        let lock = holder.lock("a").await;
        let patience = cxone_dtmf_engine::config::InjectionOptions {
            lock_timeout: Some(ms(300)),
            ..Default::default()
        };
        let outcome = waiter.press_with("a", "1", &patience).await.unwrap();
        let error = failed(&outcome, Code::LockTimeout, Delivery::NotSent);
        assert!(error.message.contains("another version"), "{error}");
        accepted(&holder.press_with("a", "2", &under(lock)).await.unwrap());
        holder.release(lock).await;
        accepted(&waiter.press("a", "3").await.unwrap());
    }
    no_overlaps(&platform);
}
