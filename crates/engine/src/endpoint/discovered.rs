//! The address of a tenant's API as the platform tells it: `GET {authUrl}/.well-known/cxone-configuration?tenantId=…`.
//!
//! Tokens and digits go to the address of the answer, so [`AllowedHosts`] decides which ones they may go to, before
//! anything connects there. The request itself carries no token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::instrument::WithSubscriber as _;
use url::Url;

use super::allowed_hosts::AllowedHosts;
use super::seam::Endpoint;
use crate::BoxFuture;
use crate::auth::{Connection, LONGEST_PAUSE, Token, Unanswered, pause};
use crate::error::{Code, Error};
use crate::http::{Answer, AnswerBody};
use crate::origin::request_uri;
use crate::retry::{is_transient, retry_after_of};

/// How long an answer is used before the platform is asked again: a tenant is rarely moved.
const FRESH_FOR: Duration = Duration::from_secs(60 * 60);

/// Asks for the address and keeps it. Any number of callers share one request, and a caller that goes away takes
/// nothing from the others.
pub struct Discovered {
    origin: Arc<str>,
    lookup: Arc<Lookup>,
}

/// How the platform is asked, and the last answer.
struct Lookup {
    connection: Connection,
    url: Url,
    allowed: AllowedHosts,
    last: Mutex<Option<Last>>,
}

/// The last answer, of one tenant.
struct Last {
    tenant: Arc<str>,
    known: Known,
    /// Until when the platform is not asked again.
    until: Instant,
}

enum Known {
    Address(Url),
    Failure {
        error: Error,
        /// Failures in a row before this one.
        earlier: u32,
    },
}

impl Discovered {
    /// `auth_url` has passed [`crate::origin::base_url`]; the request goes to its origin (RFC 8615).
    #[must_use]
    pub fn new(connection: Connection, auth_url: &Url, allowed: AllowedHosts) -> Self {
        let mut url = auth_url.clone();
        url.set_path("/.well-known/cxone-configuration");
        Self {
            origin: auth_url.origin().ascii_serialization().into(),
            lookup: Arc::new(Lookup {
                connection,
                url,
                allowed,
                last: Mutex::default(),
            }),
        }
    }
}

impl Lookup {
    /// The address, when it is known and no request is under way.
    fn known(&self, tenant: &str) -> Option<Url> {
        let last = self.last.try_lock().ok()?;
        let last = last.as_ref().filter(|last| last.holds(tenant))?;
        match &last.known {
            Known::Address(base) => Some(base.clone()),
            Known::Failure { .. } => None,
        }
    }

    async fn find(&self, tenant: &Arc<str>) -> Result<Url, Error> {
        // Held while asking: callers that come meanwhile wait for the answer instead of asking as well.
        let mut last = self.last.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.holds(tenant)) {
            return last.result();
        }
        let before = last.take().filter(|last| *last.tenant == **tenant);
        let (known, lasts) = match (self.ask(tenant).await, before.map(|last| last.known)) {
            (Ok(base), _) => {
                tracing::debug!("discovered the address of the API");
                (Known::Address(base), FRESH_FOR)
            }
            // Passing trouble is no reason to forget where the API was a moment ago.
            (Err(error), Some(Known::Address(base))) if error.retryable => {
                (Known::Address(base), LONGEST_PAUSE)
            }
            (Err(error), before) => {
                let earlier = match before {
                    Some(Known::Failure { earlier, .. }) => earlier.saturating_add(1),
                    _ => 0,
                };
                let pause = pause(earlier, error.retry_after);
                (Known::Failure { error, earlier }, pause)
            }
        };
        let next = last.insert(Last {
            tenant: Arc::clone(tenant),
            known,
            until: Instant::now() + lasts,
        });
        next.result()
    }

    async fn ask(&self, tenant: &str) -> Result<Url, Error> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("tenantId", tenant);
        let uri = request_uri(&url)?;
        let answer = self.connection.get(&uri).await;
        let answer = answer.map_err(|unanswered| unreachable(&unanswered))?;
        self.read(&answer).map_err(|mut error| {
            let now = self.connection.clock.now();
            error.retry_after = retry_after_of(&answer.headers, now);
            error
        })
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

impl Last {
    /// Whether it answers for this tenant now.
    fn holds(&self, tenant: &str) -> bool {
        *self.tenant == *tenant && Instant::now() < self.until
    }

    fn result(&self) -> Result<Url, Error> {
        match &self.known {
            Known::Address(base) => Ok(base.clone()),
            Known::Failure { error, .. } => {
                let left = self.until.saturating_duration_since(Instant::now());
                Err(error.clone().with_retry_after(left))
            }
        }
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
            if let Some(base) = self.lookup.known(tenant) {
                return Ok(base);
            }
            let lookup = Arc::clone(&self.lookup);
            let tenant = Arc::clone(tenant);
            // In a task of its own: a caller that gives up must not make the next one ask anew.
            let asking = async move { lookup.find(&tenant).await };
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

/// The code and whether it may pass are those of a token request with the same fault.
fn unreachable(unanswered: &Unanswered) -> Error {
    let mut error = failed("the platform could not be reached; check authUrl and the network");
    let of_tokens = unanswered.error();
    (error.code, error.retryable) = (of_tokens.code, of_tokens.retryable);
    unanswered.proxy.explain(unanswered.fault.kind, error)
}

#[cfg(test)]
mod tests;
