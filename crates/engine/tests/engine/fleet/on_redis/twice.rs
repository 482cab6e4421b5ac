//! Every script counts once, however often and late it arrives: a command whose connection was lost is sent again, and the
//! first may still be on its way.

use std::sync::Arc;
use std::time::Duration;

use cxone_dtmf_engine::fleet::{
    AcquireReply, FleetOptions, LeaseClient, LeaseTerms, OnUnavailable, SharedReservation,
    SharedSchedule, SharedSlot, Store,
};
use cxone_dtmf_engine::rate_limit::Gcra;

use crate::fleet::proxy::Proxy;
use crate::fleet::redis::Redis;
use crate::fleet::redis::resp::{Client, Reply};
use crate::fleet::stage::patient;
use crate::support::until;

const TERMS: LeaseTerms = LeaseTerms {
    lease: Duration::from_secs(3_600),
    waiter_ttl: Duration::from_secs(3_600),
    max_waiting: 10,
    on_unavailable: OnUnavailable::Fail,
};

/// Keeps what every step sent, and sends that of one step once more after another.
struct Wire {
    proxy: Proxy,
    client: Client,
    sent: Vec<Vec<Vec<u8>>>,
    /// This step's commands arrive again after that step.
    again: Option<(usize, usize)>,
}

impl Wire {
    async fn new(redis: &Redis, again: Option<(usize, usize)>) -> Self {
        // Processes that are still there would say that the server has lost their leases.
        let gone = || redis.ask(&["PUBSUB", "CHANNELS"]).list().is_empty();
        until("the processes of before are gone", gone).await;
        Self {
            proxy: Proxy::to(redis.port()).await,
            client: redis.connect(),
            sent: Vec::new(),
            again,
        }
    }

    /// A step is over.
    fn stepped(&mut self) {
        let is_script = |command: &Vec<u8>| command.windows(4).any(|word| word == b"EVAL");
        let sent = self.proxy.take_sent();
        self.sent.push(sent.into_iter().filter(is_script).collect());
        let now = self.sent.len() - 1;
        if let Some((step, _)) = self.again.filter(|(_, after)| *after == now) {
            for command in &self.sent[step] {
                let reply = self.client.send(command).unwrap();
                assert!(
                    !matches!(&reply, Reply::Error(text) if !text.starts_with("NOSCRIPT")),
                    "{reply:?}"
                );
            }
        }
    }

    fn store(&self) -> Arc<Store> {
        Store::new(patient(FleetOptions::at(&self.proxy.url).unwrap())).unwrap()
    }
}

/// Every step once more, after itself and after every later one.
fn orders(steps: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..steps).flat_map(move |step| (step..steps).map(move |after| (step, after)))
}

/// A reply without what differs from run to run.
fn told(reply: &AcquireReply) -> String {
    match reply {
        AcquireReply::Granted { .. } => "granted".to_owned(),
        AcquireReply::Queued { ahead, .. } => format!("behind {ahead}"),
        other => format!("{other:?}"),
    }
}

/// One request for the lease, with the ticket that it knows of.
struct Asking<'a> {
    store: &'a Store,
    client: LeaseClient,
    ticket: u64,
}

impl<'a> Asking<'a> {
    fn new(store: &'a Store, waker: u64) -> Self {
        Self {
            store,
            client: LeaseClient::new(store, waker, "scope", "call"),
            ticket: 0,
        }
    }

    async fn acquire(&mut self) -> String {
        let reply = self.client.acquire(self.store, TERMS, self.ticket).await;
        let reply = reply.unwrap();
        if let AcquireReply::Queued { ticket, .. } = reply {
            self.ticket = ticket;
        }
        told(&reply)
    }

    async fn renew(&self) -> String {
        let renewed = self.client.renew(self.store, TERMS.lease).await.unwrap();
        // Whether others asked since the grant may be told twice.
        format!("renewed: {}", renewed.is_some())
    }

    async fn release(&self) -> String {
        self.client.release(self.store).await.unwrap();
        "released".to_owned()
    }
}

/// Three processes: one holds the call, has the others rejected, and the last one gets it after all.
async fn lock(redis: &Redis, again: Option<(usize, usize)>) -> (Vec<String>, usize) {
    redis.ask(&["FLUSHALL"]);
    let mut wire = Wire::new(redis, again).await;
    let stores = [wire.store(), wire.store(), wire.store()];
    // Connected, so that the guard has run.
    for store in &stores {
        let other = LeaseClient::new(store, 99, "scope", "other");
        other.acquire(store, TERMS, 0).await.unwrap();
    }
    wire.proxy.take_sent();
    let [one, two, three] = &stores;
    let (mut a, mut b) = (Asking::new(one, 0), Asking::new(two, 1));
    let (mut c, mut later) = (Asking::new(three, 2), Asking::new(two, 7));
    let mut replies = Vec::new();
    let mut step = |reply: String| {
        replies.push(reply);
        wire.stepped();
    };
    step(a.acquire().await);
    step(b.acquire().await);
    step(c.acquire().await);
    a.client.reject_queued(one, 1).await.unwrap();
    step("rejected".to_owned());
    step(b.acquire().await);
    step(b.release().await);
    step(c.acquire().await);
    step(c.release().await);
    step(later.acquire().await);
    step(a.renew().await);
    step(a.release().await);
    step(later.acquire().await);
    step(later.renew().await);
    step(later.release().await);
    let call = one.keys().call("scope", "call");
    for what in ["tickets", "waiters"] {
        let key = one.keys().of_call(what, &call);
        replies.push(redis.ask(&["ZRANGE", &key, "0", "-1"]).text());
    }
    replies.push(
        redis
            .ask(&["HGET", &one.keys().lock(&call), "owner"])
            .text(),
    );
    (replies, wire.sent.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_the_lock() {
    let redis = Redis::start();
    let (expected, steps) = lock(&redis, None).await;
    assert!(expected.contains(&"Rejected".to_owned()), "{expected:?}");
    for again in orders(steps) {
        let (replies, _) = lock(&redis, Some(again)).await;
        assert_eq!(
            replies, expected,
            "step {} again after step {}",
            again.0, again.1
        );
    }
}

/// Slots of two processes, one given back, and a pause.
async fn rate(redis: &Redis, again: Option<(usize, usize)>) -> (Vec<u64>, usize) {
    redis.ask(&["FLUSHALL"]);
    let mut wire = Wire::new(redis, again).await;
    let stores = [wire.store(), wire.store()];
    let schedule =
        |call: &str| SharedSchedule::new(stores[0].keys(), "scope", call, Gcra::new(6, 1));
    let (of_call, common) = (schedule("call"), schedule(""));
    for store in &stores {
        schedule("other")
            .hold_back(store, Duration::ZERO)
            .await
            .unwrap();
    }
    wire.proxy.take_sent();
    let far = Duration::from_secs(3_600);
    let mut slots: Vec<SharedSlot> = Vec::new();
    for (n, schedules) in [
        vec![of_call.clone(), common.clone()],
        vec![of_call.clone()],
        vec![of_call.clone()],
        vec![common.clone()],
    ]
    .iter()
    .enumerate()
    {
        match SharedSlot::reserve(&stores[n % 2], schedules, far, 1)
            .await
            .unwrap()
        {
            SharedReservation::Slot { slot, .. } => slots.push(slot),
            SharedReservation::TooFar { wait } => panic!("not before {wait:?}"),
        }
        wire.stepped();
    }
    slots[2].cancel(&stores[0]).await.unwrap();
    wire.stepped();
    let again = SharedSlot::reserve(&stores[1], std::slice::from_ref(&of_call), far, 1)
        .await
        .unwrap();
    wire.stepped();
    let SharedReservation::Slot { slot, .. } = again else {
        panic!("no slot");
    };
    assert_eq!(slot.after(), slots[2].after(), "it was given back");
    common
        .hold_back(&stores[0], Duration::from_secs(100))
        .await
        .unwrap();
    wire.stepped();
    let begin = slots[0].after();
    let keys = stores[0].keys();
    let ends = ["call", ""].map(|call| {
        let key = keys.rate(&keys.call("scope", call));
        u64::try_from(redis.ask(&["GET", &key]).number()).unwrap()
    });
    // In seconds: the pause begins when it is asked for.
    let after = |end: u64| (end - begin + 500_000) / 1_000_000;
    (ends.map(after).to_vec(), wire.sent.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_the_rate_limit() {
    let redis = Redis::start();
    let (expected, steps) = rate(&redis, None).await;
    assert_eq!(expected[0], 20);
    for again in orders(steps) {
        let (ends, _) = rate(&redis, Some(again)).await;
        // The pause begins when it is asked for, so the machine may shift it by a little.
        assert_eq!(
            ends[0], expected[0],
            "step {} again after step {}",
            again.0, again.1
        );
        assert!(ends[1].abs_diff(expected[1]) <= 2, "{ends:?}: {again:?}");
    }
}
