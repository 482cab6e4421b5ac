//! Which way each token comes: from the cache of the engine, or from the program's own code.
//!
//! A program may replace `getAccessToken` of an auth client at any time, and put it back. The engine cannot see that, so
//! JavaScript looks with each injection. Where that is long ago when a token is wanted, as behind a wait, JavaScript is asked.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::foreign_tokens::{Answer, FIRST_GENERATION, ForeignTokens};
use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::auth::{Token, TokenSource};
use cxone_dtmf_engine::error::Error;

/// How long a look counts. Under load there are many in this time, so that nothing is asked.
const FRESH: Duration = Duration::from_millis(5);

/// How long JavaScript may take to say which way, while its event loop is busy. Then the last look counts.
const PATIENCE: Duration = Duration::from_millis(500);

/// A source of tokens that may be replaced.
pub struct TokenPath {
    /// The cache of an auth client of this package.
    own: Option<Arc<dyn TokenSource>>,
    foreign: Arc<ForeignTokens>,
    /// JavaScript found `getAccessToken` replaced when it looked last.
    replaced: AtomicBool,
    /// JavaScript did not say in time, and has not looked since.
    silent: AtomicBool,
    origin: Instant,
    /// When it looked last, in microseconds since the origin.
    looked: AtomicU64,
}

impl TokenPath {
    pub fn new(own: Option<Arc<dyn TokenSource>>, foreign: Arc<ForeignTokens>) -> Self {
        Self {
            replaced: AtomicBool::new(own.is_none()),
            own,
            foreign,
            silent: AtomicBool::new(false),
            origin: Instant::now(),
            looked: AtomicU64::new(0),
        }
    }

    /// JavaScript looked, and found it as it was the last time.
    pub fn unchanged(&self, now: Instant) {
        let since = now.saturating_duration_since(self.origin).as_micros();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.looked.store(since, Ordering::Release);
        self.silent.store(false, Ordering::Release);
    }

    /// JavaScript looked. `request` is the one that it was asked with.
    pub fn found(&self, replaced: bool, request: Option<u32>) {
        self.replaced.store(replaced, Ordering::Release);
        self.unchanged(Instant::now());
        if let Some(request) = request.filter(|_| !replaced) {
            self.foreign.not_replaced(request);
        }
    }

    fn is_replaced(&self) -> bool {
        self.replaced.load(Ordering::Acquire)
    }

    /// Whether the last look says enough.
    fn is_certain(&self) -> bool {
        let looked = Duration::from_micros(self.looked.load(Ordering::Acquire));
        let since = self.origin.elapsed().saturating_sub(looked);
        !self.is_replaced() && (since < FRESH || self.silent.load(Ordering::Acquire))
    }

    async fn current(&self) -> Result<Token, Error> {
        let Some(own) = &self.own else {
            return self.foreign.token().await;
        };
        if self.is_certain() {
            return own.token().await;
        }
        let mut asking = pin!(self.foreign.ask());
        let answer = match timeout(PATIENCE, asking.as_mut()).await {
            Ok(answer) => answer,
            // It has looked, and is at it.
            Err(_) if self.is_replaced() => asking.await,
            Err(_) => {
                self.silent.store(true, Ordering::Release);
                Ok(Answer::NotReplaced)
            }
        };
        match answer? {
            Answer::Token(token) => Ok(token),
            Answer::NotReplaced => own.token().await,
        }
    }
}

impl TokenSource for TokenPath {
    fn token(&self) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(self.current())
    }

    /// Goes the way that the token came.
    fn invalidate(&self, refused: &Token) {
        match &self.own {
            Some(own) if refused.generation < FIRST_GENERATION => own.invalidate(refused),
            _ => self.foreign.invalidate(),
        }
    }

    fn age(&self) -> Option<Duration> {
        let own = self.own.as_ref().filter(|_| !self.is_replaced());
        own.and_then(|own| own.age())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::outbox::Outbox;
    use super::*;
    use cxone_dtmf_engine::Secret;

    /// A cache that always holds a token of generation 7.
    struct Cache;

    impl TokenSource for Cache {
        fn token(&self) -> BoxFuture<'_, Result<Token, Error>> {
            Box::pin(async {
                Ok(Token {
                    value: Secret::new("cached".to_owned()),
                    generation: 7,
                    tenant: None,
                })
            })
        }

        fn invalidate(&self, _refused: &Token) {}
    }

    fn path() -> (Arc<TokenPath>, Arc<ForeignTokens>, Arc<Outbox>) {
        let outbox = Arc::new_cyclic(|this| Outbox::new(this.clone(), || ()));
        let foreign = Arc::new(ForeignTokens::new(1.0, Arc::clone(&outbox)));
        let path = TokenPath::new(Some(Arc::new(Cache)), Arc::clone(&foreign));
        (Arc::new(path), foreign, outbox)
    }

    /// The kinds of the records that JavaScript would get.
    fn asked(outbox: &Outbox) -> Vec<String> {
        let batch = outbox.batch().unwrap_or_else(|| "[]".to_owned());
        let records: Vec<Value> = serde_json::from_str(&batch).unwrap();
        outbox.crossed(records.len());
        let kinds = records.iter().map(|record| record[0].as_str());
        kinds.map(|kind| kind.unwrap().to_owned()).collect()
    }

    /// A token that is wanted once what JavaScript saw is no longer fresh, and JavaScript is asked.
    async fn wanted(path: &Arc<TokenPath>) -> tokio::task::JoinHandle<Result<Token, Error>> {
        tokio::time::sleep(FRESH).await;
        let path = Arc::clone(path);
        let task = tokio::spawn(async move { path.token().await });
        tokio::task::yield_now().await;
        task
    }

    #[tokio::test]
    async fn a_fresh_look_asks_nothing() {
        let (path, _, outbox) = path();
        path.unchanged(Instant::now() + Duration::from_secs(60));
        assert_eq!(path.token().await.unwrap().generation, 7);
        assert!(asked(&outbox).is_empty());
    }

    #[tokio::test]
    async fn after_a_while_javascript_says_which_way() {
        let (path, foreign, outbox) = path();
        let task = wanted(&path).await;
        assert_eq!(asked(&outbox), ["tokenWanted"]);
        path.found(false, Some(1));
        assert_eq!(task.await.unwrap().unwrap().generation, 7);

        let task = wanted(&path).await;
        assert_eq!(asked(&outbox), ["tokenWanted"]);
        path.found(true, Some(2));
        foreign.answered(2, "own".to_owned());
        let token = task.await.unwrap().unwrap();
        assert_eq!(token.value.expose(), "own");
        path.invalidate(&token);
        assert_eq!(asked(&outbox), ["tokenRefused"]);
    }

    #[tokio::test]
    async fn a_silent_event_loop_is_waited_for_once() {
        let (path, _, outbox) = path();
        let task = wanted(&path).await;
        assert_eq!(task.await.unwrap().unwrap().generation, 7);
        assert_eq!(asked(&outbox), ["tokenWanted", "tokenNotWanted"]);
        let task = wanted(&path).await;
        assert_eq!(task.await.unwrap().unwrap().generation, 7);
        assert!(asked(&outbox).is_empty());
    }
}
