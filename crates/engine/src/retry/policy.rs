//! The decision after a failed attempt.

use std::time::Duration;

use fastrand::Rng;

use super::backoff::{self, DEFAULT_BASE, DEFAULT_CAP};
use super::budget::{Budget, THROTTLED_COST, TRANSIENT_COST};
use super::failure::{Failure, Resend};

/// How often an injection may be sent again at once because it never left.
pub const MAX_UNSENT_RESENDS: u32 = 2;

/// Why there is no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// The failure allows none, or allowed only one and that was made.
    Final,
    /// All attempts are used.
    Exhausted,
    /// The wait would not end before the deadline.
    PastDeadline,
    /// The retry budget is used up.
    Budget,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Give up with the error of the attempt.
    Stop(StopReason),
    /// Send again.
    Again {
        /// How long to wait first.
        delay: Duration,
        /// Whether to invalidate the token before.
        fresh_token: bool,
        /// Whether to send on a connection of its own.
        new_connection: bool,
    },
}

/// What was tried so far in one injection.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    counted: u32,
    backoffs: u32,
    unsent: u32,
    fresh_token: bool,
    new_connection: bool,
}

impl Progress {
    /// How many failed tries count against the greatest number of attempts.
    #[must_use]
    pub const fn counted(&self) -> u32 {
        self.counted
    }
}

/// The settings of resending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The first ceiling of the back-off, default 200 ms.
    pub base: Duration,
    /// The ceiling of every computed back-off, default 4 s. It does not shorten a `Retry-After`.
    pub cap: Duration,
    /// The greatest number of counted tries, the first included. Default 1; 0 is taken as 1.
    pub max_attempts: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            base: DEFAULT_BASE,
            cap: DEFAULT_CAP,
            max_attempts: 1,
        }
    }
}

impl Policy {
    /// Decides what follows a failed attempt, and keeps count in `progress` and `budget`.
    ///
    /// `remaining` is the time to the deadline of the injection; a wait must be shorter.
    /// `now` is the time on the budget's monotonic clock. Nothing is taken from the budget unless
    /// the answer is [`Decision::Again`].
    pub fn decide(
        &self,
        progress: &mut Progress,
        failure: &Failure,
        remaining: Duration,
        budget: &mut Budget,
        now: Duration,
        rng: &mut Rng,
    ) -> Decision {
        let Some(way) = Way::of(progress, failure) else {
            return Decision::Stop(StopReason::Final);
        };
        if budget.allows_nothing() {
            return Decision::Stop(StopReason::Budget);
        }
        let cost = way.cost();
        if cost.is_some() {
            progress.counted = progress.counted.saturating_add(1);
            if progress.counted >= self.max_attempts {
                return Decision::Stop(StopReason::Exhausted);
            }
        }
        let delay = match (failure.retry_after, way) {
            (Some(asked), _) => backoff::upward(asked, rng),
            (None, Way::Transient) => {
                backoff::full_jitter(self.base, self.cap, progress.backoffs, rng)
            }
            (None, Way::Throttled) => backoff::throttled(progress.backoffs, rng),
            (None, Way::Unsent | Way::FreshToken | Way::NewConnection) => Duration::ZERO,
        };
        if delay >= remaining {
            return Decision::Stop(StopReason::PastDeadline);
        }
        if cost.is_some_and(|cost| !budget.take(now, cost)) {
            return Decision::Stop(StopReason::Budget);
        }
        progress.note(way);
        Decision::Again {
            delay,
            fresh_token: way == Way::FreshToken,
            new_connection: way == Way::NewConnection,
        }
    }
}

/// The way of one resend, after what was already tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Unsent,
    NewConnection,
    FreshToken,
    Transient,
    Throttled,
}

impl Way {
    fn of(progress: &Progress, failure: &Failure) -> Option<Self> {
        let way = match failure.resend {
            Resend::Never => None,
            Resend::Unsent if progress.unsent < MAX_UNSENT_RESENDS => Some(Self::Unsent),
            Resend::Unsent | Resend::Transient => Some(Self::Transient),
            Resend::NewConnection => (!progress.new_connection).then_some(Self::NewConnection),
            Resend::FreshToken => (!progress.fresh_token).then_some(Self::FreshToken),
            Resend::Throttled => Some(Self::Throttled),
        };
        way.filter(|_| failure.may_be_resent())
    }

    /// What it takes from the budget, or `None` when it is free and not counted.
    const fn cost(self) -> Option<u32> {
        match self {
            Self::Unsent | Self::FreshToken => None,
            Self::NewConnection | Self::Transient => Some(TRANSIENT_COST),
            Self::Throttled => Some(THROTTLED_COST),
        }
    }
}

impl Progress {
    fn note(&mut self, way: Way) {
        match way {
            Way::Unsent => self.unsent = self.unsent.saturating_add(1),
            Way::NewConnection => self.new_connection = true,
            Way::FreshToken => self.fresh_token = true,
            Way::Transient | Way::Throttled => self.backoffs = self.backoffs.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests;
