//! The decision after a failed attempt.

use std::time::Duration;

use fastrand::Rng;

use crate::delivery::Delivery;
use crate::error::Code;

use super::backoff::{self, DEFAULT_BASE, DEFAULT_CAP};
use super::budget::{Budget, THROTTLED_COST, TRANSIENT_COST};

/// How often an injection may be sent again at once because it never left.
pub const MAX_UNSENT_RESENDS: u32 = 2;

/// How a failed attempt may be made again, as far as the answer alone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resend {
    /// Another attempt would fail alike, or could press the digits twice.
    Never,
    /// The request left nothing on the wire: again at once, not counted, at most
    /// [`MAX_UNSENT_RESENDS`] times per injection and then as [`Resend::Transient`].
    Unsent,
    /// The platform wants another connection (421, 425): again at once on a new one,
    /// counted, once per injection.
    NewConnection,
    /// The token was refused (401): again at once with a new one, not counted, once per injection.
    FreshToken,
    /// Passing trouble: again after a back-off, counted.
    Transient,
    /// Refused for haste (429): again after a longer back-off, counted.
    Throttled,
}

/// What one attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classification {
    /// What this attempt alone says of the digits.
    ///
    /// [`Delivery::Accepted`] is never sent again, whatever `resend` says; [`Delivery::Unknown`] only
    /// as `Transient` or `Throttled`, which a caller sets when its user allowed it.
    pub delivery: Delivery,
    /// The code of the error, should this attempt be the last.
    pub code: Code,
    /// Whether and how to try again.
    pub resend: Resend,
    /// The wait that the other side asked for. It is never undercut, whatever `resend` is.
    pub retry_after: Option<Duration>,
}

/// Why there is no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// The verdict allows none, or allowed only one and that was made.
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
    /// Give up with the error of the verdict.
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
        classification: &Classification,
        remaining: Duration,
        budget: &mut Budget,
        now: Duration,
        rng: &mut Rng,
    ) -> Decision {
        let Some(way) = Way::of(progress, classification) else {
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
        let delay = match (classification.retry_after, way) {
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
    fn of(progress: &Progress, classification: &Classification) -> Option<Self> {
        let way = match classification.resend {
            Resend::Never => None,
            Resend::Unsent if progress.unsent < MAX_UNSENT_RESENDS => Some(Self::Unsent),
            Resend::Unsent | Resend::Transient => Some(Self::Transient),
            Resend::NewConnection => (!progress.new_connection).then_some(Self::NewConnection),
            Resend::FreshToken => (!progress.fresh_token).then_some(Self::FreshToken),
            Resend::Throttled => Some(Self::Throttled),
        };
        let allowed = match classification.delivery {
            Delivery::NotSent | Delivery::Refused => true,
            Delivery::Unknown => {
                matches!(classification.resend, Resend::Transient | Resend::Throttled)
            }
            Delivery::Accepted => false,
        };
        way.filter(|_| allowed)
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
