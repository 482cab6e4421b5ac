//! Since when the store is away.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Since when the common order is not to be had: the store does not answer, or grants no leases.
#[derive(Debug, Default)]
pub(super) struct Availability(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    since: Option<Instant>,
    closed_until: Option<Instant>,
}

impl Availability {
    /// Whether the last question was answered.
    pub(super) fn observe(&self, answered: bool) {
        let now = Instant::now();
        let mut state = self.state();
        let closed = state.closed_until.is_some_and(|until| until > now);
        if !answered {
            state.since.get_or_insert(now);
        } else if !closed {
            *state = State::default();
        }
    }

    /// No lease is granted for so long, since the server may have lost some.
    pub(super) fn observe_closed(&self, closed_for: Duration) {
        if closed_for.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut state = self.state();
        state.since.get_or_insert(now);
        state.closed_until = Some(now + closed_for);
    }

    pub(super) fn unavailable_for(&self) -> Option<Duration> {
        let now = Instant::now();
        let state = self.state();
        // Where nothing is asked any more, nothing would tell that it is open again.
        let reopened = state.closed_until.is_some_and(|until| until <= now);
        state.since.filter(|_| !reopened).map(|since| now - since)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_away_from_the_first_failure_to_the_first_answer() {
        let (availability, second) = (Availability::default(), Duration::from_secs(1));
        assert_eq!(availability.unavailable_for(), None);
        for expected in 0..3 {
            availability.observe(false);
            assert_eq!(availability.unavailable_for(), Some(expected * second));
            tokio::time::advance(second).await;
        }
        availability.observe(true);
        assert_eq!(availability.unavailable_for(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn while_no_lease_is_granted_answers_do_not_count() {
        let (availability, second) = (Availability::default(), Duration::from_secs(1));
        availability.observe(false);
        availability.observe_closed(5 * second);
        availability.observe(true);
        tokio::time::advance(4 * second).await;
        assert_eq!(availability.unavailable_for(), Some(4 * second));
        tokio::time::advance(second).await;
        assert_eq!(availability.unavailable_for(), None);
        availability.observe(true);
        availability.observe(false);
        assert_eq!(availability.unavailable_for(), Some(Duration::ZERO));
    }
}
