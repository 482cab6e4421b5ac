//! Tokens from an auth client of the program's own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::outbox::Outbox;
use super::record::{TokenNotWanted, TokenRefused, TokenWanted};
use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::auth::{Token, TokenSource, is_bearer_token};
use cxone_dtmf_engine::error::{Code, Error};

/// How long the program's `getAccessToken` may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks JavaScript for a token. Requests that come while a call is under way share its answer.
pub struct ForeignTokens {
    injector: f64,
    outbox: Arc<Outbox>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The call under way.
    call: Option<Call>,
    calls: u32,
    generation: u64,
}

struct Call {
    request: u32,
    until: Instant,
    waiting: Vec<oneshot::Sender<Result<Token, Error>>>,
}

/// A request that waits for a call. The last one to leave gives the call up.
struct Waiting<'a> {
    tokens: &'a ForeignTokens,
    request: u32,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.tokens.state();
        let abandoned = state.call.take_if(|call| {
            call.request == self.request && call.waiting.iter().all(oneshot::Sender::is_closed)
        });
        drop(state);
        if abandoned.is_some() {
            self.tokens.outbox.push(&TokenNotWanted {
                injector: self.tokens.injector,
                request: self.request,
            });
        }
    }
}

impl ForeignTokens {
    pub fn new(injector: f64, outbox: Arc<Outbox>) -> Self {
        Self {
            injector,
            outbox,
            state: Mutex::default(),
        }
    }

    /// How many tokens JavaScript has given.
    pub fn received(&self) -> u64 {
        self.state().generation
    }

    /// JavaScript answered.
    pub fn answered(&self, request: u32, token: String) {
        let token = Secret::new(token);
        let mut state = self.state();
        state.generation += 1;
        let answer = if is_bearer_token(&token) {
            Ok(Token {
                value: token,
                generation: state.generation,
                tenant: None,
            })
        } else {
            Err(Error::not_sent(
                Code::Auth,
                "getAccessToken() of the auth client gave something that is not a bearer token (RFC 6750 section 2.1)",
            ))
        };
        drop(state);
        self.finish(request, &answer);
    }

    /// JavaScript failed. `what` names the kind of failure and holds nothing of its message.
    pub fn failed(&self, request: u32, what: &str) {
        let message = format!("getAccessToken() of the auth client failed: {what}");
        self.finish(request, &Err(Error::not_sent(Code::Auth, message)));
    }

    fn finish(&self, request: u32, answer: &Result<Token, Error>) {
        let call = self.state().call.take_if(|call| call.request == request);
        for waiting in call.into_iter().flat_map(|call| call.waiting) {
            // A request that gave up needs no answer.
            let _ = waiting.send(answer.clone());
        }
    }

    fn join(&self) -> (u32, Instant, oneshot::Receiver<Result<Token, Error>>) {
        let (sender, receiver) = oneshot::channel();
        let now = Instant::now();
        let mut state = self.state();
        if let Some(call) = state.call.as_mut().filter(|call| call.until > now) {
            call.waiting.push(sender);
            return (call.request, call.until, receiver);
        }
        let too_late = state.call.take();
        state.calls = state.calls.wrapping_add(1);
        let request = state.calls;
        let until = now + PATIENCE;
        state.call = Some(Call {
            request,
            until,
            waiting: vec![sender],
        });
        drop(state);
        if let Some(call) = too_late {
            self.outbox.push(&TokenNotWanted {
                injector: self.injector,
                request: call.request,
            });
        }
        self.outbox.push(&TokenWanted {
            injector: self.injector,
            request,
        });
        (request, until, receiver)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenSource for ForeignTokens {
    fn token(&self) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(async move {
            let (request, until, answer) = self.join();
            let _waiting = Waiting {
                tokens: self,
                request,
            };
            // Declared after `_waiting` and so dropped before it: `Waiting` looks whether its receiver is gone.
            let answer = answer;
            let answered = timeout_at(until, answer).await;
            match answered {
                Ok(Ok(answer)) => answer,
                _ => Err(Error::not_sent(
                    Code::Auth,
                    "getAccessToken() of the auth client did not answer within 5 seconds",
                )
                .retryable(None)),
            }
        })
    }

    fn invalidate(&self, _refused: &Token) {
        self.outbox.push(&TokenRefused {
            injector: self.injector,
        });
    }
}
