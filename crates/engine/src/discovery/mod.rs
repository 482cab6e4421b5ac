//! Where the API of a tenant is, as the platform tells: `GET {authUrl}/.well-known/cxone-configuration?tenantId=…`.
//!
//! Tokens and digits go to the address of the answer, so [`hosts`] decides which ones they may go to, before
//! anything connects there. The question itself carries no token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, StatusCode};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tracing::instrument::WithSubscriber as _;
use url::Url;

use crate::BoxFuture;
use crate::auth::{Connection, Token, refusal};
use crate::endpoint::Endpoint;
use crate::error::{Code, Error};
use crate::http::{Answer, AnswerBody, Request, Witness};
use crate::origin::request_uri;
use crate::retry::{is_transient, retry_after};

pub mod hosts;

pub use hosts::AllowedHosts;

/// How long an answer is used before the platform is asked again: a tenant is rarely moved.
pub const FRESH_FOR: Duration = Duration::from_secs(60 * 60);

/// The pause after the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause, unless the platform asked for more.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// No answer makes a pause longer than this.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(60 * 60);

const OWN_USER_AGENT: &str = concat!("cxone-dtmf/", env!("CARGO_PKG_VERSION"));

/// Asks for the address and keeps it. Any number of callers share one question, and a caller that goes away takes
/// nothing from the others.
pub struct Discovered {
    origin: Arc<str>,
    question: Arc<Question>,
}

/// What is asked, and what is known by now.
struct Question {
    connection: Connection,
    url: Url,
    allowed: AllowedHosts,
    known: Mutex<Known>,
}

/// What is known by now, of one tenant.
#[derive(Default)]
enum Known {
    #[default]
    Nothing,
    Address {
        tenant: Arc<str>,
        base: Url,
        until: Instant,
    },
    Failure {
        tenant: Arc<str>,
        error: Error,
        step: Duration,
        until: Instant,
    },
}

impl Discovered {
    /// `auth_url` has passed [`crate::origin::base_url`]; the question goes to its origin (RFC 8615).
    #[must_use]
    pub fn new(connection: Connection, auth_url: &Url, allowed: AllowedHosts) -> Self {
        let mut url = auth_url.clone();
        url.set_path("/.well-known/cxone-configuration");
        Self {
            origin: auth_url.origin().ascii_serialization().into(),
            question: Arc::new(Question {
                connection,
                url,
                allowed,
                known: Mutex::default(),
            }),
        }
    }
}

impl Question {
    /// The address, when it is known and nobody is asking just now.
    fn known(&self, tenant: &Arc<str>) -> Option<Url> {
        match &*self.known.try_lock().ok()? {
            Known::Address {
                tenant: of,
                base,
                until,
            } if of == tenant && Instant::now() < *until => Some(base.clone()),
            _ => None,
        }
    }

    async fn find(&self, tenant: &Arc<str>) -> Result<Url, Error> {
        // Held while asking: who comes meanwhile waits for the answer instead of asking as well.
        let mut known = self.known.lock().await;
        let now = Instant::now();
        let mut old = None;
        let last_step = match &*known {
            Known::Address {
                tenant: of,
                base,
                until,
            } if of == tenant => {
                if now < *until {
                    return Ok(base.clone());
                }
                old = Some(base.clone());
                None
            }
            Known::Failure {
                tenant: of,
                error,
                until,
                step,
            } if of == tenant => {
                if now < *until {
                    return Err(error.clone().with_retry_after(*until - now));
                }
                Some(*step)
            }
            _ => None,
        };
        match (self.ask(tenant).await, old) {
            (Ok(base), _) => {
                tracing::debug!("discovered the address of the API");
                *known = Known::Address {
                    tenant: Arc::clone(tenant),
                    base: base.clone(),
                    until: Instant::now() + FRESH_FOR,
                };
                Ok(base)
            }
            // Passing trouble is no reason to forget where the API was a moment ago.
            (Err(error), Some(base)) if error.retryable => {
                *known = Known::Address {
                    tenant: Arc::clone(tenant),
                    base: base.clone(),
                    until: Instant::now() + LONGEST_PAUSE,
                };
                Ok(base)
            }
            (Err(error), _) => {
                let step = last_step.map_or(FIRST_PAUSE, |step| (step * 2).min(LONGEST_PAUSE));
                let asked = error
                    .retry_after
                    .unwrap_or_default()
                    .min(LONGEST_ASKED_PAUSE);
                let pause = step.max(asked);
                *known = Known::Failure {
                    tenant: Arc::clone(tenant),
                    error: error.clone(),
                    step,
                    until: Instant::now() + pause,
                };
                Err(error.with_retry_after(pause))
            }
        }
    }

    async fn ask(&self, tenant: &str) -> Result<Url, Error> {
        let Connection {
            transport,
            timeout: patience,
            clock,
        } = &self.connection;
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("tenantId", tenant);
        let uri = request_uri(&url)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(OWN_USER_AGENT));
        // Bounded, since who waits need not have a deadline.
        let _ = timeout(*patience, transport.ready()).await;
        let sent = transport.send(Request {
            method: Method::GET,
            uri: uri.clone(),
            headers,
            body: Bytes::new(),
            witness: Witness::default(),
            timeout: *patience,
            fresh_connection: false,
        });
        match sent.await {
            Ok(answer) => self.read(&answer).map_err(|mut error| {
                error.retry_after = retry_after::of_answer(&answer.headers, clock.now());
                error
            }),
            Err(fault) => {
                let of_tokens = refusal::unanswered(fault);
                let mut error =
                    failed("the platform could not be reached; check authUrl and the network");
                (error.code, error.retryable) = (of_tokens.code, of_tokens.retryable);
                Err(transport.proxy_use(&uri).explain(fault.kind, error))
            }
        }
    }

    fn read(&self, answer: &Answer) -> Result<Url, Error> {
        let status = answer.status;
        if status == StatusCode::NOT_FOUND {
            return Err(failed("the platform does not know the tenant (404)"));
        }
        if status != StatusCode::OK {
            let mut error = failed(&format!("the platform answered {}", status.as_u16()));
            error.retryable = is_transient(status.as_u16());
            return Err(error);
        }
        let AnswerBody::Whole(body) = &answer.body else {
            let mut error = failed("the answer broke off, or is longer than 64 KB");
            error.retryable = answer.body == AnswerBody::Cut;
            return Err(error);
        };
        let body: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        let address = body
            .as_ref()
            .and_then(|body| body.get("api_endpoint")?.as_str())
            .ok_or_else(|| failed("the answer has no api_endpoint"))?;
        self.allowed.check(address).map_err(failed)
    }
}

impl Endpoint for Discovered {
    fn origin(&self) -> Arc<str> {
        Arc::clone(&self.origin)
    }

    fn base<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<Url, Error>> {
        Box::pin(async move {
            let tenant = token.tenant.as_ref().ok_or_else(|| {
                failed("the token endpoint gave no id token that names a tenant; set apiUrl to the address of your area")
            })?;
            if let Some(base) = self.question.known(tenant) {
                return Ok(base);
            }
            let question = Arc::clone(&self.question);
            let tenant = Arc::clone(tenant);
            // In a task of its own: a caller that gives up must not make the next one ask anew.
            let asking = async move { question.find(&tenant).await };
            let asking = tokio::spawn(asking.with_current_subscriber());
            asking.await.unwrap_or_else(|_| {
                Err(failed(
                    "the question was dropped before it was answered; try again",
                ))
            })
        })
    }
}

impl fmt::Debug for Discovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovered")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

fn failed(why: &str) -> Error {
    Error::not_sent(Code::Auth, format!("Discovery of the API failed: {why}"))
}

#[cfg(test)]
mod tests;
