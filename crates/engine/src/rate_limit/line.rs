//! The line in which injections wait for a slot: whoever was submitted first is served first, however late it joins.
//!
//! One of those in the line is on duty. It reserves one slot at a time and, when that is due, gives it to the first of the line,
//! which may have joined meanwhile. So a slot belongs to nobody until it is used.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::rate_limiter::WaitTooLong;

/// Where the slots come from. Dropping a slot that was not used gives it back.
pub(crate) trait Slots: Send + Sync {
    /// A slot that is reserved.
    type Slot: Send;
    /// Nothing can be said of slots now.
    type Error: Send;

    /// Reserves the next slot, if it is at most `longest` away, and tells how far.
    fn reserve(
        &self,
        longest: Duration,
    ) -> impl Future<Output = Reserved<Self::Slot, Self::Error>> + Send;

    /// The slot is used.
    fn used(slot: Self::Slot);

    /// How far away a slot is at least that comes after so many others.
    fn at_least(&self, others: usize) -> Duration;
}

/// How far away a slot is and the slot, or that it is too far away; the outer error says that nothing can be said.
pub(crate) type Reserved<S, E> = Result<Result<(Duration, S), WaitTooLong>, E>;

/// Those who wait for slots, by their places.
#[derive(Default)]
pub(crate) struct Line(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: BTreeMap<u64, Arc<Seat>>,
    on_duty: Option<u64>,
    /// A slot is reserved that nobody has used.
    reserved: bool,
}

/// One who waits.
struct Seat {
    deadline: Instant,
    served: Mutex<Option<Result<(), WaitTooLong>>>,
    word: Notify,
}

impl Seat {
    fn tell(&self, served: Result<(), WaitTooLong>) {
        *self.served() = Some(served);
        self.word.notify_one();
    }

    fn served(&self) -> MutexGuard<'_, Option<Result<(), WaitTooLong>>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().waiting.is_empty()
    }

    /// Waits for a slot. Fails at once where it would come after the deadline, as far as that is known.
    pub(crate) async fn pass<S: Slots>(
        &self,
        slots: &S,
        place: u64,
        deadline: Instant,
    ) -> Result<Result<(), WaitTooLong>, S::Error> {
        let (here, others) = self.join(place, deadline);
        let wait = slots.at_least(others);
        if wait > deadline.saturating_duration_since(Instant::now()) {
            return Ok(Err(WaitTooLong(wait)));
        }
        loop {
            if let Some(served) = here.seat.served().take() {
                return Ok(served);
            }
            if self.take_duty(place) {
                self.serve(slots).await?;
            } else {
                here.seat.word.notified().await;
            }
        }
    }

    /// Reserves a slot and gives it to the first of the line.
    async fn serve<S: Slots>(&self, slots: &S) -> Result<(), S::Error> {
        others_first().await;
        let Some((first, deadline)) = self.first() else {
            return Ok(());
        };
        let longest = deadline.saturating_duration_since(Instant::now());
        match slots.reserve(longest).await? {
            Ok((wait, slot)) => {
                self.state().reserved = true;
                if !wait.is_zero() {
                    sleep(wait).await;
                    others_first().await;
                }
                S::used(slot);
                self.give();
            }
            // Another one may be first by now, who can wait longer.
            Err(too_long) => self.reject(first, too_long),
        }
        Ok(())
    }

    /// Joins the line, and tells behind how many slots that are not reserved yet.
    fn join(&self, place: u64, deadline: Instant) -> (Here<'_>, usize) {
        let seat = Arc::new(Seat {
            deadline,
            served: Mutex::default(),
            word: Notify::new(),
        });
        let mut state = self.state();
        state.waiting.insert(place, Arc::clone(&seat));
        // Counted from the end, where most join.
        let behind = state.waiting.range(place..).count();
        let ahead = state.waiting.len() - behind;
        let others = ahead.saturating_sub(usize::from(state.reserved));
        let line = self;
        (Here { line, place, seat }, others)
    }

    fn take_duty(&self, place: u64) -> bool {
        let mut state = self.state();
        let mine = *state.on_duty.get_or_insert(place) == place;
        state.reserved &= !mine;
        mine
    }

    fn first(&self) -> Option<(u64, Instant)> {
        let state = self.state();
        let (place, seat) = state.waiting.first_key_value()?;
        Some((*place, seat.deadline))
    }

    /// Gives the slot to the first of the line.
    fn give(&self) {
        let mut state = self.state();
        state.reserved = false;
        if let Some((_, seat)) = state.waiting.pop_first() {
            seat.tell(Ok(()));
        }
    }

    /// Sends one of the line away.
    fn reject(&self, place: u64, too_long: WaitTooLong) {
        if let Some(seat) = self.state().waiting.remove(&place) {
            seat.tell(Err(too_long));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets all tasks that are ready run first: who was submitted at the same time shall have joined. In a task of its own, since one that
/// is polled twice in a turn would not have waited.
async fn others_first() {
    let _ = tokio::spawn(yield_now()).await;
}

/// A place in the line, until it is left.
struct Here<'a> {
    line: &'a Line,
    place: u64,
    seat: Arc<Seat>,
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        let mut state = self.line.state();
        state.waiting.remove(&self.place);
        if state.on_duty == Some(self.place) {
            state.on_duty = None;
            state.reserved = false;
            // The next one is on duty.
            if let Some((_, seat)) = state.waiting.first_key_value() {
                seat.word.notify_one();
            }
        }
        drop(state);
        // It was served, and leaves without having known.
        if let Some(Ok(())) = self.seat.served().take() {
            self.line.give();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate_limit::{LocalRateLimiter, RateLimit, RateLimiter as _};
    use tokio::task::JoinSet;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn limiter(per_minute: u32, burst: u32) -> Arc<LocalRateLimiter> {
        let per_minute = Some(per_minute);
        Arc::new(LocalRateLimiter::new(RateLimit {
            per_minute,
            per_call_per_minute: None,
            burst,
        }))
    }

    type Served = Arc<Mutex<Vec<(u64, u128)>>>;

    /// Asks after a while, and writes down who was served when.
    async fn asks(limiter: Arc<LocalRateLimiter>, place: u64, after: Duration, served: Served) {
        let started = Instant::now();
        sleep(after).await;
        let far = Instant::now() + ms(3_600_000);
        limiter.acquire(place, &"call".into(), far).await.unwrap();
        let at = started.elapsed().as_millis();
        served.lock().unwrap().push((place, at));
    }

    #[tokio::test(start_paused = true)]
    async fn the_order_is_that_of_the_places_whoever_asks_first() {
        for burst in [1, 3] {
            let (limiter, served) = (limiter(600, burst), Served::default());
            let mut tasks = JoinSet::new();
            for place in [3, 0, 1, 2, 8, 9, 4, 5, 6, 7] {
                tasks.spawn(asks(
                    Arc::clone(&limiter),
                    place,
                    ms(0),
                    Arc::clone(&served),
                ));
            }
            tasks.join_all().await;
            let order: Vec<_> = served.lock().unwrap().iter().map(|it| it.0).collect();
            assert!(order.into_iter().eq(0..10), "{served:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_joins_late_with_an_earlier_place_gets_the_next_slot() {
        let (limiter, served) = (limiter(60, 1), Served::default());
        let mut tasks = JoinSet::new();
        for (place, after) in [(1, 0), (2, 0), (3, 0), (4, 0), (0, 1_500)] {
            tasks.spawn(asks(
                Arc::clone(&limiter),
                place,
                ms(after),
                Arc::clone(&served),
            ));
        }
        tasks.join_all().await;
        let seconds: Vec<_> = (served.lock().unwrap().iter())
            .map(|(place, at)| (*place, at / 1_000))
            .collect();
        assert_eq!(seconds, [(1, 0), (2, 1), (0, 2), (3, 3), (4, 4)]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_leaves_takes_no_slot_along() {
        for leaves in 1..=3 {
            let (limiter, served) = (limiter(60, 1), Served::default());
            let mut tasks = JoinSet::new();
            for place in (0..=4).filter(|place| *place != leaves) {
                tasks.spawn(asks(
                    Arc::clone(&limiter),
                    place,
                    ms(0),
                    Arc::clone(&served),
                ));
            }
            let leaver = asks(Arc::clone(&limiter), leaves, ms(0), Served::default());
            let gone = tokio::time::timeout(ms(500), leaver).await;
            assert!(gone.is_err());
            tasks.join_all().await;
            let at: Vec<_> = served
                .lock()
                .unwrap()
                .iter()
                .map(|it| it.1 / 1_000)
                .collect();
            assert_eq!(at, [0, 1, 2, 3], "{leaves}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn those_whose_slots_would_come_too_late_hear_it_at_once_and_cost_no_slot() {
        let (limiter, served) = (limiter(60, 1), Served::default());
        let mut tasks = JoinSet::new();
        for place in 0..4 {
            tasks.spawn(asks(
                Arc::clone(&limiter),
                place,
                ms(0),
                Arc::clone(&served),
            ));
        }
        yield_now().await;
        sleep(ms(10)).await;
        for place in [5, 6] {
            let started = Instant::now();
            let soon = started + ms(3_000);
            let refused = limiter.acquire(place, &"call".into(), soon).await;
            assert!(
                refused.is_err() && started.elapsed() < ms(10),
                "{refused:?}"
            );
        }
        tasks.spawn(asks(Arc::clone(&limiter), 7, ms(0), Arc::clone(&served)));
        tasks.join_all().await;
        let last = served.lock().unwrap().last().copied();
        assert!(matches!(last, Some((7, 3_900..=4_100))), "{last:?}");
    }
}
