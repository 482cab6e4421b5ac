//! The rate limiter of one injector.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::gcra::{Gcra, Reservation, Schedule, TooFar};
use super::limit::RateLimit;
use super::line::{Granted, Line, Reserved, Slots};
use super::rate_limiter::{LONGEST_HOLD, RateLimiter, WaitTooLong};
use super::reservation::CancelOnDrop;
use crate::BoxFuture;

/// Idle buckets are dropped when there are this many, and again each time their number has doubled.
const SWEEP_FROM: usize = 64;

/// Keeps an injector within its [`RateLimit`].
///
/// First in, first out: of those whose call is free and whose call has a slot, the one submitted first gets the next common
/// slot. At most one injection of a call asks at a time, since it holds the lock of the call; the others book nothing.
pub(crate) struct LocalRateLimiter {
    all: Option<Gcra>,
    each: Option<Gcra>,
    origin: Instant,
    buckets: Mutex<Buckets>,
    line: Line,
}

struct Buckets {
    all: Schedule,
    each: HashMap<Arc<str>, Schedule>,
    sweep_at: usize,
    not_before: u64,
}

impl LocalRateLimiter {
    /// A limiter without reservations.
    #[must_use]
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self::divided_among(limit, 1)
    }

    /// The limiter of one of so many processes that keep to the limit together.
    #[must_use]
    pub(crate) fn divided_among(limit: RateLimit, processes: u32) -> Self {
        let gcra = |per_minute| Gcra::new(per_minute, limit.burst).divided_among(processes);
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
            line: Line::default(),
        }
    }

    /// The slot of the call comes first and the common one after it, so that a call that waits for its own rate
    /// reserves no common slot that another call could use.
    async fn wait(
        &self,
        place: u64,
        call: &Arc<str>,
        deadline: Instant,
    ) -> Result<(), WaitTooLong> {
        if let Some(each) = self.each {
            self.slot_of_call(each, call, deadline).await?;
        }
        match self.all {
            Some(all) => {
                let slots = Common { limiter: self, all };
                let passed = self.line.pass(&slots, place, deadline).await;
                // This process knows its own slots at any time.
                passed.unwrap_or(Ok(()))
            }
            None => self.held_back(deadline).await,
        }
    }

    async fn slot_of_call(
        &self,
        each: Gcra,
        call: &Arc<str>,
        deadline: Instant,
    ) -> Result<(), WaitTooLong> {
        let reservation = self.reserve(deadline, |buckets, now, most| {
            buckets.sweep(now);
            let schedule = buckets.each.entry(Arc::clone(call)).or_default();
            each.reserve(schedule, now, most)
        })?;
        let cancel = CancelOnDrop::new(|| {
            if let Some(schedule) = self.buckets().each.get_mut(call) {
                each.cancel(schedule, reservation);
            }
        });
        sleep(Duration::from_micros(reservation.wait)).await;
        cancel.used();
        Ok(())
    }

    /// Waits for the end of what [`hold_back`](RateLimiter::hold_back) asked for.
    pub(crate) async fn held_back(&self, deadline: Instant) -> Result<(), WaitTooLong> {
        let wait = self.buckets().not_before.saturating_sub(self.now());
        let wait = Duration::from_micros(wait);
        if wait > deadline.saturating_duration_since(Instant::now()) {
            return Err(WaitTooLong(wait));
        }
        sleep(wait).await;
        Ok(())
    }

    fn reserve(
        &self,
        deadline: Instant,
        reserve: impl FnOnce(&mut Buckets, u64, u64) -> Result<Reservation, TooFar>,
    ) -> Result<Reservation, WaitTooLong> {
        let most = micros(deadline.saturating_duration_since(Instant::now()));
        reserve(&mut self.buckets(), self.now(), most)
            .map_err(|too_far| WaitTooLong(Duration::from_micros(too_far.wait)))
    }

    fn now(&self) -> u64 {
        micros(self.origin.elapsed())
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slots of all calls together.
struct Common<'a> {
    limiter: &'a LocalRateLimiter,
    all: Gcra,
}

impl<'a> Slots for Common<'a> {
    type Slot = CancelOnDrop<Box<dyn FnMut() + Send + 'a>>;

    /// One at a time: the next one costs nothing to ask for.
    async fn reserve(&self, longest: Duration, _: usize) -> Option<Reserved<Self::Slot>> {
        let (limiter, all) = (self.limiter, self.all);
        let reserved = limiter.reserve(Instant::now() + longest, |buckets, now, most| {
            all.reserve(&mut buckets.all, now, most)
        });
        Some(reserved.map(|reserved| {
            let cancel = move || all.cancel(&mut limiter.buckets().all, reserved);
            Granted {
                wait: Duration::from_micros(reserved.wait),
                count: 1,
                slot: CancelOnDrop::new(Box::new(cancel) as Box<dyn FnMut() + Send>),
            }
        }))
    }

    fn used(slot: Self::Slot) {
        slot.used();
    }

    fn at_least(&self, others: usize) -> Duration {
        let (schedule, now) = (self.limiter.buckets().all, self.limiter.now());
        Duration::from_micros(self.all.wait_behind(schedule, now, others as u64))
    }
}

impl RateLimiter for LocalRateLimiter {
    fn acquire<'a>(
        &'a self,
        place: u64,
        call: &'a Arc<str>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<(), WaitTooLong>> {
        Box::pin(self.wait(place, call, deadline))
    }

    fn hold_back(&self, wait: Duration) {
        let until = self.now().saturating_add(micros(wait.min(LONGEST_HOLD)));
        let mut buckets = self.buckets();
        buckets.not_before = buckets.not_before.max(until);
        if let Some(all) = self.all {
            all.hold_back(&mut buckets.all, until);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn limiter(per_minute: Option<u32>, per_call_per_minute: Option<u32>) -> LocalRateLimiter {
        LocalRateLimiter::new(RateLimit {
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
            limiter.acquire(0, &call("a"), far()).await.unwrap();
        }
        assert!(started.elapsed() >= ms(2000) && started.elapsed() < ms(2010));
        limiter.acquire(0, &call("b"), far()).await.unwrap();
        assert!(
            started.elapsed() < ms(2110),
            "another call waits for the common slot only"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_past_the_deadline_fails_at_once_and_reserves_nothing() {
        let limiter = limiter(Some(60), None);
        limiter.acquire(0, &call("a"), far()).await.unwrap();
        let started = Instant::now();
        let refused = limiter
            .acquire(0, &call("a"), Instant::now() + ms(500))
            .await;
        assert_eq!(refused, Err(WaitTooLong(ms(1000))));
        limiter.acquire(0, &call("a"), far()).await.unwrap();
        assert!(started.elapsed() < ms(1010));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_wait_gives_its_slot_back() {
        let limiter = limiter(Some(60), Some(60));
        limiter.acquire(0, &call("a"), far()).await.unwrap();
        let gave_up = timeout(ms(300), limiter.acquire(0, &call("a"), far())).await;
        assert!(gave_up.is_err());
        let started = Instant::now();
        limiter.acquire(0, &call("a"), far()).await.unwrap();
        assert!(started.elapsed() < ms(710), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn held_back_holds_every_call() {
        for limiter in [limiter(Some(6000), None), limiter(None, Some(6000))] {
            limiter.hold_back(ms(9000));
            let started = Instant::now();
            let too_soon = limiter
                .acquire(0, &call("a"), Instant::now() + ms(8000))
                .await;
            assert!(too_soon.is_err() && started.elapsed() < ms(10));
            limiter.acquire(0, &call("b"), far()).await.unwrap();
            assert!(started.elapsed() >= ms(9000) && started.elapsed() < ms(9010));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idle_buckets_are_dropped() {
        let limiter = limiter(None, Some(6000));
        for n in 0..10_000 {
            limiter
                .acquire(0, &call(&n.to_string()), far())
                .await
                .unwrap();
            sleep(ms(1)).await;
        }
        assert!(limiter.buckets().each.len() <= SWEEP_FROM);
    }
}
