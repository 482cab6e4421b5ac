//! The decision after a failed attempt.

use std::time::Duration;

use fastrand::Rng;

use super::backoff::{self, DEFAULT_BASE, DEFAULT_CAP};
use super::budget::{Budget, THROTTLED_COST, TRANSIENT_COST};
use super::failure::{Failure, Resend};

/// How often an injection may be sent again at once because it never left.
pub const MAX_UNSENT_RESENDS: u32 = 2;

/// How many attempts an injection has unless it asks for more: it is sent once.
pub const DEFAULT_MAX_ATTEMPTS: u32 = 1;

/// The shortest wait that is taken for one that was meant.
const LEAST_RETRY_AFTER: Duration = Duration::from_secs(1);

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

/// What one injection has tried so far.
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

    /// Whether a retry with a fresh token was made already.
    #[must_use]
    pub const fn had_fresh_token(&self) -> bool {
        self.fresh_token
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
    /// Where it is set, a wait beyond the deadline is cut so that this is left for a last try. Default none: then such a
    /// wait is the end.
    pub last_try: Option<Duration>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            base: DEFAULT_BASE,
            cap: DEFAULT_CAP,
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            last_try: None,
        }
    }
}

impl Policy {
    /// Decides what follows a failed attempt, and keeps count in `progress` and `budget`.
    ///
    /// `remaining` is the time to the deadline; a wait must be shorter. `budget` comes with the time on its monotonic
    /// clock; without one, retries cost nothing. Nothing is taken from it unless the answer is [`Decision::Again`].
    pub fn decide(
        &self,
        progress: &mut Progress,
        failure: &Failure,
        remaining: Duration,
        budget: Option<(&mut Budget, Duration)>,
        rng: &mut Rng,
    ) -> Decision {
        let Some(kind) = Kind::of(progress, failure) else {
            return Decision::Stop(StopReason::Final);
        };
        if (budget.as_ref()).is_some_and(|(budget, _)| budget.allows_nothing()) {
            return Decision::Stop(StopReason::Budget);
        }
        let cost = kind.cost();
        if cost.is_some() {
            progress.counted = progress.counted.saturating_add(1);
            if progress.counted >= self.max_attempts {
                return Decision::Stop(StopReason::Exhausted);
            }
        }
        let delay = self.delay(kind, progress.backoffs, failure.retry_after, rng);
        let Some(delay) = self.within(delay, remaining) else {
            return Decision::Stop(StopReason::PastDeadline);
        };
        if let (Some(cost), Some((budget, now))) = (cost, budget)
            && !budget.take(now, cost)
        {
            return Decision::Stop(StopReason::Budget);
        }
        progress.record(kind);
        Decision::Again {
            delay,
            fresh_token: kind == Kind::FreshToken,
            new_connection: kind == Kind::NewConnection,
        }
    }

    /// The wait that was asked for, or the back-off. To ask for no wait, as a date in the past does, or for less than the
    /// second that is the least a `Retry-After` can name (RFC 9110 §10.2.3), does not shorten the back-off.
    fn delay(&self, kind: Kind, backoffs: u32, asked: Option<Duration>, rng: &mut Rng) -> Duration {
        if let Some(asked) = asked.filter(|asked| *asked >= LEAST_RETRY_AFTER) {
            return backoff::upward(asked, rng);
        }
        let backoff = match kind {
            Kind::Transient => backoff::full_jitter(self.base, self.cap, backoffs, rng),
            Kind::Throttled => backoff::throttled(backoffs, rng),
            Kind::Unsent | Kind::FreshToken | Kind::NewConnection => Duration::ZERO,
        };
        backoff.max(asked.unwrap_or_default())
    }

    /// The wait, where it ends before the deadline or can be made to.
    fn within(&self, delay: Duration, remaining: Duration) -> Option<Duration> {
        let longest = match self.last_try {
            None => return (delay < remaining).then_some(delay),
            Some(last_try) => remaining.saturating_sub(last_try),
        };
        (!remaining.is_zero() && (delay.is_zero() || !longest.is_zero()))
            .then(|| delay.min(longest))
    }
}

/// How one resend is made, after what was already tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unsent,
    NewConnection,
    FreshToken,
    Transient,
    Throttled,
}

impl Kind {
    fn of(progress: &Progress, failure: &Failure) -> Option<Self> {
        let kind = match failure.resend {
            Resend::Never => None,
            Resend::Unsent if progress.unsent < MAX_UNSENT_RESENDS => Some(Self::Unsent),
            Resend::Unsent | Resend::Transient => Some(Self::Transient),
            Resend::NewConnection => (!progress.new_connection).then_some(Self::NewConnection),
            Resend::FreshToken => (!progress.fresh_token).then_some(Self::FreshToken),
            Resend::Throttled => Some(Self::Throttled),
        };
        kind.filter(|_| failure.may_be_resent())
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
    fn record(&mut self, kind: Kind) {
        match kind {
            Kind::Unsent => self.unsent = self.unsent.saturating_add(1),
            Kind::NewConnection => self.new_connection = true,
            Kind::FreshToken => self.fresh_token = true,
            Kind::Transient | Kind::Throttled => self.backoffs = self.backoffs.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests;
