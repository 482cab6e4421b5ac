//! The scripts of the lock, and what they answer.

use std::sync::LazyLock;
use std::time::Duration;

use super::Terms;
use crate::fleet::script::Script;
use crate::fleet::store::{Arg, MARKER, Store, StoreError, Value};

/// How long a waiter that is not heard of keeps its place. It asks again [`POLL`] after its last question at the latest.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// How often who waits asks again, with a quarter of jitter, in case a message was missed.
pub const POLL: Duration = Duration::from_secs(2);

/// How long a call's last fence is remembered after its last lease. A server whose clock was set back by then gives
/// greater fences all the same; after it, only if the clock is right again.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// How many processes may wait for one call.
pub const MOST_TICKETS: u64 = 1_000;

static ACQUIRE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/acquire.lua")));
static RENEW: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/renew.lua")));
static LEAVE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/leave.lua")));
static DISMISS: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/dismiss.lua")));

/// The answer to a question for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The lease is given.
    Granted {
        /// Its number.
        fence: u64,
        /// Whether others wait behind it.
        wanted: bool,
    },
    /// Others have it, or come first.
    Waits {
        /// The place in line; to be named in the next question.
        ticket: u64,
        /// How many wait ahead.
        ahead: u64,
        /// How long another has the lease, unless it renews it.
        taken: Duration,
        /// How long none is given, since the server may have forgotten some.
        closed: Duration,
    },
    /// As many wait as may.
    Full,
    /// Sent away, since an outcome ahead is unknown.
    Dismissed,
}

/// One who asks for a lease: the process and a bell in it.
#[derive(Clone, Debug)]
pub struct Owner {
    name: String,
    lock: String,
    tickets: String,
    waiters: String,
    marker: String,
    wake: String,
}

impl Owner {
    /// Who rings by `waker` and asks for this call.
    #[must_use]
    pub fn new(store: &Store, waker: u64, scope: &str, call: &str) -> Self {
        let keys = store.keys();
        let call = keys.call(scope, call);
        Self {
            name: format!("{}:{waker}", store.process()),
            lock: keys.of_call("lock", &call),
            tickets: keys.of_call("tickets", &call),
            waiters: keys.of_call("waiters", &call),
            marker: keys.of_bucket(MARKER, call.bucket),
            wake: store.wake_prefix(),
        }
    }

    /// Asks for the lease. Asking again changes nothing but how long it lasts.
    pub async fn acquire(
        &self,
        store: &Store,
        terms: Terms,
        ticket: u64,
    ) -> Result<Asked, StoreError> {
        let keys = [&*self.lock, &self.tickets, &self.waiters, &self.marker];
        let args = [
            Arg::Text(&self.name),
            Arg::millis(terms.lease),
            Arg::millis(terms.patience),
            Arg::millis(REMEMBERED),
            Arg::Number(terms.most_tickets),
            Arg::Text(&self.wake),
            Arg::Run,
            Arg::Number(ticket),
        ];
        let answer = numbers(store.run(&ACQUIRE, &keys, &args).await?)?;
        match *answer.as_slice() {
            [1, fence, waiting] => Ok(Asked::Granted {
                fence,
                wanted: waiting > 0,
            }),
            [0, ticket, ahead, taken, closed] => Ok(Asked::Waits {
                ticket,
                ahead,
                taken: Duration::from_millis(taken),
                closed: Duration::from_millis(closed),
            }),
            [FULL] => Ok(Asked::Full),
            [DISMISSED] => Ok(Asked::Dismissed),
            _ => Err(StoreError::Unreadable),
        }
    }

    /// Makes the lease last again. `None` when it is lost, else whether others wait.
    pub async fn renew(&self, store: &Store, lease: Duration) -> Result<Option<bool>, StoreError> {
        let args = [
            Arg::Text(&self.name),
            Arg::millis(lease),
            Arg::millis(REMEMBERED),
        ];
        let answer = store
            .run(&RENEW, &[&self.lock, &self.tickets], &args)
            .await?;
        match *numbers(answer)?.as_slice() {
            [1, waiting] => Ok(Some(waiting > 0)),
            [0] => Ok(None),
            _ => Err(StoreError::Unreadable),
        }
    }

    /// Gives up whatever it has: the lease or the place in line.
    pub async fn leave(&self, store: &Store) -> Result<(), StoreError> {
        self.tell(store, &LEAVE).await
    }

    /// Sends those away who wait behind the lease.
    pub async fn reject_queued(&self, store: &Store) -> Result<(), StoreError> {
        self.tell(store, &DISMISS).await
    }

    async fn tell(&self, store: &Store, script: &Script) -> Result<(), StoreError> {
        let keys = [&*self.lock, &self.tickets, &self.waiters];
        let args = [Arg::Text(&self.name), Arg::Text(&self.wake)];
        store.run(script, &keys, &args).await.map(drop)
    }
}

/// -1 and -2, as [`numbers`] reads them.
const FULL: u64 = u64::MAX;
const DISMISSED: u64 = u64::MAX - 1;

fn numbers(answer: Value) -> Result<Vec<u64>, StoreError> {
    let Value::Array(values) = answer else {
        return Err(StoreError::Unreadable);
    };
    let numbers = values.into_iter().map(|value| match value {
        Value::Int(number) => Ok(number.cast_unsigned()),
        _ => Err(StoreError::Unreadable),
    });
    numbers.collect()
}
