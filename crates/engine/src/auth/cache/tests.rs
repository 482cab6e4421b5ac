//! The cache on a stopped clock, with a grant that counts how often it is asked.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{advance, sleep, timeout};

use super::TokenCache;
use crate::BoxFuture;
use crate::Secret;
use crate::auth::{Grant, Granted, Token, TokenObserver, TokenSource};
use crate::error::{Code, Error};

const HOUR: Duration = Duration::from_secs(3600);
/// How long each scripted request takes.
const TRIP: Duration = Duration::from_millis(100);

enum Reply {
    Grants(Duration),
    Fails(Error),
    Dies,
    Hangs,
}

/// Answers by script, then with tokens of one hour. The n-th token is `t<n>`.
#[derive(Default)]
struct Script {
    replies: Mutex<VecDeque<Reply>>,
    asked: AtomicUsize,
    running: AtomicUsize,
}

/// Counts a request as running as long as its future lives.
struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Grant for Script {
    fn request(&self) -> BoxFuture<'_, Result<Granted, Error>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        assert_eq!(
            self.running.fetch_add(1, Ordering::SeqCst),
            0,
            "two requests at once"
        );
        let running = Running(&self.running);
        let reply = self.replies.lock().unwrap().pop_front();
        Box::pin(async move {
            let _running = running;
            sleep(TRIP).await;
            match reply.unwrap_or(Reply::Grants(HOUR)) {
                Reply::Grants(lifetime) => Ok(Granted {
                    access_token: Secret::new(format!("t{number}")),
                    lifetime,
                    refresh_token: None,
                    tenant: None,
                }),
                Reply::Fails(error) => Err(error),
                Reply::Dies => panic!("the grant died on purpose"),
                Reply::Hangs => std::future::pending().await,
            }
        })
    }
}

#[derive(Default)]
struct Witness {
    refreshed: AtomicUsize,
    failed: Mutex<Vec<Error>>,
}

impl TokenObserver for Witness {
    fn refreshed(&self) {
        self.refreshed.fetch_add(1, Ordering::SeqCst);
    }

    fn refresh_failed(&self, error: &Error) {
        self.failed.lock().unwrap().push(error.clone());
    }
}

struct Scene {
    script: Arc<Script>,
    witness: Arc<Witness>,
    cache: Arc<TokenCache>,
}

impl Scene {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Arc::new(Script {
            replies: Mutex::new(replies.into_iter().collect()),
            ..Script::default()
        });
        let witness = Arc::new(Witness::default());
        Self {
            cache: TokenCache::new(script.clone(), witness.clone()),
            script,
            witness,
        }
    }

    fn asked(&self) -> usize {
        self.script.asked.load(Ordering::SeqCst)
    }

    async fn token(&self) -> Token {
        self.cache.token().await.unwrap()
    }

    async fn error(&self) -> Error {
        self.cache.token().await.unwrap_err()
    }

    /// Starts this many callers and lets each of them ask.
    async fn callers(&self, count: usize) -> JoinSet<Result<Token, Error>> {
        let mut callers = JoinSet::new();
        for _ in 0..count {
            let cache = Arc::clone(&self.cache);
            callers.spawn(async move { cache.token().await });
        }
        settle().await;
        callers
    }
}

/// Lets every task run that can, without moving the clock.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

fn final_refusal() -> Reply {
    Reply::Fails(Error::not_sent(Code::Auth, "refused"))
}

fn busy() -> Reply {
    Reply::Fails(Error::not_sent(Code::Connect, "busy").retryable(None))
}

#[tokio::test(start_paused = true)]
async fn five_hundred_callers_share_one_request() {
    let scene = Scene::new([]);
    for result in scene.callers(500).await.join_all().await {
        assert_eq!(result.unwrap().value.expose(), "t1");
    }
    assert_eq!(scene.asked(), 1);
    assert_eq!(scene.witness.refreshed.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn five_hundred_callers_on_an_old_token_refresh_it_once_behind_their_backs() {
    let scene = Scene::new([]);
    scene.token().await;
    advance(HOUR * 4 / 5).await;
    for result in scene.callers(500).await.join_all().await {
        assert_eq!(result.unwrap().value.expose(), "t1");
    }
    sleep(TRIP).await;
    settle().await;
    assert_eq!(scene.asked(), 2);
    assert_eq!(scene.token().await.value.expose(), "t2");
}

#[tokio::test(start_paused = true)]
async fn idle_cache_asks_for_nothing() {
    let scene = Scene::new([]);
    scene.token().await;
    sleep(HOUR * 48).await;
    assert_eq!(scene.asked(), 1);
    assert_eq!(scene.cache.age(), None);
    assert_eq!(scene.token().await.value.expose(), "t2");
}

#[tokio::test(start_paused = true)]
async fn age_is_that_of_the_token_in_use() {
    let scene = Scene::new([]);
    assert_eq!(scene.cache.age(), None);
    scene.token().await;
    advance(HOUR / 2).await;
    let age = scene.cache.age().unwrap();
    assert!(age >= HOUR / 2 + TRIP && age < HOUR / 2 + TRIP * 2);
    scene.cache.invalidate_current();
    assert_eq!(scene.cache.age(), None);
}

#[tokio::test(start_paused = true)]
async fn failed_refresh_is_reported_while_the_old_token_serves() {
    let scene = Scene::new([Reply::Grants(HOUR), busy()]);
    scene.token().await;
    advance(HOUR * 4 / 5).await;
    assert_eq!(scene.token().await.value.expose(), "t1");
    sleep(TRIP * 2).await;
    assert_eq!(scene.witness.failed.lock().unwrap().len(), 1);
    // Within the pause nothing is asked, after it the next call begins a refresh.
    assert_eq!(scene.token().await.value.expose(), "t1");
    settle().await;
    assert_eq!(scene.asked(), 2);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.token().await.value.expose(), "t1");
    sleep(TRIP * 2).await;
    assert_eq!(scene.asked(), 3);
    assert_eq!(scene.token().await.value.expose(), "t3");
}

#[tokio::test(start_paused = true)]
async fn failure_without_a_usable_token_goes_to_the_callers_not_to_the_observer() {
    let scene = Scene::new([busy()]);
    for result in scene.callers(20).await.join_all().await {
        let error = result.unwrap_err();
        assert_eq!((error.code, error.retryable), (Code::Connect, true));
        assert_eq!(error.retry_after, Some(Duration::from_secs(1)));
    }
    assert_eq!(scene.asked(), 1);
    assert!(scene.witness.failed.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn failures_back_off_also_when_they_are_final() {
    let scene = Scene::new([final_refusal(), busy()]);
    assert!(!scene.error().await.retryable);
    sleep(Duration::from_millis(400)).await;
    let error = scene.error().await;
    let rest = error.retry_after.unwrap();
    assert_eq!(error.message, "refused");
    assert!(rest > Duration::from_millis(590) && rest <= Duration::from_millis(600));
    assert_eq!(scene.asked(), 1);

    sleep(rest).await;
    assert_eq!(
        scene.error().await.retry_after,
        Some(Duration::from_secs(2))
    );
    assert_eq!(scene.asked(), 2);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.token().await.value.expose(), "t3");
}

#[tokio::test(start_paused = true)]
async fn twenty_staggered_refusals_of_one_token_cause_one_refresh() {
    let scene = Scene::new([]);
    let old = scene.token().await;
    let mut callers = JoinSet::new();
    for number in 0..20_u32 {
        let cache = Arc::clone(&scene.cache);
        let old = old.clone();
        callers.spawn(async move {
            // Some come before, some during and some after the refresh.
            sleep(TRIP / 5 * number).await;
            cache.invalidate(&old);
            cache.token().await
        });
    }
    for result in callers.join_all().await {
        assert_eq!(result.unwrap().generation, 2);
    }
    assert_eq!(scene.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn forgetting_the_token_fetches_anew_once() {
    let scene = Scene::new([]);
    scene.token().await;
    scene.cache.invalidate_current();
    let callers = scene.callers(5).await;
    scene.cache.invalidate_current();
    for result in callers.join_all().await {
        assert_eq!(result.unwrap().generation, 2);
    }
    assert_eq!(scene.token().await.generation, 2);
    assert_eq!(scene.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn token_without_life_serves_those_waiting_only() {
    let scene = Scene::new([Reply::Grants(Duration::ZERO)]);
    for result in scene.callers(5).await.join_all().await {
        assert_eq!(result.unwrap().value.expose(), "t1");
    }
    assert_eq!(scene.token().await.value.expose(), "t2");
    assert_eq!(scene.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn request_outlives_callers_that_go_away() {
    let scene = Scene::new([]);
    // The caller that caused the request leaves first, then all others.
    assert!(
        timeout(TRIP / 10, scene.cache.token()).await.is_err(),
        "the first caller got a token too early"
    );
    let mut callers = scene.callers(10).await;
    callers.shutdown().await;
    sleep(TRIP).await;
    assert_eq!(scene.token().await.value.expose(), "t1");
    assert_eq!(scene.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn death_of_a_request_reaches_its_callers_and_the_next_call_asks_again() {
    let scene = Scene::new([Reply::Dies]);
    for result in scene.callers(5).await.join_all().await {
        assert!(result.unwrap_err().retryable);
    }
    assert_eq!(scene.token().await.value.expose(), "t2");
}

#[tokio::test(start_paused = true)]
async fn end_of_the_cache_ends_its_request() {
    let scene = Scene::new([Reply::Hangs]);
    assert!(timeout(TRIP * 5, scene.cache.token()).await.is_err());
    assert_eq!(scene.script.running.load(Ordering::SeqCst), 1);
    let Scene { script, cache, .. } = scene;
    drop(cache);
    settle().await;
    assert_eq!(script.running.load(Ordering::SeqCst), 0);
    assert_eq!(Arc::strong_count(&script), 1);
}

#[test]
fn end_of_the_runtime_is_an_error_and_not_a_hang() {
    let scene = Scene::new([Reply::Hangs]);
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let first = runtime();
    first.block_on(async {
        assert!(timeout(TRIP * 5, scene.cache.token()).await.is_err());
    });
    drop(first);
    let token = runtime().block_on(scene.cache.token()).unwrap();
    assert_eq!(token.value.expose(), "t2");
}

#[test]
fn debug_shows_no_token() {
    let token = Token {
        value: Secret::new("canary".to_owned()),
        generation: 7,
        tenant: None,
    };
    assert_eq!(format!("{token:?}"), "Token { generation: 7, .. }");
}
