//! The course of one exchange, whichever the client.

use http::Method;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::uri::Scheme;
use tokio::time::{Instant, timeout};

use super::clients::{Client, Clients};
use super::fault::{self, Failure};
use super::message::{Answer, Fault, FaultKind, Request};
use super::network::Network;
use super::tap::Ride;
use super::witness::{Witness, WitnessedBody};

/// Sends once and reads the answer, all within the time of the request.
pub(super) async fn exchange<C: Client>(
    network: &Network,
    clients: &Clients<C>,
    request: Request,
) -> Result<Answer, Fault> {
    let started = Instant::now();
    let (within, most) = (request.timeout, request.most_answer_bytes);
    let mut ride = None;
    // Dropped after everything that runs below, on every way out.
    let mut departure = Departure::of(&request);
    let head = async {
        let client = clients.client(network, request.fresh_connection).await?;
        let tls = request.uri.scheme() == Some(&Scheme::HTTPS);
        let mut outgoing = outgoing(network, request);
        ride = C::follow(&mut outgoing);
        departure.reached = true;
        client.send(outgoing).await.map_err(|error| {
            let unjudged = ride.as_ref().is_some_and(Ride::may_be_unjudged);
            let Failure { kind, connected } = fault::read(&error, tls, unjudged);
            departure.reached = connected;
            Fault { kind }
        })
    };
    let response = timeout(within, head).await.unwrap_or(Err(Fault {
        kind: FaultKind::TimedOut,
    }));
    match response {
        Ok(response) => {
            let answer =
                Answer::read(response, within.saturating_sub(started.elapsed()), most).await;
            if let Some(ride) = ride {
                ride.keep(&answer.headers, network.options.pool_idle);
            }
            Ok(answer)
        }
        Err(fault) => {
            let known = ride.and_then(|ride| ride.heard());
            known.ok_or(fault)
        }
    }
}

fn outgoing(network: &Network, request: Request) -> http::Request<WitnessedBody> {
    let mut headers = request.headers;
    if request.body.is_empty() && request.method == Method::POST {
        // RFC 9110 §8.6. hyper leaves it out, and servers answer 411.
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    network.log_in(&request.uri, &mut headers);
    let mut outgoing = http::Request::new(WitnessedBody::new(request.body, request.witness));
    *outgoing.method_mut() = request.method;
    *outgoing.uri_mut() = request.uri;
    *outgoing.headers_mut() = headers;
    outgoing
}

/// Makes the witness final when the exchange ends, also when its future is dropped.
struct Departure {
    witness: Witness,
    /// The head may carry the digits, so that a body that was not pulled proves nothing.
    head_carries: bool,
    /// The request was given to the client, and nothing proved yet that it found no connection.
    reached: bool,
}

impl Departure {
    fn of(request: &Request) -> Self {
        Self {
            witness: request.witness.clone(),
            head_carries: request.body.is_empty() || request.uri.query().is_some(),
            reached: false,
        }
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        if self.head_carries && self.reached {
            self.witness.handed_over();
        } else {
            let _ = self.witness.revoke();
        }
    }
}
