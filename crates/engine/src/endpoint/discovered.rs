//! The address of a tenant's API as the platform tells it: in the answer that granted the token, or else by
//! `GET {issuer}/.well-known/cxone-configuration?tenantId=…`.
//!
//! Tokens and digits go to the address of the answer, so [`AllowedHosts`] decides which ones they may go to, before
//! anything connects there. The request itself carries no token. Nothing else of what the platform says is followed: client
//! and access key go to the configured token endpoint alone, whatever `auth_endpoint` is.

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
use crate::auth::{Connection, LONGEST_PAUSE, Tenant, Token, Unanswered, pause};
use crate::error::{Code, Error};
use crate::http::{Answer, AnswerBody};
use crate::json;
use crate::origin::{is_of_platform, request_uri};
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
    auth_url: Url,
    allowed: AllowedHosts,
    last: Mutex<Option<Last>>,
}

/// The last answer, of one tenant; of the area that tokens come from, where they name no tenant.
struct Last {
    tenant: Option<Arc<Tenant>>,
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
    /// `auth_url` has passed [`crate::origin::base_url`].
    #[must_use]
    pub fn new(connection: Connection, auth_url: &Url, allowed: AllowedHosts) -> Self {
        Self {
            origin: auth_url.origin().ascii_serialization().into(),
            lookup: Arc::new(Lookup {
                connection,
                auth_url: auth_url.clone(),
                allowed,
                last: Mutex::default(),
            }),
        }
    }
}

impl Lookup {
    /// The address, when it is known and no request is under way.
    fn known(&self, tenant: Option<&Tenant>) -> Option<Url> {
        let last = self.last.try_lock().ok()?;
        let last = last.as_ref().filter(|last| last.holds(tenant))?;
        match &last.known {
            Known::Address(base) => Some(base.clone()),
            Known::Failure { .. } => None,
        }
    }

    async fn find(&self, tenant: Option<Arc<Tenant>>) -> Result<Url, Error> {
        // Held while asking: callers that come meanwhile wait for the answer instead of asking as well.
        let mut last = self.last.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.holds(tenant.as_deref())) {
            return last.result();
        }
        let before = last.take().filter(|last| last.tenant == tenant);
        let (known, lasts) = match (
            self.ask(tenant.as_deref()).await,
            before.map(|last| last.known),
        ) {
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
            tenant,
            known,
            until: Instant::now() + lasts,
        });
        next.result()
    }

    async fn ask(&self, tenant: Option<&Tenant>) -> Result<Url, Error> {
        let uri = request_uri(&self.question(tenant))?;
        let answer = self.connection.get(&uri).await;
        let answer = answer.map_err(|unanswered| unreachable(&unanswered))?;
        self.read(&answer, tenant).map_err(|mut error| {
            let now = self.connection.clock.now();
            error.retry_after = retry_after_of(&answer.headers, now);
            error
        })
    }

    /// Where the configuration is asked for: at the origin (RFC 8615) of the one who issued the token, as Cognigy's extension
    /// does. Tokens that name no tenant are those of an area, whose own origin tells its addresses (`PSInContact`).
    fn question(&self, tenant: Option<&Tenant>) -> Url {
        let issuer = tenant.and_then(|tenant| self.allowed.check(tenant.issuer.as_ref()?).ok());
        let mut url = issuer.unwrap_or_else(|| self.auth_url.clone());
        url.set_path("/.well-known/cxone-configuration");
        if let Some(id) = tenant.and_then(|tenant| tenant.id.as_ref()) {
            url.query_pairs_mut().append_pair("tenantId", id);
        }
        url
    }

    fn read(&self, answer: &Answer, tenant: Option<&Tenant>) -> Result<Url, Error> {
        let status = answer.status;
        if tenant.is_none() && status.is_client_error() && !is_transient(status.as_u16()) {
            return Err(failed(&format!(
                "no token names a tenant, and without one the platform answered {}; set apiUrl to the address of your area",
                status.as_u16()
            )));
        }
        if status == StatusCode::NOT_FOUND {
            return Err(failed("the platform does not know the tenant (404)"));
        }
        if status != StatusCode::OK {
            let mut error = failed(&format!("the platform answered {}", status.as_u16()));
            error.retryable = is_transient(status.as_u16());
            return Err(error);
        }
        let AnswerBody::Whole(body) = &answer.body else {
            let mut error = failed(&unread(&answer.body));
            error.retryable = answer.body == AnswerBody::Cut;
            return Err(error);
        };
        let body = json::parse(body);
        let address = body
            .as_ref()
            .and_then(|body| body.get("api_endpoint")?.as_str())
            .ok_or_else(|| failed("the answer has no api_endpoint"))?;
        self.base("api_endpoint", address)
    }

    /// An address of the platform as the base of the API.
    fn base(&self, name: &str, address: &str) -> Result<Url, Error> {
        let checked = self.allowed.check(address);
        let mut base = checked.map_err(|rule| failed(&format!("{name} {rule}")))?;
        // `resource_server_base_uri` ends in the first segment of all paths below: clients append `services/…` to it.
        if let Some((above, last)) = base.path().rsplit_once('/')
            && last.eq_ignore_ascii_case("incontactapi")
        {
            let above = above.to_owned();
            base.set_path(&above);
        }
        Ok(base)
    }
}

impl Last {
    /// Whether it answers for this tenant now.
    fn holds(&self, tenant: Option<&Tenant>) -> bool {
        self.tenant.as_deref() == tenant && Instant::now() < self.until
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

    fn api_origin(&self) -> Option<Arc<str>> {
        let at_platform =
            is_of_platform(&self.lookup.auth_url) && self.lookup.allowed.are_of_platform();
        at_platform.then(|| self.origin())
    }

    fn base<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<Url, Error>> {
        Box::pin(async move {
            let tenant = token.tenant.as_ref();
            // NICE's SDK prefers it to `api_endpoint`.
            if let Some(address) = tenant.and_then(|tenant| tenant.resource_server.as_ref()) {
                return self.lookup.base("resource_server_base_uri", address);
            }
            if let Some(base) = self.lookup.known(tenant.map(|tenant| &**tenant)) {
                return Ok(base);
            }
            let lookup = Arc::clone(&self.lookup);
            let tenant = tenant.cloned();
            // In a task of its own: a caller that gives up must not make the next one ask anew.
            let asking = async move { lookup.find(tenant).await };
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

/// Why a body cannot be had.
fn unread(body: &AnswerBody) -> String {
    match body {
        AnswerBody::Coded(coding) => {
            format!(
                "the answer has the content coding {coding}, which cannot be undone, though none was asked for"
            )
        }
        _ => "the answer broke off, or is longer than 64 KB".to_owned(),
    }
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
