//! The time of day, twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use cxone_dtmf_engine::clock::WallClock;

use super::history::History;

/// The wait that an answer asks for.
#[derive(Clone, Copy)]
pub enum Wait {
    For(Duration),
    /// To be read against the program's clock.
    Until(SystemTime),
}

/// The wall clocks: the platform's, which is right, and the program's, which is set now and then.
#[derive(Clone)]
pub struct Clocks {
    history: History,
    offset: Arc<AtomicI64>,
}

impl Clocks {
    pub fn new(history: History) -> Self {
        Self {
            history,
            offset: Arc::default(),
        }
    }

    /// Sets the program's clock, so many seconds from the right time.
    pub fn jump(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }

    /// How long that is from now, as the program reads it.
    pub fn until(&self, wait: Wait) -> Duration {
        match wait {
            Wait::For(wait) => wait,
            Wait::Until(date) => date
                .duration_since(self.of_the_program().now())
                .unwrap_or_default(),
        }
    }

    /// The platform's time.
    pub fn right(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_790_000_000_250) + self.history.now()
    }

    /// The program's clock.
    pub fn of_the_program(&self) -> WallClock {
        let clocks = self.clone();
        WallClock::from_fn(move || {
            let offset = clocks.offset.load(Ordering::Relaxed);
            let distance = Duration::from_secs(offset.unsigned_abs());
            if offset < 0 {
                clocks.right() - distance
            } else {
                clocks.right() + distance
            }
        })
    }
}
