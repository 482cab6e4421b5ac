//! All lines of the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::claim::Claim;
use super::intake::Intake;
use super::queue::{Joined, Queue, Ticket};

/// What a line leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A call.
    Call {
        /// Within what the id is unique.
        scope: Arc<str>,
        /// The call's id.
        call: Arc<str>,
    },
    /// What a program presses under one manual lock.
    Under(LockId),
}

/// Names one manual lock; never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockId(pub u64);

/// Why somebody who waited was sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissal {
    /// The outcome of the injection ahead is unknown.
    AfterUnknown,
    /// The manual lock they waited under ran out.
    LockExpired,
    /// The session ended.
    CallEnded,
}

/// The line is as long as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineFull;

type Waker = oneshot::Sender<Result<(), Dismissal>>;

struct Line {
    /// Tickets start anew in every line: one of a line that is gone must mean nothing in the next.
    number: u64,
    queue: Queue<Waker>,
    held_by_manual_lock: bool,
    /// What the fleet gave to this line.
    claim: Option<Arc<dyn Claim>>,
}

impl Line {
    const fn new(number: u64) -> Self {
        Self {
            number,
            queue: Queue::new(),
            held_by_manual_lock: false,
            claim: None,
        }
    }
}

/// The lines of all calls. An entry lives exactly as long as somebody holds it.
///
/// There is one registry in a process, shared by all injectors and all threads, because an order
/// that ends at the border of an object would be no order for a program that makes an injector per request.
#[derive(Default)]
pub struct Registry {
    lines: Mutex<HashMap<Channel, Line>>,
    made: AtomicU64,
    locks: AtomicU64,
    intake: Intake,
}

static PROCESS_WIDE: LazyLock<Arc<Registry>> = LazyLock::new(Arc::default);

impl Registry {
    /// The registry of this process.
    #[must_use]
    pub fn process_wide() -> Arc<Self> {
        Arc::clone(&PROCESS_WIDE)
    }

    /// Takes the next place in a line, at once and in the order of the calls.
    pub fn join(self: &Arc<Self>, channel: Channel, max_waiting: usize) -> Result<Place, LineFull> {
        let mut lines = self.lines();
        let line = lines
            .entry(channel.clone())
            .or_insert_with(|| Line::new(self.made.fetch_add(1, Ordering::Relaxed)));
        if !line.queue.is_free() && line.queue.waiting() >= max_waiting {
            return Err(LineFull);
        }
        let mut turn = None;
        let joined = line.queue.join(|| {
            let (waker, woken) = oneshot::channel();
            turn = Some(woken);
            waker
        });
        let line = line.number;
        drop(lines);
        let (Joined::Holds(ticket) | Joined::Waits(ticket)) = joined;
        Ok(Place {
            registry: Arc::clone(self),
            channel,
            line,
            ticket,
            turn,
            dismissed: None,
            claim: None,
        })
    }

    /// What is on its way into the lines.
    #[must_use]
    pub const fn intake(&self) -> &Intake {
        &self.intake
    }

    /// Sends everybody away who waits in a line, those too who were only noted: who was asked for before must not
    /// come out as if it had been asked for after.
    pub fn dismiss_waiting(&self, channel: &Channel, why: Dismissal) {
        self.intake.begin_all();
        let dismissed = self
            .lines()
            .get_mut(channel)
            .map(|line| line.queue.dismiss_waiting());
        for waker in dismissed.into_iter().flatten() {
            // A waiter that gave up at the same moment needs no answer.
            let _ = waker.send(Err(why));
        }
    }

    /// Whether a manual lock holds the line.
    #[must_use]
    pub fn is_held_by_manual_lock(&self, channel: &Channel) -> bool {
        self.lines()
            .get(channel)
            .is_some_and(|line| line.held_by_manual_lock)
    }

    /// A name for a new manual lock.
    #[must_use]
    pub fn new_lock_id(&self) -> LockId {
        LockId(self.locks.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// How many lines exist, which is how many are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines().len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn leave(&self, place: &Place) {
        let mut lines = self.lines();
        // Who was sent away may leave late, when the line has emptied and others have begun a new one.
        let same = lines.get_mut(&place.channel);
        let Some(line) = same.filter(|line| line.number == place.line) else {
            return;
        };
        let woken = line.queue.leave(place.ticket);
        let mut ended = None;
        if line.queue.is_free() {
            ended = lines.remove(&place.channel);
        } else if woken.is_some() {
            line.held_by_manual_lock = false;
        }
        drop(lines);
        // Its claim ends outside of the lock.
        drop(ended);
        if let Some(waker) = woken {
            // Who gave up in this very moment holds the line now; its `Place` passes it on when dropped.
            let _ = waker.send(Ok(()));
        }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Channel, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a line, held or waited for. Dropping it gives it up.
pub struct Place {
    registry: Arc<Registry>,
    channel: Channel,
    line: u64,
    ticket: Ticket,
    turn: Option<oneshot::Receiver<Result<(), Dismissal>>>,
    dismissed: Option<Dismissal>,
    claim: Option<Arc<dyn Claim>>,
}

impl Place {
    /// Waits until the line is ours. Returns at once when it already is, or never will be; safe to cancel.
    pub async fn turn(&mut self) -> Result<(), Dismissal> {
        let Some(turn) = self.turn.as_mut() else {
            return self.dismissed.map_or(Ok(()), Err);
        };
        // The sender lives in the queue until it has answered, so a closed channel cannot happen.
        // If it did, nobody could tell what is ahead: any doubt means not to send.
        let answer = turn.await.unwrap_or(Err(Dismissal::AfterUnknown));
        self.turn = None;
        self.dismissed = answer.err();
        answer
    }

    /// Whether somebody else still holds the line.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.turn.is_some()
    }

    /// Takes the claim of this line, whose turn it must be, or makes one: there is none yet, or it does not serve who
    /// needs the call for so long at a time.
    pub fn claim(
        &mut self,
        need: Duration,
        make: impl FnOnce() -> Arc<dyn Claim>,
    ) -> Arc<dyn Claim> {
        let mut lines = self.registry.lines();
        let mut spent = None;
        let claim = match lines.get_mut(&self.channel) {
            Some(line) => {
                if line.claim.as_ref().is_some_and(|claim| !claim.serves(need)) {
                    spent = line.claim.take();
                }
                Arc::clone(line.claim.get_or_insert_with(make))
            }
            None => make(),
        };
        drop(lines);
        drop(spent);
        self.claim = Some(Arc::clone(&claim));
        claim
    }

    /// The claim that was taken for this place.
    #[must_use]
    pub const fn claimed(&self) -> Option<&Arc<dyn Claim>> {
        self.claim.as_ref()
    }

    /// Notes that a program holds this line by hand, for the message of those whose wait runs out.
    pub fn mark_as_manual(&self) {
        if let Some(line) = self.registry.lines().get_mut(&self.channel) {
            line.held_by_manual_lock = true;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.leave(self);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker as TaskWaker};

    use proptest::prelude::*;

    use super::*;

    fn call(id: &str) -> Channel {
        Channel::Call {
            scope: "https://api.example".into(),
            call: id.into(),
        }
    }

    #[tokio::test]
    async fn the_line_is_handed_on_in_order() {
        let registry = Arc::new(Registry::default());
        let mut first = registry.join(call("a"), 10).unwrap();
        let mut second = registry.join(call("a"), 10).unwrap();
        let mut third = registry.join(call("a"), 10).unwrap();
        first.turn().await.unwrap();
        assert!(second.is_waiting() && third.is_waiting());
        drop(first);
        second.turn().await.unwrap();
        drop(second);
        third.turn().await.unwrap();
    }

    #[tokio::test]
    async fn who_gives_up_while_being_served_passes_the_line_on() {
        let registry = Arc::new(Registry::default());
        let first = registry.join(call("a"), 10).unwrap();
        let second = registry.join(call("a"), 10).unwrap();
        let mut third = registry.join(call("a"), 10).unwrap();
        drop(first);
        drop(second);
        third.turn().await.unwrap();
    }

    #[test]
    fn nothing_is_left_when_nobody_holds_or_waits() {
        let registry = Arc::new(Registry::default());
        let places: Vec<_> = (0..100)
            .map(|n| registry.join(call(&(n % 7).to_string()), 100).unwrap())
            .collect();
        assert_eq!(registry.len(), 7);
        drop(places);
        assert!(registry.is_empty());
    }

    #[test]
    fn the_bound_counts_those_who_wait() {
        let registry = Arc::new(Registry::default());
        let _holder = registry.join(call("a"), 1).unwrap();
        let waiter = registry.join(call("a"), 1).unwrap();
        assert!(registry.join(call("a"), 1).is_err());
        assert!(registry.join(call("b"), 0).is_ok());
        drop(waiter);
        assert!(registry.join(call("a"), 1).is_ok());
    }

    #[tokio::test]
    async fn those_who_wait_can_be_sent_away_and_the_holder_stays() {
        let registry = Arc::new(Registry::default());
        let holder = registry.join(call("a"), 10).unwrap();
        let mut waiter = registry.join(call("a"), 10).unwrap();
        registry.dismiss_waiting(&call("a"), Dismissal::AfterUnknown);
        assert_eq!(waiter.turn().await, Err(Dismissal::AfterUnknown));
        assert_eq!(
            waiter.turn().await,
            Err(Dismissal::AfterUnknown),
            "asking again is no turn"
        );
        let mut late = registry.join(call("a"), 10).unwrap();
        assert!(late.is_waiting());
        drop(waiter);
        drop(holder);
        late.turn().await.unwrap();
    }

    #[tokio::test]
    async fn who_was_sent_away_takes_nobodys_place_in_a_new_line() {
        let registry = Arc::new(Registry::default());
        let holder = registry.join(call("a"), 10).unwrap();
        let sent_away = registry.join(call("a"), 10).unwrap();
        registry.dismiss_waiting(&call("a"), Dismissal::AfterUnknown);
        drop(holder);
        let first = registry.join(call("a"), 10).unwrap();
        let mut second = registry.join(call("a"), 10).unwrap();
        drop(sent_away);
        let early = tokio::time::timeout(std::time::Duration::from_millis(1), second.turn());
        assert!(early.await.is_err(), "the turn came while another holds");
        drop(first);
        second.turn().await.unwrap();
    }

    #[test]
    fn a_manual_mark_ends_with_its_holder() {
        let registry = Arc::new(Registry::default());
        let manual = registry.join(call("a"), 10).unwrap();
        manual.mark_as_manual();
        let _next = registry.join(call("a"), 10).unwrap();
        assert!(registry.is_held_by_manual_lock(&call("a")));
        drop(manual);
        assert!(!registry.is_held_by_manual_lock(&call("a")));
    }

    #[test]
    fn there_is_one_registry_in_a_process_and_no_lock_id_comes_twice() {
        assert!(Arc::ptr_eq(
            &Registry::process_wide(),
            &Registry::process_wide()
        ));
        let registry = Registry::default();
        assert_ne!(registry.new_lock_id(), registry.new_lock_id());
    }

    const MOST_WAITING: usize = 3;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Join(usize),
        /// The n-th of those in this line (the holder is 0) goes.
        Leave(usize, usize),
        Dismiss(usize),
        /// The one who was sent away first, from whatever line, drops its place at last.
        Forget,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            5 => (0_usize..3).prop_map(Step::Join),
            4 => (0_usize..3, 0_usize..6).prop_map(|(line, n)| Step::Leave(line, n)),
            1 => (0_usize..3).prop_map(Step::Dismiss),
            1 => Just(Step::Forget),
        ]
    }

    /// Whether a place has its turn, by now.
    fn look(place: &mut Place) -> Poll<Result<(), Dismissal>> {
        pin!(place.turn()).poll(&mut Context::from_waker(TaskWaker::noop()))
    }

    proptest! {
        /// Each line is a plain list of its own: its first element has its turn, at most so many wait
        /// behind, and who was sent away takes nothing from anybody, however late it goes.
        #[test]
        fn lines_are_bounded_lists_apart_from_each_other(steps in prop::collection::vec(step(), 0..120)) {
            let registry = Arc::new(Registry::default());
            let lines = ["a", "b", "c"].map(call);
            let mut model: [VecDeque<Place>; 3] = Default::default();
            let mut sent_away = VecDeque::new();
            for step in steps {
                match step {
                    Step::Join(line) => {
                        let full = model[line].len() > MOST_WAITING;
                        let joined = registry.join(lines[line].clone(), MOST_WAITING);
                        prop_assert_eq!(joined.is_err(), full);
                        model[line].extend(joined.ok());
                    }
                    Step::Leave(line, n) => drop(model[line].remove(n)),
                    Step::Dismiss(line) => {
                        registry.dismiss_waiting(&lines[line], Dismissal::LockExpired);
                        while model[line].len() > 1 {
                            let mut place = model[line].remove(1).unwrap();
                            prop_assert_eq!(look(&mut place), Poll::Ready(Err(Dismissal::LockExpired)));
                            sent_away.push_back(place);
                        }
                    }
                    Step::Forget => drop(sent_away.pop_front()),
                }
                for line in &mut model {
                    for (n, place) in line.iter_mut().enumerate() {
                        let expected = if n == 0 { Poll::Ready(Ok(())) } else { Poll::Pending };
                        prop_assert_eq!(look(place), expected);
                    }
                }
                prop_assert_eq!(registry.len(), model.iter().filter(|line| !line.is_empty()).count());
            }
        }
    }
}
