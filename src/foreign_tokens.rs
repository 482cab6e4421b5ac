//! Tokens from an auth client of the program's own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::outbox::Outbox;
use super::record::{CauseForgotten, TokenNotWanted, TokenRefused, TokenWanted};
use super::thrown::Thrown;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::auth::{Token, is_bearer_token};
use cxone_dtmf_engine::error::{Cause, Code, Error};
use cxone_dtmf_engine::http::MAX_ANSWER_BYTES;

/// How long the program's `getAccessToken` may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest token, in bytes: no token endpoint can give a longer one.
const LONGEST: usize = MAX_ANSWER_BYTES;

/// The generation before the first one of these tokens. Those of a cache stay below, so that a refused token tells where it
/// came from.
pub const FIRST_GENERATION: u64 = 1 << 63;

/// What JavaScript says when it is asked for a token.
#[derive(Clone)]
pub enum Answer {
    Token(Token),
    /// That of the engine's own cache, since nothing is replaced.
    NotReplaced,
}

/// Asks JavaScript for a token. Requests that come while a call is under way share its answer.
pub struct ForeignTokens {
    injector: f64,
    outbox: Arc<Outbox>,
    state: Mutex<State>,
}

struct State {
    /// The call under way.
    call: Option<Call>,
    calls: u32,
    generation: u64,
}

struct Call {
    request: u32,
    until: Instant,
    waiting: Vec<oneshot::Sender<Result<Answer, Error>>>,
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
            state: Mutex::new(State {
                call: None,
                calls: 0,
                generation: FIRST_GENERATION,
            }),
        }
    }

    /// How many tokens JavaScript has given.
    pub fn received(&self) -> u64 {
        self.state().generation - FIRST_GENERATION
    }

    /// JavaScript answered.
    pub fn answered(&self, request: u32, token: String) {
        let token = Secret::new(token);
        let answer = if token.expose().len() > LONGEST {
            let message = format!(
                "getAccessToken() of the auth client gave a token of more than {LONGEST} bytes"
            );
            Err(Error::not_sent(Code::Auth, message))
        } else if is_bearer_token(&token) {
            let mut state = self.state();
            state.generation += 1;
            Ok(Answer::Token(Token {
                value: token,
                generation: state.generation,
                tenant: None,
            }))
        } else {
            Err(Error::not_sent(
                Code::Auth,
                "getAccessToken() of the auth client gave something that is not a bearer token (RFC 6750 section 2.1)",
            ))
        };
        self.finish(request, &answer);
    }

    /// JavaScript gave something else than text.
    pub fn no_text(&self, request: u32) {
        let message = "getAccessToken() of the auth client failed: it gave no string";
        self.finish(request, &Err(Error::not_sent(Code::Auth, message)));
    }

    /// JavaScript threw. It keeps what was thrown under the number `cause`.
    pub fn threw(&self, request: u32, thrown: &Thrown, cause: u64) {
        let outbox = Arc::clone(&self.outbox);
        let cause = Cause::new(cause, move |cause| {
            outbox.push(&CauseForgotten { cause });
        });
        let mut error = of_thrown(thrown).caused_by(Some(cause));
        error.retryable = thrown.is_transient();
        error.retry_after = thrown.retry_after(SystemTime::now());
        self.finish(request, &Err(error));
    }

    /// JavaScript found that nothing is replaced.
    pub fn not_replaced(&self, request: u32) {
        self.finish(request, &Ok(Answer::NotReplaced));
    }

    fn finish(&self, request: u32, answer: &Result<Answer, Error>) {
        let call = self.state().call.take_if(|call| call.request == request);
        for waiting in call.into_iter().flat_map(|call| call.waiting) {
            // A request that gave up needs no answer.
            let _ = waiting.send(answer.clone());
        }
    }

    fn join(&self) -> (u32, Instant, oneshot::Receiver<Result<Answer, Error>>) {
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

    /// A token of the program's own.
    pub async fn token(&self) -> Result<Token, Error> {
        match self.ask().await? {
            Answer::Token(token) => Ok(token),
            // It says so only of a client of this package.
            Answer::NotReplaced => Err(unanswered()),
        }
    }

    pub async fn ask(&self) -> Result<Answer, Error> {
        let (request, until, answer) = self.join();
        let _waiting = Waiting {
            tokens: self,
            request,
        };
        // Declared after `_waiting` and so dropped before it: `Waiting` looks whether its receiver is gone.
        let answer = answer;
        match timeout_at(until, answer).await {
            Ok(Ok(answer)) => answer,
            _ => Err(unanswered()),
        }
    }

    /// The platform refused a token of these.
    pub fn invalidate(&self) {
        self.outbox.push(&TokenRefused {
            injector: self.injector,
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unanswered() -> Error {
    Error::not_sent(
        Code::Auth,
        "getAccessToken() of the auth client did not answer within 5 seconds",
    )
    .retryable(None)
}

/// The error of this package that was thrown, such as by a client that was wrapped; else only of what kind it is.
fn of_thrown(thrown: &Thrown) -> Error {
    if let Some(told) = &thrown.dtmf {
        let code = match told.code() {
            Some(code @ (Code::Scope | Code::Connect)) => code,
            _ => Code::Auth,
        };
        return Error::not_sent(code, told.message.clone());
    }
    let kind = thrown.kind.as_deref();
    let kind = kind.unwrap_or("it threw something without a known name");
    Error::not_sent(
        Code::Auth,
        format!("getAccessToken() of the auth client failed: {kind}"),
    )
}
