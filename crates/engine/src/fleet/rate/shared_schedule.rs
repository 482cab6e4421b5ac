//! One schedule of the rate limit, as the server keeps it.

use std::sync::LazyLock;
use std::time::Duration;

use crate::fleet::keys::Keys;
use crate::fleet::script::Script;
use crate::fleet::store::{Arg, REQUEST_TTL, Store, StoreError};
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
pub(super) use schedule_script;

static HOLD_BACK: LazyLock<Script> = schedule_script!("../scripts/rate_hold_back.lua");

/// The longest wait that a server is asked for: Lua's numbers are exact up to it, with room for the time of day.
const LONGEST_WAIT: u64 = 1 << 52;

/// A rate, and the key of its schedule.
#[derive(Clone, Debug)]
pub struct SharedSchedule {
    key: String,
    tag: u16,
    rate: Gcra,
}

impl SharedSchedule {
    /// The schedule of a call.
    #[must_use]
    pub fn new(keys: &Keys, scope: &str, call: &str, rate: Gcra) -> Self {
        let call = keys.call(scope, call);
        Self {
            key: keys.rate(&call),
            tag: call.tag,
            rate,
        }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The hash tag of its key.
    pub(super) const fn tag(&self) -> u16 {
        self.tag
    }

    pub(super) const fn rate(&self) -> Gcra {
        self.rate
    }

    /// Nothing leaves for so long, except what has its reservation already.
    pub async fn hold_back(&self, store: &Store, wait: Duration) -> Result<(), StoreError> {
        let request = store.new_request(self.tag);
        let args = [
            Arg::millis(REQUEST_TTL),
            micros(wait),
            Arg::Number(self.rate.tolerance()),
        ];
        let keys = [&*request, &self.key];
        store.run(&HOLD_BACK, &keys, &args).await.map(drop)
    }
}

pub(super) fn micros(duration: Duration) -> Arg<'static> {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    Arg::Number(micros.min(LONGEST_WAIT))
}
