//! The buckets of one injector.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::gcra::{Gcra, Schedule, Slot};

/// How many requests may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// In a minute, all calls together. Default: no limit.
    pub per_minute: Option<u32>,
    /// In a minute, for each call. Default: no limit.
    pub per_call_per_minute: Option<u32>,
    /// At once after a quiet time, for either limit. Default 1.
    pub burst: u32,
}

/// Idle buckets are thrown away when there are this many, and again each time their number doubled.
const SWEEP_FROM: usize = 64;

/// The longest time that one answer holds every call back. What a platform says beyond it is taken for a mistake
/// that must not silence a process; the call that got the answer still heeds it.
pub(crate) const LONGEST_HOLD: Duration = Duration::from_secs(60 * 60);

/// Keeps an injector within its [`RateLimit`].
///
/// First in, first out. At most one injection of a call asks at a time, since it holds the call's line, so
/// calls are served in turn: a call that sends much does not delay one that sends little.
pub struct Limiter {
    all: Option<Gcra>,
    each: Option<Gcra>,
    origin: Instant,
    buckets: Mutex<Buckets>,
}

struct Buckets {
    all: Schedule,
    each: HashMap<Arc<str>, Schedule>,
    sweep_at: usize,
    not_before: u64,
}

/// A wait that is too long to begin it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong(pub Duration);

impl Limiter {
    /// A limiter with nothing booked.
    #[must_use]
    pub fn new(limit: RateLimit) -> Self {
        Self::share(limit, 1)
    }

    /// A limiter for one among so many who keep to the limit together.
    #[must_use]
    pub fn share(limit: RateLimit, among: u32) -> Self {
        let gcra = |per_minute| Gcra::new(per_minute, limit.burst).share(among);
        Self {
            all: limit.per_minute.map(gcra),
            each: limit.per_call_per_minute.map(gcra),
            origin: Instant::now(),
            buckets: Mutex::new(Buckets {
                all: Schedule::default(),
                each: HashMap::new(),
                sweep_at: SWEEP_FROM,
                not_before: 0,
            }),
        }
    }

    /// Waits until a request of the call may leave; fails at once when that is not before `deadline`.
    ///
    /// The call's own slot comes first and the common one after it, so that a call that waits for itself
    /// holds no slot that another could use. Dropping the future gives back what was not used.
    pub async fn wait(&self, call: &Arc<str>, deadline: Instant) -> Result<(), TooLong> {
        if let Some(each) = self.each {
            let slot = self.book(deadline, |buckets, now, most| {
                buckets.sweep(now);
                each.book(buckets.each.entry(Arc::clone(call)).or_default(), now, most)
                    .map_err(|too_far| TooLong(Duration::from_micros(too_far.wait)))
            })?;
            let give_back = GiveBack::new(|| {
                let mut buckets = self.buckets();
                if let Some(schedule) = buckets.each.get_mut(call) {
                    each.give_back(schedule, slot);
                }
            });
            sleep(Duration::from_micros(slot.wait)).await;
            give_back.used();
        }
        let Some(all) = self.all else {
            return self.held_back(deadline).await;
        };
        let slot = self.book(deadline, |buckets, now, most| {
            all.book(&mut buckets.all, now, most)
                .map_err(|too_far| TooLong(Duration::from_micros(too_far.wait)))
        })?;
        let give_back = GiveBack::new(|| all.give_back(&mut self.buckets().all, slot));
        sleep(Duration::from_micros(slot.wait)).await;
        give_back.used();
        Ok(())
    }

    /// The platform asked for patience: no request of any call leaves before `wait` is over,
    /// those excepted that have booked already.
    pub fn hold_back(&self, wait: Duration) {
        let until = self.now().saturating_add(micros(wait.min(LONGEST_HOLD)));
        let mut buckets = self.buckets();
        buckets.not_before = buckets.not_before.max(until);
        if let Some(all) = self.all {
            all.hold_back(&mut buckets.all, until);
        }
    }

    /// Waits out what [`hold_back`](Self::hold_back) asked for.
    pub(crate) async fn held_back(&self, deadline: Instant) -> Result<(), TooLong> {
        let wait = self.buckets().not_before.saturating_sub(self.now());
        let wait = Duration::from_micros(wait);
        if wait > deadline.saturating_duration_since(Instant::now()) {
            return Err(TooLong(wait));
        }
        sleep(wait).await;
        Ok(())
    }

    /// How many calls have a bucket.
    #[must_use]
    pub fn buckets_of_calls(&self) -> usize {
        self.buckets().each.len()
    }

    fn book(
        &self,
        deadline: Instant,
        book: impl FnOnce(&mut Buckets, u64, u64) -> Result<Slot, TooLong>,
    ) -> Result<Slot, TooLong> {
        let most = micros(deadline.saturating_duration_since(Instant::now()));
        book(&mut self.buckets(), self.now(), most)
    }

    fn now(&self) -> u64 {
        micros(self.origin.elapsed())
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buckets {
    fn sweep(&mut self, now: u64) {
        if self.each.len() >= self.sweep_at {
            self.each
                .retain(|_, schedule| !Gcra::is_idle(*schedule, now));
            self.sweep_at = SWEEP_FROM.max(self.each.len() * 2);
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Runs when dropped, unless the slot was used.
pub(crate) struct GiveBack<F: FnMut()>(F, bool);

impl<F: FnMut()> GiveBack<F> {
    pub(crate) const fn new(give_back: F) -> Self {
        Self(give_back, true)
    }

    pub(crate) fn used(mut self) {
        self.1 = false;
    }
}

impl<F: FnMut()> Drop for GiveBack<F> {
    fn drop(&mut self) {
        if self.1 {
            (self.0)();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn limiter(per_minute: Option<u32>, per_call_per_minute: Option<u32>) -> Limiter {
        Limiter::new(RateLimit {
            per_minute,
            per_call_per_minute,
            burst: 1,
        })
    }

    fn call(name: &str) -> Arc<str> {
        name.into()
    }

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_has_its_own_bucket_and_all_have_one() {
        let limiter = limiter(Some(600), Some(60));
        let started = Instant::now();
        for _ in 0..3 {
            limiter.wait(&call("a"), far()).await.unwrap();
        }
        assert!(started.elapsed() >= ms(2000) && started.elapsed() < ms(2010));
        limiter.wait(&call("b"), far()).await.unwrap();
        assert!(
            started.elapsed() < ms(2110),
            "another call waits for the common slot only"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_cannot_go_in_time_hears_it_at_once_and_books_nothing() {
        let limiter = limiter(Some(60), None);
        limiter.wait(&call("a"), far()).await.unwrap();
        let started = Instant::now();
        let refused = limiter.wait(&call("a"), Instant::now() + ms(500)).await;
        assert_eq!(refused, Err(TooLong(ms(1000))));
        limiter.wait(&call("a"), far()).await.unwrap();
        assert!(started.elapsed() < ms(1010));
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_gives_the_slot_back() {
        let limiter = limiter(Some(60), Some(60));
        limiter.wait(&call("a"), far()).await.unwrap();
        let gave_up = timeout(ms(300), limiter.wait(&call("a"), far())).await;
        assert!(gave_up.is_err());
        let started = Instant::now();
        limiter.wait(&call("a"), far()).await.unwrap();
        assert!(started.elapsed() < ms(710), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn held_back_holds_every_call() {
        for limiter in [limiter(Some(6000), None), limiter(None, Some(6000))] {
            limiter.hold_back(ms(9000));
            let started = Instant::now();
            let too_soon = limiter.wait(&call("a"), Instant::now() + ms(8000)).await;
            assert!(too_soon.is_err() && started.elapsed() < ms(10));
            limiter.wait(&call("b"), far()).await.unwrap();
            assert!(started.elapsed() >= ms(9000) && started.elapsed() < ms(9010));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idle_buckets_are_thrown_away() {
        let limiter = limiter(None, Some(6000));
        for n in 0..10_000 {
            limiter.wait(&call(&n.to_string()), far()).await.unwrap();
            sleep(ms(1)).await;
        }
        assert!(limiter.buckets_of_calls() <= SWEEP_FROM);
    }
}
