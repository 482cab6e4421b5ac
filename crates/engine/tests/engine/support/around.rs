//! What is around an injector: its tokens, its listener and its record.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::audit::{AuditSink, Intent};
use cxone_dtmf_engine::auth::{Token, TokenSource};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::event::{Event, EventSink};
use cxone_dtmf_engine::outcome::Outcome;
use tokio::time::sleep;

/// Gives `token-1`, then `token-2` after that was refused, and so on.
pub struct Tokens {
    pub generation: Mutex<u64>,
    pub failures: Mutex<VecDeque<Error>>,
    pub delay: Duration,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            generation: Mutex::new(1),
            failures: Mutex::default(),
            delay: Duration::ZERO,
        }
    }
}

impl TokenSource for Tokens {
    fn token(&self) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(async move {
            sleep(self.delay).await;
            if let Some(error) = self.failures.lock().unwrap().pop_front() {
                return Err(error);
            }
            let generation = *self.generation.lock().unwrap();
            Ok(Token {
                value: Secret::new(format!("token-{generation}")),
                generation,
                tenant: None,
            })
        })
    }

    fn invalidate(&self, refused: &Token) {
        let mut generation = self.generation.lock().unwrap();
        if *generation == refused.generation {
            *generation += 1;
        }
    }
}

/// Keeps events. The second field is how long there is no room for more of them.
#[derive(Default)]
pub struct Events(pub Mutex<Vec<Event>>, pub Mutex<Duration>);

impl EventSink for Events {
    fn emit(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        let full = *self.1.lock().unwrap();
        Box::pin(async move {
            if !full.is_zero() {
                sleep(full).await;
            }
        })
    }
}

impl Events {
    pub fn finished(&self) -> Vec<Arc<Outcome>> {
        let events = self.0.lock().unwrap();
        let finished = events.iter().filter_map(|event| match event {
            Event::Finished(outcome) => Some(Arc::clone(outcome)),
            _ => None,
        });
        finished.collect()
    }

    /// The delays before each resend.
    pub fn delays(&self) -> Vec<Duration> {
        let events = self.0.lock().unwrap();
        let delays = events.iter().filter_map(|event| match event {
            Event::Retrying { delay, .. } => Some(*delay),
            _ => None,
        });
        delays.collect()
    }
}

/// A record that takes its time for outcomes.
pub struct SlowRecord(pub Duration);

impl AuditSink for SlowRecord {
    fn intent(&self, _: Intent) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn outcome(&self, _: Arc<Outcome>) -> BoxFuture<'_, bool> {
        Box::pin(async {
            sleep(self.0).await;
            true
        })
    }
}
