//! One schedule of the rate limit, as the server keeps it.

use std::sync::LazyLock;
use std::time::Duration;

use crate::fleet::keys::Keys;
use crate::fleet::script::Script;
use crate::fleet::store::{Arg, Store, StoreError, Value};
use crate::rate_limit::gcra::Gcra;

/// The formula in Lua: what every script of a bucket begins with.
pub const CORE: &str = include_str!("../scripts/gcra.lua");

macro_rules! of_bucket {
    ($file:literal) => {
        LazyLock::new(|| {
            Script::new(concat!(
                include_str!("../scripts/gcra.lua"),
                include_str!("../scripts/bucket.lua"),
                include_str!($file)
            ))
        })
    };
}

static BOOK: LazyLock<Script> = of_bucket!("../scripts/book.lua");
static GIVE_BACK: LazyLock<Script> = of_bucket!("../scripts/give_back.lua");
static HOLD_BACK: LazyLock<Script> = of_bucket!("../scripts/hold_back.lua");

/// The longest wait that a server is asked for: numbers of Lua are exact up to it, with room for the time of day.
const LONGEST_WAIT: u64 = 1 << 52;

/// One rate and where its schedule is kept.
#[derive(Clone, Debug)]
pub struct Bucket {
    key: String,
    rate: Gcra,
}

/// The answer to a question for a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booked {
    /// It is booked.
    Slot {
        /// How long to wait for it.
        wait: Duration,
        /// What gives it back, in microseconds by the server's clock.
        after: u64,
    },
    /// It is too far away, and nothing is booked.
    TooFar {
        /// How long the wait would have been.
        wait: Duration,
    },
}

impl Bucket {
    /// The bucket of a call.
    #[must_use]
    pub fn new(keys: &Keys, scope: &str, call: &str, rate: Gcra) -> Self {
        Self {
            key: keys.of_call("rate", &keys.call(scope, call)),
            rate,
        }
    }

    /// Books the next free slot, if it is at most `longest` away.
    pub async fn book(&self, store: &Store, longest: Duration) -> Result<Booked, StoreError> {
        let args = [
            Arg::Number(self.rate.interval()),
            Arg::Number(self.rate.tolerance()),
            micros(longest),
        ];
        let Value::Array(answer) = store.run(&BOOK, &[&self.key], &args).await? else {
            return Err(StoreError::Unreadable);
        };
        let wait = |wait: i64| Duration::from_micros(wait.unsigned_abs());
        match *answer.as_slice() {
            [Value::Int(1), Value::Int(after_now), Value::Int(after)] => Ok(Booked::Slot {
                wait: wait(after_now),
                after: after.unsigned_abs(),
            }),
            [Value::Int(0), Value::Int(after_now)] => Ok(Booked::TooFar {
                wait: wait(after_now),
            }),
            _ => Err(StoreError::Unreadable),
        }
    }

    /// Gives an unused slot back, if nobody booked one after it.
    pub async fn give_back(&self, store: &Store, after: u64) -> Result<(), StoreError> {
        let args = [Arg::Number(after), Arg::Number(self.rate.interval())];
        store.run(&GIVE_BACK, &[&self.key], &args).await.map(drop)
    }

    /// Nobody goes for so long, who booked already excepted.
    pub async fn hold_back(&self, store: &Store, wait: Duration) -> Result<(), StoreError> {
        let args = [micros(wait), Arg::Number(self.rate.tolerance())];
        store.run(&HOLD_BACK, &[&self.key], &args).await.map(drop)
    }
}

fn micros(duration: Duration) -> Arg<'static> {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    Arg::Number(micros.min(LONGEST_WAIT))
}
