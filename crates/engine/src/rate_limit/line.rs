//! The line in which injections wait for a slot: whoever was submitted first is served first, however late it joins.
//!
//! One of those in the line is on duty. It reserves one slot at a time and, when that is due, gives it to the first of the line,
//! which may have joined meanwhile. So a slot belongs to nobody until it is used.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::rate_limiter::WaitTooLong;

/// Where the slots come from. Dropping slots that were not used gives them back where that is possible.
pub(crate) trait Slots: Send + Sync {
    /// Slots that are reserved.
    type Slot: Send;

    /// Reserves the next slot, if it is at most `longest` away. Where it is free now, others that are may come with it, `most`
    /// in all. `None`: nothing can be said of slots now.
    fn reserve(
        &self,
        longest: Duration,
        most: usize,
    ) -> impl Future<Output = Option<Reserved<Self::Slot>>> + Send;

    /// The slots are used.
    fn used(slot: Self::Slot);

    /// How far away a slot is at least that comes after so many others.
    fn at_least(&self, others: usize) -> Duration;
}

/// What was reserved, or that it is too far away.
pub(crate) type Reserved<S> = Result<Granted<S>, WaitTooLong>;

/// Slots that are due at the same time.
pub(crate) struct Granted<S> {
    /// How far away they are.
    pub(crate) wait: Duration,
    /// How many they are.
    pub(crate) count: usize,
    pub(crate) slot: S,
}

/// Those who wait for slots, by their places.
#[derive(Default)]
pub(crate) struct Line(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: BTreeMap<u64, Arc<Seat>>,
    on_duty: Option<u64>,
    /// When the slot is due that is reserved and that nobody has used.
    reserved: Option<Instant>,
}

impl State {
    /// If nobody is on duty, the first is to take it.
    fn call_for_duty(&self) {
        if self.on_duty.is_none()
            && let Some((_, seat)) = self.waiting.first_key_value()
        {
            seat.word.notify_one();
        }
    }

    fn serve_first(&mut self) {
        if let Some((_, seat)) = self.waiting.pop_first() {
            seat.tell(Served::Passes);
        }
    }
}

/// How a wait in the line ends.
enum Served {
    /// With a slot.
    Passes,
    /// Unsent.
    TooLong(WaitTooLong),
    /// Nothing can be said of slots now.
    Unknown,
}

/// One who waits.
struct Seat {
    deadline: Instant,
    served: Mutex<Option<Served>>,
    word: Notify,
}

impl Seat {
    fn tell(&self, served: Served) {
        *self.served() = Some(served);
        self.word.notify_one();
    }

    fn served(&self) -> MutexGuard<'_, Option<Served>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().waiting.is_empty()
    }

    /// Waits for a slot. Fails at once where it would come after the deadline, as far as that is known. `None`: nothing can
    /// be said of slots now.
    pub(crate) async fn pass<S: Slots>(
        &self,
        slots: &S,
        place: u64,
        deadline: Instant,
    ) -> Option<Result<(), WaitTooLong>> {
        let (here, wait) = self.join(slots, place, deadline);
        if wait > deadline.saturating_duration_since(Instant::now()) {
            return Some(Err(WaitTooLong(wait)));
        }
        loop {
            match here.seat.served().take() {
                Some(Served::Passes) => return Some(Ok(())),
                Some(Served::TooLong(too_long)) => return Some(Err(too_long)),
                Some(Served::Unknown) => return None,
                None => {}
            }
            if self.take_duty(place) {
                self.serve(slots).await;
            } else {
                here.seat.word.notified().await;
            }
        }
    }

    /// Reserves a slot and gives it to the first of the line.
    async fn serve<S: Slots>(&self, slots: &S) {
        others_first().await;
        let Some((first, deadline, most)) = self.first() else {
            return;
        };
        let longest = deadline.saturating_duration_since(Instant::now());
        match slots.reserve(longest, most).await {
            Some(Ok(granted)) => {
                let wait = granted.wait;
                self.state().reserved = Some(Instant::now() + wait);
                if !wait.is_zero() {
                    sleep(wait).await;
                    others_first().await;
                }
                S::used(granted.slot);
                self.give(granted.count);
            }
            // Another one may be first by now, who can wait longer.
            Some(Err(too_long)) => self.reject(first, too_long),
            None => self.send_all_away(),
        }
    }

    /// Joins the line, and tells how far away the slot is at least.
    fn join<S: Slots>(&self, slots: &S, place: u64, deadline: Instant) -> (Here<'_>, Duration) {
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
        let wait = match state.reserved {
            Some(due) if ahead == 0 => due.saturating_duration_since(Instant::now()),
            Some(_) => slots.at_least(ahead - 1),
            None => slots.at_least(ahead),
        };
        drop(state);
        let line = self;
        (Here { line, place, seat }, wait)
    }

    fn take_duty(&self, place: u64) -> bool {
        let mut state = self.state();
        let mine = *state.on_duty.get_or_insert(place) == place;
        if mine {
            state.reserved = None;
        }
        mine
    }

    /// The place and the deadline of the first, and how many wait.
    fn first(&self) -> Option<(u64, Instant, usize)> {
        let state = self.state();
        let (place, seat) = state.waiting.first_key_value()?;
        Some((*place, seat.deadline, state.waiting.len()))
    }

    /// Gives slots to the first of the line.
    fn give(&self, count: usize) {
        let mut state = self.state();
        state.reserved = None;
        for _ in 0..count {
            state.serve_first();
        }
    }

    /// Sends one of the line away.
    fn reject(&self, place: u64, too_long: WaitTooLong) {
        if let Some(seat) = self.state().waiting.remove(&place) {
            seat.tell(Served::TooLong(too_long));
        }
    }

    /// All at once, so that they keep their order wherever they go.
    fn send_all_away(&self) {
        for seat in take(&mut self.state().waiting).into_values() {
            seat.tell(Served::Unknown);
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
            state.reserved = None;
        }
        // It was served, and leaves without having known.
        if let Some(Served::Passes) = self.seat.served().take() {
            state.serve_first();
        }
        // Whoever leaves: it may have been called for duty.
        state.call_for_duty();
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

    type Log = Arc<Mutex<Vec<(u64, u128)>>>;

    /// Asks after a while, and writes down who was served when.
    async fn asks(limiter: Arc<LocalRateLimiter>, place: u64, after: Duration, served: Log) {
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
            let (limiter, served) = (limiter(600, burst), Log::default());
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
        let (limiter, served) = (limiter(60, 1), Log::default());
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
            let (limiter, served) = (limiter(60, 1), Log::default());
            let mut tasks = JoinSet::new();
            for place in (0..=4).filter(|place| *place != leaves) {
                tasks.spawn(asks(
                    Arc::clone(&limiter),
                    place,
                    ms(0),
                    Arc::clone(&served),
                ));
            }
            let leaver = asks(Arc::clone(&limiter), leaves, ms(0), Log::default());
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
        let (limiter, served) = (limiter(60, 1), Log::default());
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

    #[tokio::test(start_paused = true)]
    async fn duty_is_handed_on_by_those_who_leave_together() {
        let (limiter, served) = (limiter(60, 1), Log::default());
        let mut tasks = JoinSet::new();
        let mut leaving = JoinSet::new();
        for place in 0..4 {
            let asks = asks(Arc::clone(&limiter), place, ms(0), Arc::clone(&served));
            if (1..=2).contains(&place) {
                leaving.spawn(asks);
            } else {
                tasks.spawn(asks);
            }
            yield_now().await;
        }
        sleep(ms(250)).await;
        leaving.shutdown().await;
        tasks.join_all().await;
        let seconds: Vec<_> = (served.lock().unwrap().iter())
            .map(|(place, at)| (*place, at / 1_000))
            .collect();
        assert_eq!(seconds, [(0, 0), (3, 1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_before_all_others_is_asked_for_the_reserved_slot() {
        let (limiter, served) = (limiter(60, 1), Log::default());
        let mut tasks = JoinSet::new();
        for place in [1, 2] {
            tasks.spawn(asks(
                Arc::clone(&limiter),
                place,
                ms(0),
                Arc::clone(&served),
            ));
        }
        sleep(ms(100)).await;
        let soon = Instant::now() + ms(1_500);
        limiter.acquire(0, &"call".into(), soon).await.unwrap();
        assert_eq!(
            served.lock().unwrap().len(),
            1,
            "the slot was that of place 2"
        );
        tasks.join_all().await;
    }
}
