//! The scripts of the lock, and what they reply.

use std::sync::LazyLock;
use std::time::Duration;

use super::terms::LeaseTerms;
use crate::fleet::script::Script;
use crate::fleet::store::{Arg, MARKER, REQUEST_TTL, Store, StoreError, Value};

/// How long the last fence of a call is kept after its last lease. If the clock of the server was set back meanwhile,
/// fences go on growing; after that time only if the clock is right again.
const FENCE_TTL: Duration = Duration::from_secs(60 * 60);

static ACQUIRE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/lock_acquire.lua")));
static RENEW: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/lock_renew.lua")));
static RELEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/lock_release.lua")));
static REJECT_QUEUED: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/lock_reject_queued.lua")));

/// The reply to [`LeaseClient::acquire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireReply {
    /// The lease is granted.
    Granted {
        /// Its number.
        fence: u64,
        /// Whether other processes wait for it.
        contended: bool,
    },
    /// Another process has it, or comes first.
    Queued {
        /// The position, to be passed to the next call.
        ticket: u64,
        /// How many wait ahead.
        ahead: u64,
        /// How long another process has the lease, unless it renews it.
        held_for: Duration,
        /// How long no lease is granted, since the server may have lost some.
        closed_for: Duration,
        /// The process that has the lease speaks another protocol: its queue is another one.
        other_protocol: bool,
    },
    /// As many wait as may.
    QueueFull,
    /// The waiter was removed, since an outcome ahead is unknown.
    Rejected,
    /// It was given up before this request arrived.
    GivenUp,
}

/// One request for the lease on a call. The server knows it by the process and the number of a waker in it.
#[derive(Clone, Debug)]
pub struct LeaseClient {
    id: String,
    lock: String,
    tickets: String,
    waiters: String,
    marker: String,
    request: String,
    wake_prefix: String,
}

impl LeaseClient {
    /// A request that is woken by this waker of the process.
    #[must_use]
    pub fn new(store: &Store, waker: u64, scope: &str, call: &str) -> Self {
        let keys = store.keys();
        let call = keys.call(scope, call);
        let id = format!("{}:{waker}", store.process());
        Self {
            lock: keys.lock(&call),
            request: keys.request(&id, call.tag),
            id,
            tickets: keys.of_call("tickets", &call),
            waiters: keys.of_call("waiters", &call),
            marker: keys.of_tag(MARKER, call.tag),
            wake_prefix: store.wake_prefix(),
        }
    }

    /// Asks for the lease, or once more for the position in the queue. Asking again changes nothing but how long they
    /// last. `ticket` is that of the last reply, or 0.
    pub async fn acquire(
        &self,
        store: &Store,
        terms: LeaseTerms,
        ticket: u64,
    ) -> Result<AcquireReply, StoreError> {
        let keys = [
            &*self.lock,
            &self.tickets,
            &self.waiters,
            &self.marker,
            &self.request,
        ];
        let args = [
            Arg::Text(&self.id),
            Arg::millis(terms.lease),
            Arg::millis(terms.waiter_ttl),
            Arg::millis(FENCE_TTL),
            Arg::Number(terms.max_waiting),
            Arg::Text(&self.wake_prefix),
            Arg::RunId,
            Arg::Number(ticket),
            Arg::Number(store.keys().protocol().into()),
        ];
        let reply = numbers(store.run(&ACQUIRE, &keys, &args).await?)?;
        match *reply.as_slice() {
            [1, fence, waiting] => Ok(AcquireReply::Granted {
                fence,
                contended: waiting > 0,
            }),
            [0, ticket, ahead, held_for, closed_for, other] => Ok(AcquireReply::Queued {
                ticket,
                ahead,
                held_for: Duration::from_millis(held_for),
                closed_for: Duration::from_millis(closed_for),
                other_protocol: other == 1,
            }),
            [QUEUE_FULL] => Ok(AcquireReply::QueueFull),
            [REJECTED] => Ok(AcquireReply::Rejected),
            [GIVEN_UP] => Ok(AcquireReply::GivenUp),
            _ => Err(StoreError::Unreadable),
        }
    }

    /// Extends the lease, and tells whether other processes wait for it. `None` when it is lost.
    pub async fn renew(&self, store: &Store, lease: Duration) -> Result<Option<bool>, StoreError> {
        let args = [
            Arg::Text(&self.id),
            Arg::millis(lease),
            Arg::millis(FENCE_TTL),
        ];
        let reply = store.run(&RENEW, &[&self.lock], &args).await?;
        match *numbers(reply)?.as_slice() {
            [1, waiting] => Ok(Some(waiting > 0)),
            [0] => Ok(None),
            _ => Err(StoreError::Unreadable),
        }
    }

    /// Gives up the lease or the position in the queue. No later request of this one gets either.
    pub async fn release(&self, store: &Store) -> Result<(), StoreError> {
        let keys = [&*self.lock, &self.tickets, &self.waiters, &self.request];
        let args = [
            Arg::Text(&self.id),
            Arg::Text(&self.wake_prefix),
            Arg::millis(REQUEST_TTL),
        ];
        store.run(&RELEASE, &keys, &args).await.map(drop)
    }

    /// Removes all waiters behind the lease. `number` counts the rejections under it.
    pub async fn reject_queued(&self, store: &Store, number: u32) -> Result<(), StoreError> {
        let keys = [&*self.lock, &self.tickets, &self.waiters];
        let args = [
            Arg::Text(&self.id),
            Arg::Text(&self.wake_prefix),
            Arg::Number(number.into()),
        ];
        store.run(&REJECT_QUEUED, &keys, &args).await.map(drop)
    }
}

/// -1 to -3, as [`numbers`] reads them.
const QUEUE_FULL: u64 = u64::MAX;
const REJECTED: u64 = u64::MAX - 1;
const GIVEN_UP: u64 = u64::MAX - 2;

fn numbers(reply: Value) -> Result<Vec<u64>, StoreError> {
    let Value::Array(values) = reply else {
        return Err(StoreError::Unreadable);
    };
    let numbers = values.into_iter().map(|value| match value {
        Value::Int(number) => Ok(number.cast_unsigned()),
        _ => Err(StoreError::Unreadable),
    });
    numbers.collect()
}
