//! A server whose memory is full. Redis refuses the first write of a script that may need memory, and afterwards none: so
//! what takes something begins with such a write, and is refused as a whole, and what gives something back does not.

use std::time::Duration;

use cxone_dtmf_engine::fleet::{
    AcquireReply, FleetOptions, LeaseClient, LeaseTerms, OnUnavailable, SharedReservation,
    SharedSchedule, SharedSlot, Store, StoreError,
};
use cxone_dtmf_engine::rate_limit::Gcra;

use crate::fleet::redis::Redis;
use crate::fleet::stage::patient;

const TERMS: LeaseTerms = LeaseTerms {
    lease: Duration::from_secs(3_600),
    waiter_ttl: Duration::from_secs(3_600),
    max_waiting: 10,
    on_unavailable: OnUnavailable::Fail,
};

fn everything(redis: &Redis) -> Vec<(String, String)> {
    let mut keys: Vec<_> = redis
        .ask(&["KEYS", "*"])
        .list()
        .iter()
        .map(super::super::redis::resp::Reply::text)
        .collect();
    keys.sort();
    let read = |key: String| {
        let value = match redis.ask(&["TYPE", &key]).text().as_str() {
            "hash" => redis.ask(&["HGETALL", &key]),
            "zset" => redis.ask(&["ZRANGE", &key, "0", "-1", "WITHSCORES"]),
            _ => redis.ask(&["GET", &key]),
        };
        (key, value.text())
    };
    keys.into_iter().map(read).collect()
}

fn is_out_of_memory<T>(result: Result<T, StoreError>) -> bool {
    result.is_err_and(|error| error.to_string().contains("OOM"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_is_refused_as_a_whole_and_what_gives_back_is_not() {
    let redis = Redis::start();
    let store = || Store::new(patient(FleetOptions::at(&redis.url()).unwrap())).unwrap();
    let (one, other) = (store(), store());
    let holder = LeaseClient::new(&one, 1, "scope", "call");
    let waiter = LeaseClient::new(&other, 2, "scope", "call");
    let schedule = SharedSchedule::new(one.keys(), "scope", "call", Gcra::new(6, 1));
    let far = Duration::from_secs(3_600);
    holder.acquire(&one, TERMS, 0).await.unwrap();
    waiter.acquire(&other, TERMS, 0).await.unwrap();
    let reserve = async || SharedSlot::reserve(&one, std::slice::from_ref(&schedule), far, 1).await;
    let SharedReservation::Slot { slot, .. } = reserve().await.unwrap() else {
        panic!("no slot");
    };
    // A waiter that died, which the next question would remove.
    let call = one.keys().call("scope", "call");
    let waiters = one.keys().of_call("waiters", &call);
    redis.ask(&["ZADD", &waiters, "1", "dead:1"]);

    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let before = everything(&redis);
    let late = LeaseClient::new(&other, 3, "scope", "call");
    assert!(is_out_of_memory(late.acquire(&other, TERMS, 0).await));
    assert!(is_out_of_memory(reserve().await));
    assert_eq!(everything(&redis), before, "nothing is done by halves");

    assert!(holder.renew(&one, TERMS.lease).await.unwrap().is_some());
    let again = holder.acquire(&one, TERMS, 0).await.unwrap();
    assert!(matches!(again, AcquireReply::Granted { .. }), "{again:?}");
    holder.reject_queued(&one, 1).await.unwrap();
    slot.cancel(&one).await.unwrap();
    schedule.hold_back(&one, far).await.unwrap();
    holder.release(&one).await.unwrap();
    assert_eq!(
        redis
            .ask(&["HGET", &one.keys().lock(&call), "owner"])
            .text(),
        ""
    );

    // A process that connects again finds the guard satisfied.
    let third = store();
    let rejected = LeaseClient::new(&third, 4, "scope", "call")
        .renew(&third, TERMS.lease)
        .await;
    assert_eq!(rejected, Ok(None));
}
