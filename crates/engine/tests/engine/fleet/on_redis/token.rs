//! One token for several processes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::auth::{Grant, Granted, Tenant, TokenCache, TokenObserver, TokenSource};
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::fleet::{FleetOptions, Identity, SharedGrant, Store};
use tokio::time::{Instant, sleep};

use crate::fleet::redis::{Cluster, Redis, Served};
use crate::fleet::stage::patient;
use crate::support::{ms, until};

const HOUR: Duration = Duration::from_secs(3_600);

/// A token endpoint that numbers its tokens.
#[derive(Default)]
struct Endpoint {
    requests: AtomicU32,
    takes: Duration,
    /// Answers with failures first.
    failures: Mutex<VecDeque<Error>>,
}

struct Asking(Arc<Endpoint>, Duration);

impl Grant for Asking {
    fn request(&self) -> BoxFuture<'_, Result<Granted, Error>> {
        let number = self.0.requests.fetch_add(1, Ordering::Relaxed) + 1;
        Box::pin(async move {
            sleep(self.0.takes).await;
            if let Some(error) = self.0.failures.lock().unwrap().pop_front() {
                return Err(error);
            }
            Ok(Granted {
                access_token: Secret::new(format!("token-canary-{number}")),
                lifetime: self.1,
                refresh_token: None,
                tenant: Some(Arc::new(Tenant {
                    id: Some("tenant-1".into()),
                    ..Tenant::default()
                })),
            })
        })
    }
}

struct Deaf;

impl TokenObserver for Deaf {
    fn refreshed(&self) {}
    fn refresh_failed(&self, _: &Error) {}
}

impl Endpoint {
    fn taking(takes: Duration) -> Arc<Self> {
        Arc::new(Self {
            takes,
            ..Self::default()
        })
    }

    fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// The token cache of one process.
fn process(endpoint: &Arc<Endpoint>, store: &Arc<Store>) -> Arc<TokenCache> {
    with(endpoint, store, "secret-canary", HOUR)
}

fn with(
    endpoint: &Arc<Endpoint>,
    store: &Arc<Store>,
    secret: &str,
    life: Duration,
) -> Arc<TokenCache> {
    let grant = SharedGrant::new(
        Arc::new(Asking(Arc::clone(endpoint), life)),
        Identity {
            of: vec![
                "grant".into(),
                "https://auth.example".into(),
                "client".into(),
            ],
            secrets: vec![Secret::new(secret.to_owned())],
        },
    );
    grant.join(store);
    TokenCache::new(Arc::new(grant), Arc::new(Deaf))
}

fn at(url: &str) -> FleetOptions {
    patient(FleetOptions::at(url).unwrap())
}

fn store(served: &Served) -> Arc<Store> {
    let mut options = at(&served.url);
    options.prefix.clone_from(&served.prefix);
    Store::new(options).unwrap()
}

/// So many of them, each with a store of its own.
fn processes(
    count: usize,
    served: &Served,
    endpoint: &Arc<Endpoint>,
) -> (Vec<Arc<Store>>, Vec<Arc<TokenCache>>) {
    let stores: Vec<_> = (0..count).map(|_| store(served)).collect();
    let caches = stores.iter().map(|store| process(endpoint, store));
    let caches = caches.collect();
    (stores, caches)
}

async fn value(cache: &TokenCache) -> String {
    cache.token().await.unwrap().value.expose().to_owned()
}

async fn values(caches: &[Arc<TokenCache>]) -> Vec<String> {
    let asked = caches.iter().cloned();
    let asked = asked.map(|cache| tokio::spawn(async move { value(&cache).await }));
    let mut values = Vec::new();
    for asked in asked.collect::<Vec<_>>() {
        values.push(asked.await.unwrap());
    }
    values
}

#[tokio::test]
async fn all_processes_get_the_token_that_one_of_them_fetched() {
    let (served, endpoint) = (Served::new(), Endpoint::taking(ms(100)));
    let (stores, caches) = processes(6, &served, &endpoint);
    let values = values(&caches).await;
    assert!(
        values.iter().all(|value| value == "token-canary-1"),
        "{}",
        values.len()
    );
    assert_eq!(endpoint.requests(), 1);
    let shared: u64 = stores
        .iter()
        .map(|store| store.counters().read().shared_tokens)
        .sum();
    assert_eq!(shared, 5);
    let token = caches[5].token().await.unwrap();
    assert_eq!(token.tenant.unwrap().id.as_deref(), Some("tenant-1"));
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_its_successor_is_left_alone() {
    let (served, endpoint) = (Served::new(), Endpoint::taking(ms(20)));
    let (stores, caches) = processes(4, &served, &endpoint);
    values(&caches).await;
    let mut first = Vec::new();
    for cache in &caches {
        first.push(cache.token().await.unwrap());
    }
    // The second time it is news of the first refusal that come late.
    for _ in 0..2 {
        for (cache, refused) in caches.iter().zip(&first) {
            cache.invalidate(refused);
        }
        let values = values(&caches).await;
        assert!(values.iter().all(|value| value == "token-canary-2"));
    }
    assert_eq!(endpoint.requests(), 2);
    // One process alone was told: the others have nothing to ask, and a new one gets the new token.
    let refused = caches[0].token().await.unwrap();
    caches[0].invalidate(&refused);
    assert_eq!(value(&caches[0]).await, "token-canary-3");
    assert_eq!(value(&caches[1]).await, "token-canary-2");
    assert_eq!(
        value(&process(&endpoint, &stores[0])).await,
        "token-canary-3"
    );
    assert_eq!(endpoint.requests(), 3);
}

#[tokio::test]
async fn a_refused_token_is_given_to_nobody_while_the_next_one_is_fetched() {
    let (served, endpoint) = (Served::new(), Endpoint::taking(ms(300)));
    let (one, other) = (
        process(&endpoint, &store(&served)),
        process(&endpoint, &store(&served)),
    );
    let refused = one.token().await.unwrap();
    one.invalidate(&refused);
    let next = tokio::spawn({
        let one = Arc::clone(&one);
        async move { value(&one).await }
    });
    sleep(ms(100)).await;
    assert_eq!(value(&other).await, "token-canary-2");
    assert_eq!(next.await.unwrap(), "token-canary-2");
    assert_eq!(endpoint.requests(), 2);
}

#[tokio::test]
async fn a_failure_is_the_fetchers_and_the_next_one_tries() {
    let (served, endpoint) = (Served::new(), Endpoint::taking(ms(100)));
    let error = Error::not_sent(Code::Auth, "no").retryable(None);
    endpoint.failures.lock().unwrap().push_back(error);
    let (one, other) = (
        process(&endpoint, &store(&served)),
        process(&endpoint, &store(&served)),
    );
    let (first, second) = tokio::join!(one.token(), other.token());
    let (failed, got): (Vec<_>, Vec<_>) = [first, second].into_iter().partition(Result::is_err);
    assert_eq!((failed.len(), got.len()), (1, 1));
    assert_eq!(endpoint.requests(), 2);
}

#[tokio::test]
async fn who_died_while_it_fetched_is_replaced() {
    let redis = Redis::start();
    let store = || Store::new(at(&redis.url())).unwrap();
    let endless = Endpoint::taking(HOUR);
    let dying = process(&endless, &store());
    let fetching = tokio::spawn(async move { dying.token().await });
    until("it fetches", || endless.requests() == 1).await;
    fetching.abort();
    let refresher = redis.ask(&["KEYS", "*:refresher:*"]).text();
    let left = redis.ask(&["PTTL", &refresher]).number();
    assert!((1..=10_000).contains(&left), "{left}");
    // Instead of waiting for it.
    redis.ask(&["PEXPIRE", &refresher, "100"]);
    let endpoint = Endpoint::taking(ms(1));
    assert_eq!(value(&process(&endpoint, &store())).await, "token-canary-1");
}

#[tokio::test]
async fn a_token_is_not_given_out_at_the_end_of_its_life() {
    let redis = Redis::start();
    let store = Store::new(at(&redis.url())).unwrap();
    let endpoint = Endpoint::taking(ms(1));
    value(&with(
        &endpoint,
        &store,
        "secret-canary",
        Duration::from_secs(100),
    ))
    .await;
    let key = redis.ask(&["KEYS", "*:token:*"]).text();
    let left = redis.ask(&["PTTL", &key]).number();
    assert!((60_000..=70_000).contains(&left), "{left}");
    redis.ask(&["PEXPIRE", &key, "5000"]);
    let late = process(&endpoint, &store);
    assert_eq!(value(&late).await, "token-canary-1");
    redis.ask(&["DEL", &key]);
    assert_eq!(value(&process(&endpoint, &store)).await, "token-canary-2");
}

#[tokio::test]
async fn a_token_that_cannot_be_opened_counts_as_absent() {
    let redis = Redis::start();
    let store = Store::new(at(&redis.url())).unwrap();
    let endpoint = Endpoint::taking(ms(1));
    assert_eq!(value(&process(&endpoint, &store)).await, "token-canary-1");
    let key = redis.ask(&["KEYS", "*:token:*"]).text();
    redis.ask(&["HSET", &key, "sealed", &"x".repeat(80)]);
    assert_eq!(value(&process(&endpoint, &store)).await, "token-canary-2");
    assert_eq!(value(&process(&endpoint, &store)).await, "token-canary-2");
    // An older token in the place of a newer one does not pass either: it is bound to its generation.
    let old = redis.ask(&["HGET", &key, "generation"]).number();
    redis.ask(&["HSET", &key, "generation", &(old + 1).to_string()]);
    assert_eq!(value(&process(&endpoint, &store)).await, "token-canary-3");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_replaced_old_and_new_share_a_token_each() {
    let redis = Redis::start();
    let store = Store::new(at(&redis.url())).unwrap();
    let endpoint = Endpoint::taking(ms(1));
    for _ in 0..3 {
        for (secret, token) in [("old", "token-canary-1"), ("new", "token-canary-2")] {
            let process = with(&endpoint, &store, secret, HOUR);
            assert_eq!(value(&process).await, token);
        }
    }
    assert_eq!(endpoint.requests(), 2);
}

#[tokio::test]
async fn generations_grow_even_when_the_server_forgets_them() {
    let redis = Redis::start();
    let store = Store::new(at(&redis.url())).unwrap();
    let endpoint = Endpoint::taking(ms(1));
    let (one, other) = (process(&endpoint, &store), process(&endpoint, &store));
    value(&one).await;
    value(&other).await;
    redis.ask(&["FLUSHALL"]);
    one.invalidate(&one.token().await.unwrap());
    assert_eq!(value(&one).await, "token-canary-2");
    other.invalidate(&other.token().await.unwrap());
    assert_eq!(value(&other).await, "token-canary-2");
    assert_eq!(endpoint.requests(), 2);
}

#[tokio::test]
async fn without_the_server_a_process_fetches_for_itself() {
    let mut redis = Redis::start();
    let store = Store::new(FleetOptions::at(&redis.url()).unwrap()).unwrap();
    let endpoint = Endpoint::taking(ms(1));
    redis.freeze();
    let started = Instant::now();
    assert_eq!(value(&process(&endpoint, &store)).await, "token-canary-1");
    assert!(started.elapsed() >= ms(400), "it was asked");
    redis.thaw();
    redis.kill();
    assert_eq!(value(&process(&endpoint, &store)).await, "token-canary-2");
}

#[tokio::test]
async fn neither_token_nor_secret_nor_id_is_in_the_server() {
    let redis = Redis::start();
    let store = Store::new(at(&redis.url())).unwrap();
    let endpoint = Endpoint::taking(ms(1));
    value(&process(&endpoint, &store)).await;
    let key = redis.ask(&["KEYS", "*:token:*"]).text();
    let stored = format!("{key} {}", redis.ask(&["HGETALL", &key]).text());
    for word in ["canary", "tenant", "client", "auth.example"] {
        assert!(!stored.contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_cluster_keeps_one_token_too() {
    let cluster = Cluster::start();
    let store = || Store::new(patient(FleetOptions::cluster(&cluster.urls()).unwrap())).unwrap();
    let endpoint = Endpoint::taking(ms(50));
    let caches: Vec<_> = (0..3).map(|_| process(&endpoint, &store())).collect();
    values(&caches).await;
    assert_eq!(endpoint.requests(), 1);
}
