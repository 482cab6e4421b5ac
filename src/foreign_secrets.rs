//! Secrets that functions of the program give, asked at each request for a token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::outbox::Outbox;
use super::record::{CauseForgotten, SecretNotWanted, SecretWanted};
use super::thrown::Thrown;
use cxone_dtmf_engine::auth::{AskSecret, Credential};
use cxone_dtmf_engine::error::{Cause, Code, Error};
use cxone_dtmf_engine::{BoxFuture, Secret};

/// How long such a function may take, as long as `getAccessToken` of a program's own client.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest secret, in bytes. A head or a form that holds more is refused by most servers.
const LONGEST: usize = 8192;

/// The functions of one auth client.
pub struct ForeignSecrets {
    client: f64,
    outbox: Arc<Outbox>,
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    last: u32,
    waiting: HashMap<u32, Call>,
}

struct Call {
    option: &'static str,
    answer: oneshot::Sender<Result<Secret, Error>>,
}

impl ForeignSecrets {
    pub fn new(client: f64, outbox: Arc<Outbox>) -> Arc<Self> {
        Arc::new(Self {
            client,
            outbox,
            calls: Mutex::default(),
        })
    }

    /// The secret that the function under this option gives.
    pub fn credential(self: &Arc<Self>, option: &'static str) -> Credential {
        Credential::Asked(Arc::new(ForeignSecret {
            option,
            secrets: Arc::clone(self),
        }))
    }

    /// JavaScript answered; `None` is what is no text.
    pub fn answered(&self, request: u32, secret: Option<String>) {
        let secret = secret.map(Secret::new);
        self.finish(request, |option| {
            let lawful = secret.filter(|secret| (1..=LONGEST).contains(&secret.expose().len()));
            lawful.ok_or_else(|| {
                let message = format!(
                    "OAuth authentication failed: {option}() must give a string of 1 to {LONGEST} bytes"
                );
                Error::not_sent(Code::Auth, message)
            })
        });
    }

    /// JavaScript threw. It keeps what was thrown under the number `cause`.
    pub fn threw(&self, request: u32, thrown: &Thrown, cause: u64) {
        let outbox = Arc::clone(&self.outbox);
        let cause = Cause::new(cause, move |cause| {
            outbox.push(&CauseForgotten { cause });
        });
        let kind = thrown.kind.as_deref();
        let kind = kind.unwrap_or("it threw something without a known name");
        self.finish(request, |option| {
            let message = format!("OAuth authentication failed: {option}() failed: {kind}");
            let error = Error::not_sent(Code::Auth, message).caused_by(Some(cause));
            Err(error.retryable(None))
        });
    }

    fn finish(&self, request: u32, answer: impl FnOnce(&str) -> Result<Secret, Error>) {
        let call = self.calls().waiting.remove(&request);
        if let Some(call) = call {
            // A request that gave up needs no answer.
            let _ = call.answer.send(answer(call.option));
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the functions.
struct ForeignSecret {
    option: &'static str,
    secrets: Arc<ForeignSecrets>,
}

impl ForeignSecret {
    async fn current(&self) -> Result<Secret, Error> {
        let (answer, answered) = oneshot::channel();
        let asking = self.begin(answer);
        let answer = timeout(PATIENCE, answered).await;
        drop(asking);
        match answer {
            Ok(Ok(answer)) => answer,
            _ => Err(Error::not_sent(
                Code::Auth,
                format!(
                    "OAuth authentication failed: {}() did not answer within 5 seconds",
                    self.option
                ),
            )
            .retryable(None)),
        }
    }

    fn begin(&self, answer: oneshot::Sender<Result<Secret, Error>>) -> Asking<'_> {
        let ForeignSecrets { client, outbox, .. } = &*self.secrets;
        let mut calls = self.secrets.calls();
        calls.last = calls.last.wrapping_add(1);
        let request = calls.last;
        let option = self.option;
        calls.waiting.insert(request, Call { option, answer });
        drop(calls);
        outbox.push(&SecretWanted {
            client: *client,
            request,
            option,
        });
        Asking {
            secrets: &self.secrets,
            request,
        }
    }
}

impl AskSecret for ForeignSecret {
    fn ask(&self) -> BoxFuture<'_, Result<Secret, Error>> {
        Box::pin(self.current())
    }
}

/// A call under way. Dropped before its answer, it tells JavaScript to give up.
struct Asking<'a> {
    secrets: &'a ForeignSecrets,
    request: u32,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let abandoned = self.secrets.calls().waiting.remove(&self.request);
        if abandoned.is_some() {
            self.secrets.outbox.push(&SecretNotWanted {
                client: self.secrets.client,
                request: self.request,
            });
        }
    }
}
