//! A slot that is reserved in one schedule, or in two at once.

use std::sync::LazyLock;
use std::time::Duration;

use super::shared_schedule::{SharedSchedule, micros, schedule_script};
use crate::fleet::script::Script;
use crate::fleet::store::{Arg, REQUEST_TTL, Store, StoreError, Value};

static RESERVE: LazyLock<Script> = schedule_script!("../scripts/rate_reserve.lua");
static CANCEL: LazyLock<Script> = schedule_script!("../scripts/rate_cancel.lua");

/// How many slots are reserved at once at most: a script is a pause for all others.
const MOST: usize = 256;

/// The answer to [`SharedSlot::reserve`].
#[derive(Debug)]
pub enum SharedReservation {
    /// A slot is reserved, or several.
    Slot {
        /// How long to wait for it.
        wait: Duration,
        /// How many.
        slots: usize,
        /// The slot.
        slot: SharedSlot,
    },
    /// The slot is too far away, and nothing is reserved.
    TooFar {
        /// How long the wait would have been.
        wait: Duration,
    },
}

/// A slot, and what cancels it.
#[derive(Clone, Debug)]
pub struct SharedSlot {
    request: String,
    /// The schedules in which it is, each as it was after it, in microseconds by the server's clock.
    reserved: Vec<(SharedSchedule, u64)>,
}

impl SharedSlot {
    /// Reserves the next free slot, if it is at most `longest` away. Of two schedules, which must share a hash tag, the
    /// second is left out while either has to be waited for; of one, up to `most` slots that are free now come at once.
    pub async fn reserve(
        store: &Store,
        schedules: &[SharedSchedule],
        longest: Duration,
        most: usize,
    ) -> Result<SharedReservation, StoreError> {
        let request = store.new_request(schedules.first().map_or(0, SharedSchedule::tag));
        let mut keys = vec![&*request];
        let most = Arg::Number(u64::try_from(most.min(MOST)).unwrap_or(1));
        let mut args = vec![Arg::millis(REQUEST_TTL), micros(longest), most];
        for schedule in schedules {
            keys.push(schedule.key());
            args.push(Arg::Number(schedule.rate().interval()));
            args.push(Arg::Number(schedule.rate().tolerance()));
        }
        let Value::Array(answer) = store.run(&RESERVE, &keys, &args).await? else {
            return Err(StoreError::Unreadable);
        };
        let duration = |micros: i64| Duration::from_micros(micros.unsigned_abs());
        match *answer.as_slice() {
            [
                Value::Int(1),
                Value::Int(wait),
                Value::Int(first),
                Value::Int(second),
                Value::Int(slots),
            ] => {
                let afters = [first, second].map(i64::unsigned_abs);
                let reserved = schedules.iter().cloned().zip(afters);
                Ok(SharedReservation::Slot {
                    wait: duration(wait),
                    slots: usize::try_from(slots).unwrap_or(1),
                    slot: Self {
                        reserved: reserved.filter(|(_, after)| *after > 0).collect(),
                        request,
                    },
                })
            }
            [Value::Int(0), Value::Int(wait)] => Ok(SharedReservation::TooFar {
                wait: duration(wait),
            }),
            _ => Err(StoreError::Unreadable),
        }
    }

    /// In how many of the schedules it is reserved.
    #[must_use]
    pub fn count(&self) -> usize {
        self.reserved.len()
    }

    /// The first schedule after it, in microseconds by the server's clock.
    #[must_use]
    pub fn after(&self) -> u64 {
        self.reserved.first().map_or(0, |(_, after)| *after)
    }

    /// Gives it back unused, where none was reserved after it; of several, the last.
    pub async fn cancel(&self, store: &Store) -> Result<(), StoreError> {
        let mut keys = vec![&*self.request];
        let mut args = vec![Arg::millis(REQUEST_TTL)];
        for (schedule, after) in &self.reserved {
            keys.push(schedule.key());
            args.push(Arg::Number(*after));
            args.push(Arg::Number(schedule.rate().interval()));
        }
        store.run(&CANCEL, &keys, &args).await.map(drop)
    }
}
