//! One schedule of the rate limit, as the server keeps it.

use std::sync::LazyLock;
use std::time::Duration;

use crate::fleet::keys::Keys;
use crate::fleet::script::Script;
use crate::fleet::store::{Arg, Store, StoreError, Value};
use crate::rate_limit::Gcra;

/// The formula in Lua, with which every script of a schedule begins.
pub const GCRA_LUA: &str = include_str!("../scripts/rate_gcra.lua");

macro_rules! schedule_script {
    ($file:literal) => {
        LazyLock::new(|| {
            Script::new(concat!(
                include_str!("../scripts/rate_gcra.lua"),
                include_str!("../scripts/rate_schedule.lua"),
                include_str!($file)
            ))
        })
    };
}

static RESERVE: LazyLock<Script> = schedule_script!("../scripts/rate_reserve.lua");
static CANCEL: LazyLock<Script> = schedule_script!("../scripts/rate_cancel.lua");
static HOLD_BACK: LazyLock<Script> = schedule_script!("../scripts/rate_hold_back.lua");

/// The longest wait that a server is asked for: Lua's numbers are exact up to it, with room for the time of day.
const LONGEST_WAIT: u64 = 1 << 52;

/// A rate, and the key of its schedule.
#[derive(Clone, Debug)]
pub struct SharedSchedule {
    key: String,
    rate: Gcra,
}

/// The answer to [`SharedSchedule::reserve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedReservation {
    /// A slot is reserved.
    Slot {
        /// How long to wait for it.
        wait: Duration,
        /// What cancels it: the schedule after it, in microseconds by the server's clock.
        after: u64,
    },
    /// The slot is too far away, and nothing is reserved.
    TooFar {
        /// How long the wait would have been.
        wait: Duration,
    },
}

impl SharedSchedule {
    /// The schedule of a call.
    #[must_use]
    pub fn new(keys: &Keys, scope: &str, call: &str, rate: Gcra) -> Self {
        Self {
            key: keys.of_call("rate", &keys.call(scope, call)),
            rate,
        }
    }

    /// Reserves the next free slot, if it is at most `longest` away.
    pub async fn reserve(
        &self,
        store: &Store,
        longest: Duration,
    ) -> Result<SharedReservation, StoreError> {
        let args = [
            Arg::Number(self.rate.interval()),
            Arg::Number(self.rate.tolerance()),
            micros(longest),
        ];
        let Value::Array(answer) = store.run(&RESERVE, &[&self.key], &args).await? else {
            return Err(StoreError::Unreadable);
        };
        let duration = |micros: i64| Duration::from_micros(micros.unsigned_abs());
        match *answer.as_slice() {
            [Value::Int(1), Value::Int(wait), Value::Int(after)] => Ok(SharedReservation::Slot {
                wait: duration(wait),
                after: after.unsigned_abs(),
            }),
            [Value::Int(0), Value::Int(wait)] => Ok(SharedReservation::TooFar {
                wait: duration(wait),
            }),
            _ => Err(StoreError::Unreadable),
        }
    }

    /// Gives an unused slot back, if none was reserved after it.
    pub async fn cancel(&self, store: &Store, after: u64) -> Result<(), StoreError> {
        let args = [Arg::Number(after), Arg::Number(self.rate.interval())];
        store.run(&CANCEL, &[&self.key], &args).await.map(drop)
    }

    /// Nothing leaves for so long, except what has its reservation already.
    pub async fn hold_back(&self, store: &Store, wait: Duration) -> Result<(), StoreError> {
        let args = [micros(wait), Arg::Number(self.rate.tolerance())];
        store.run(&HOLD_BACK, &[&self.key], &args).await.map(drop)
    }
}

fn micros(duration: Duration) -> Arg<'static> {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    Arg::Number(micros.min(LONGEST_WAIT))
}
