//! The store before real servers: users, TLS, and the nodes of a cluster.

use std::fs;
use std::sync::Arc;

use cxone_dtmf_engine::config::Config;
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::fleet::{Arg, FleetOptions, Script, Store, StoreError, Value};
use tokio::time::{Instant, sleep};

use crate::fleet::redis::resp::Reply;
use crate::fleet::redis::{Cluster, Redis, speaks_tls};
use crate::fleet::stage::{Process, config, no_overlaps, options, patient, patient_config};
use crate::support::{Act, LONG, Platform, accepted, failed, ms, under, until};

fn slow() -> Arc<Platform> {
    Platform::choosing(|_| Some(Act::slow(202, ms(3))))
}

/// The user that the documents give.
fn documented_user() -> Vec<&'static str> {
    let page = include_str!("../../../../../../docs/fleet.md");
    let line = page.lines().find(|line| line.starts_with("ACL SETUSER "));
    line.unwrap().split_whitespace().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_the_least_rights_is_enough() {
    let redis = Redis::start();
    assert_eq!(redis.ask(&documented_user()).text(), "OK");
    redis.ask(&["ACL", "SETUSER", "dtmf", ">p@ss/word"]);
    let url = format!("redis://dtmf:p%40ss%2Fword@127.0.0.1:{}", redis.port());
    let platform = Platform::scripted([Act::Lost {
        execute: true,
        after: ms(1_500),
    }]);
    let config = Config {
        timeout: LONG,
        ..config()
    };
    let process = || {
        let mut options = options(&url);
        options.lease = FleetOptions::shortest_lease(LONG);
        Process::with(&platform, config.clone(), options)
    };
    let (first, second) = (process(), process());
    // Through every script: a wait, a dismissal, a renewal.
    let unknown = first.press("a", "1");
    until("it is under way", || !platform.requests().is_empty()).await;
    let behind = second.press("a", "2");
    until("it waits", || second.store.counters().read().waits == 1).await;
    unknown.await.unwrap();
    failed(
        &behind.await.unwrap(),
        Code::AfterUnknown,
        Delivery::NotSent,
    );
    let short = Process::new(&platform, options(&url));
    let lock = short.lock("a").await;
    sleep(short.store.options().lease).await;
    accepted(&short.press_with("a", "3", &under(lock)).await.unwrap());
    for process in [&first, &second, &short] {
        assert_eq!(process.store.counters().read().failures, 0);
    }
    assert_eq!(redis.ask(&["ACL", "LOG"]), Reply::List(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_is_told_what_to_mend() {
    let redis = Redis::start_with(&["--requirepass", "hunter2"]);
    for (user, advice) in [
        ("", "check those in fleet.url"),
        (":wrong@", "check those in fleet.url"),
        ("nobody:hunter2@", "check those in fleet.url"),
    ] {
        let url = format!("redis://{user}127.0.0.1:{}", redis.port());
        let process = Process::new(&slow(), options(&url));
        let outcome = process.press("a", "1").await.unwrap();
        let error = failed(&outcome, Code::Store, Delivery::NotSent);
        assert!(error.message.contains(advice), "{error}");
        assert!(
            !error.message.contains("hunter2") && !error.message.contains("wrong"),
            "{error}"
        );
    }
    let url = format!("redis://:hunter2@127.0.0.1:{}", redis.port());
    let process = Process::new(&slow(), options(&url));
    accepted(&process.press("a", "1").await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_to_whom_the_bundle_vouches_for() {
    if !speaks_tls() {
        println!("not played: this server was built without TLS");
        return;
    }
    let folder = std::env::temp_dir().join(format!("cxone-dtmf-tls-{:x}", fastrand::u64(..)));
    fs::create_dir(&folder).unwrap();
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
    fs::write(&certificate, pair.cert.pem()).unwrap();
    fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
    // A free port, which nobody takes at once.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let _redis = Redis::start_with(&[
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        certificate.to_str().unwrap(),
        "--tls-key-file",
        key.to_str().unwrap(),
        "--tls-auth-clients",
        "no",
    ]);
    fs::remove_dir_all(&folder).unwrap();
    let url = format!("rediss://localhost:{port}");
    let trusting = FleetOptions {
        ca_bundle: Some(pair.cert.pem()),
        ..patient(options(&url))
    };
    accepted(
        &Process::new(&slow(), trusting)
            .press("a", "1")
            .await
            .unwrap(),
    );
    let outcome = Process::new(&slow(), patient(options(&url)))
        .press("a", "1")
        .await
        .unwrap();
    let error = failed(&outcome, Code::Store, Delivery::NotSent);
    assert!(error.message.contains("fleet.caBundle"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_locked_at_all_nodes_of_a_cluster() {
    let cluster = Cluster::start();
    let platform = slow();
    let process = || {
        let options = FleetOptions::cluster(&cluster.urls()).unwrap();
        Process::with(&platform, patient_config(), patient(options))
    };
    let processes = [process(), process()];
    // The nodes are found first.
    for process in &processes {
        accepted(&process.press("first", "0").await.unwrap());
    }
    let mut asked = Vec::new();
    for number in 0..60 {
        for (at, process) in processes.iter().enumerate() {
            asked.push(process.press(&format!("call-{number}"), &at.to_string()));
        }
    }
    for outcome in asked {
        let outcome = outcome.await.unwrap();
        accepted(&outcome);
        assert!(outcome.fence.is_some());
    }
    no_overlaps(&platform);
    for node in &cluster.nodes {
        assert!(
            node.ask(&["KEYS", "*:lock:*"]).list().len() > 5,
            "calls are spread"
        );
    }
    // A node of a cluster that is taken for a server alone.
    let alone: Vec<_> = cluster
        .nodes
        .iter()
        .map(|node| Process::new(&platform, options(&node.url())))
        .collect();
    let mut told = 0;
    for process in &alone {
        let outcome = process.press("a", "1").await.unwrap();
        if outcome.delivery() != Delivery::Accepted {
            let error = failed(&outcome, Code::Store, Delivery::NotSent);
            assert!(
                error.message.contains("pass fleet.url as an array"),
                "{error}"
            );
            told += 1;
        }
    }
    assert_eq!(told, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_moves_is_followed() {
    let cluster = Cluster::start();
    let store = Store::new(patient(FleetOptions::cluster(&cluster.urls()).unwrap())).unwrap();
    let script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    let key = "dtmf:{moved}:count";
    let slot = cluster.nodes[0].ask(&["CLUSTER", "KEYSLOT", key]).text();
    let count = async || store.run(&script, &[key], &[Arg::Number(1)]).await;
    assert_eq!(count().await, Ok(Value::Int(1)));
    let holds = |node: &Redis| node.ask(&["GET", key]).text() == "1";
    let from = cluster.nodes.iter().position(holds).unwrap();
    let (from, to) = (&cluster.nodes[from], &cluster.nodes[(from + 1) % 3]);
    let ids = [from, to].map(|node| node.ask(&["CLUSTER", "MYID"]).text());
    to.ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &ids[0]]);
    from.ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &ids[1]]);
    let port = to.port().to_string();
    from.ask(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]);
    // The key has gone ahead of its slot.
    assert_eq!(count().await, Ok(Value::Int(2)));
    for node in [to, from] {
        node.ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &ids[1]]);
    }
    let end = Instant::now() + LONG;
    loop {
        match count().await {
            Ok(value) => break assert_eq!(value, Value::Int(3)),
            Err(StoreError::TimedOut | StoreError::Refused(_)) => sleep(ms(50)).await,
            Err(error) => panic!("{error}"),
        }
        assert!(Instant::now() < end);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_end_with_the_last_who_uses_them() {
    let redis = Redis::start();
    let process = Process::new(&slow(), options(&redis.url()));
    accepted(&process.press("a", "1").await.unwrap());
    let connected = || redis.ask(&["PUBSUB", "NUMSUB", "dtmf:fleet"]).list()[1].number();
    assert_eq!(connected(), 1);
    drop(process);
    until("it is closed", || connected() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_of_equal_settings_are_one_while_somebody_uses_it() {
    let options = FleetOptions::at("redis://127.0.0.1:1").unwrap();
    let other = FleetOptions {
        prefix: "other".to_owned(),
        ..options.clone()
    };
    let first = Store::shared(options.clone()).unwrap();
    assert!(Arc::ptr_eq(
        &first,
        &Store::shared(options.clone()).unwrap()
    ));
    let different = Store::shared(other).unwrap();
    assert!(!Arc::ptr_eq(&first, &different));
    assert_ne!(first.process(), different.process());
    let name = first.process().to_owned();
    drop(first);
    assert_ne!(Store::shared(options).unwrap().process(), name);
}
