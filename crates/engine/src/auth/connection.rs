//! One request to an endpoint of the platform that needs no token: for a token, or for the address of the API.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, USER_AGENT,
};
use http::{Method, Uri};

use super::refusal;
use crate::clock::WallClock;
use crate::error::{Code, Error};
use crate::http::{
    Answer, Fault, IDENTITY, MAX_ANSWER_BYTES, OWN_USER_AGENT, Peer, ProxyUse, Request, Transport,
    Witness, sentence,
};

/// The way to such an endpoint.
#[derive(Clone)]
pub struct Connection {
    /// Carries the requests.
    pub transport: Arc<dyn Transport>,
    /// The bound on one request, its answer included. Default [`Self::DEFAULT_TIMEOUT`].
    pub timeout: Duration,
    /// The time of day, for a `Retry-After` that is a date.
    pub clock: WallClock,
}

impl Connection {
    /// The bound on one request, unless told otherwise.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
}

/// No answer.
pub(crate) struct Unanswered {
    /// Why.
    pub(crate) fault: Fault,
    /// What a proxy has to do with it.
    pub(crate) proxy: ProxyUse,
    /// Whether the request may have left.
    pub(crate) left: bool,
}

impl Unanswered {
    /// As the error of a request for a token.
    pub(crate) fn error(&self) -> Error {
        refusal::unanswered(self.fault)
    }
}

impl Connection {
    /// Reads an address, once.
    pub(crate) async fn get(&self, uri: &Uri) -> Result<Answer, Unanswered> {
        (self.send(Method::GET, uri, HeaderMap::new(), Bytes::new())).await
    }

    /// Asks whether a host is there: one HEAD on a connection of its own, without a token. Returns the `Date` of the answer, if
    /// there was one: a server that takes a connection is there, even if HEAD is beneath it.
    pub async fn probe(&self, uri: &Uri, peer: Peer) -> Result<Option<String>, Error> {
        let asked = self.request(Method::HEAD, uri, HeaderMap::new(), Bytes::new());
        let asked = Request {
            fresh_connection: true,
            most_answer_bytes: MAX_ANSWER_BYTES,
            ..asked
        };
        match self.carry(asked).await {
            Ok(answer) => {
                let date = answer.headers.get(DATE);
                Ok(date.and_then(|date| date.to_str().ok()).map(str::to_owned))
            }
            Err(Unanswered {
                left: true, fault, ..
            }) if fault.kind.cause().is_none() => Ok(None),
            Err(Unanswered { fault, proxy, .. }) => {
                let error = Error::not_sent(Code::Connect, sentence(fault.kind, peer));
                Err(proxy
                    .explain(fault.kind, error)
                    .distrusting(fault.kind.cause()))
            }
        }
    }

    /// Posts a body with its media type, once, with the `Authorization` of a client where it has one.
    pub(super) async fn post(
        &self,
        uri: &Uri,
        (media_type, body): (&'static str, Bytes),
        authorization: Option<HeaderValue>,
    ) -> Result<Answer, Unanswered> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
        self.send(Method::POST, uri, headers, body).await
    }

    async fn send(
        &self,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Unanswered> {
        self.carry(self.request(method, uri, headers, body)).await
    }

    fn request(&self, method: Method, uri: &Uri, mut headers: HeaderMap, body: Bytes) -> Request {
        // Without it the platform may answer in HTML.
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, IDENTITY);
        headers.insert(USER_AGENT, HeaderValue::from_static(OWN_USER_AGENT));
        Request {
            method,
            uri: uri.clone(),
            headers,
            body,
            witness: Witness::default(),
            timeout: self.timeout,
            fresh_connection: false,
            most_answer_bytes: MAX_ANSWER_BYTES,
        }
    }

    async fn carry(&self, request: Request) -> Result<Answer, Unanswered> {
        // Bounded, since a caller that waits for the answer need not have a deadline.
        let _ = tokio::time::timeout(self.timeout, self.transport.ready()).await;
        let (uri, witness) = (request.uri.clone(), request.witness.clone());
        self.transport
            .send(request)
            .await
            .map_err(|fault| Unanswered {
                fault,
                proxy: self.transport.proxy_use(&uri),
                left: !witness.revoke(),
            })
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
