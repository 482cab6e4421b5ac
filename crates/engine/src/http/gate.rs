//! One connection where one is enough: requests to a host of which nothing is known wait for the first connection to it, since
//! over HTTP/2 they share it (RFC 9113 §9.1).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use http::uri::Authority;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::tap::Tap;

/// Hosts that are remembered. Of one that is forgotten the next connection is a first one again.
const MOST_HOSTS: usize = 64;

/// How long after its beginning a first connection is waited for. A handshake that has not ended by then, as with a node that is dead
/// behind its balancer, holds up its own request alone. RFC 8305 §5 gives a first attempt as long before the next one begins, and curl
/// (`--happy-eyeballs-timeout-ms`) 200 ms.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// What is known of the hosts.
#[derive(Default)]
pub(super) struct Gates(Mutex<HashMap<Authority, Gate>>);

enum Gate {
    /// A first connection is being made, and waited for until then; the token is cancelled when that is over.
    Opening(CancellationToken, Instant),
    /// Every request has a connection of its own.
    Single,
    /// Requests share this one, as long as it is there.
    Shared(Weak<Tap>),
}

impl Gates {
    fn hosts(&self) -> MutexGuard<'_, HashMap<Authority, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while a first connection is being made, but not for long. `Some`: this request is the one to make it.
    pub(super) async fn pass(self: &Arc<Self>, host: &Authority) -> Option<Lead> {
        let (opening, until) = {
            let mut hosts = self.hosts();
            match hosts.get(host) {
                Some(Gate::Opening(opening, until)) => (opening.clone(), *until),
                Some(Gate::Single) => return None,
                Some(Gate::Shared(connection)) if connection.strong_count() > 0 => return None,
                _ => {
                    if hosts.len() >= MOST_HOSTS {
                        hosts.clear();
                    }
                    let opening = CancellationToken::new();
                    let until = Instant::now() + LONGEST_WAIT;
                    hosts.insert(host.clone(), Gate::Opening(opening.clone(), until));
                    return Some(Lead {
                        gates: Arc::clone(self),
                        host: host.clone(),
                        opening,
                        found: None,
                    });
                }
            }
        };
        // Once is enough: where it failed, waiting for one after the other would add up their time-outs.
        let _ = timeout_at(until, opening.cancelled()).await;
        None
    }
}

/// Makes a first connection. Others wait until it is dropped.
pub(super) struct Lead {
    gates: Arc<Gates>,
    host: Authority,
    opening: CancellationToken,
    found: Option<Gate>,
}

impl Lead {
    /// There is a connection, which is shared where it is given.
    pub(super) fn opened(mut self, shared: Option<Weak<Tap>>) {
        self.found = Some(shared.map_or(Gate::Single, Gate::Shared));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut hosts = self.gates.hosts();
        match self.found.take() {
            Some(found) => hosts.insert(self.host.clone(), found),
            None => hosts.remove(&self.host),
        };
        drop(hosts);
        self.opening.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};
    use tokio::time::timeout;

    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut context) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_connection_that_is_not_made_holds_up_nobody_else() {
        let (gates, host) = (Arc::new(Gates::default()), Authority::from_static("a.test"));
        let _lead = now(gates.pass(&host)).flatten().expect("the first leads");
        let started = Instant::now();
        let all = async { tokio::join!(gates.pass(&host), gates.pass(&host)) };
        let passed = timeout(Duration::from_secs(10), all)
            .await
            .expect("in time");
        assert!(passed.0.is_none() && passed.1.is_none());
        assert_eq!(started.elapsed().as_millis() / 10, 25);
        assert!(now(gates.pass(&host)).expect("no wait any more").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_leads_and_the_others_follow() {
        let (gates, host) = (Arc::new(Gates::default()), Authority::from_static("a.test"));
        let lead = now(gates.pass(&host)).flatten().expect("the first leads");
        assert!(now(gates.pass(&host)).is_none(), "the second waits");
        let other = Authority::from_static("b.test");
        assert!(now(gates.pass(&other)).flatten().is_some(), "another host");
        let connection = Arc::new(Tap::default());
        lead.opened(Some(Arc::downgrade(&connection)));
        assert!(now(gates.pass(&host)).expect("no wait").is_none());
        drop(connection);
        assert!(now(gates.pass(&host)).flatten().is_some(), "it is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_lets_all_go_at_once() {
        let (gates, host) = (Arc::new(Gates::default()), Authority::from_static("a.test"));
        let lead = now(gates.pass(&host)).flatten().expect("the first leads");
        let mut waiting = [0; 3].map(|_| Box::pin(gates.pass(&host)));
        assert!(
            waiting
                .iter_mut()
                .all(|waiting| now(waiting.as_mut()).is_none())
        );
        drop(lead);
        for waiting in &mut waiting {
            assert!(now(waiting.as_mut()).expect("no wait").is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_requests_share_nothing_none_waits_a_second_time() {
        let (gates, host) = (Arc::new(Gates::default()), Authority::from_static("a.test"));
        now(gates.pass(&host))
            .flatten()
            .expect("the first leads")
            .opened(None);
        for _ in 0..3 {
            assert!(now(gates.pass(&host)).expect("no wait").is_none());
        }
    }
}
