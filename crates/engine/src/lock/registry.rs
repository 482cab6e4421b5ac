//! All lines of the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::fleet_lock::FleetLock;
use super::queue::{Enqueued, Position, Queue};
use super::submissions::SubmitQueue;

/// What a line leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LockKey {
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
pub enum Rejection {
    /// The outcome of the injection ahead is unknown.
    AfterUnknown,
    /// The manual lock they waited under ran out.
    LockExpired,
    /// The session ended.
    CallEnded,
}

/// The line is as long as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueFull;

type Waker = oneshot::Sender<Result<(), Rejection>>;

struct CallQueue {
    /// Tickets start anew in every line: one of a line that is gone must mean nothing in the next.
    number: u64,
    queue: Queue<Waker>,
    held_by_manual_lock: bool,
    /// What the fleet gave to this line.
    fleet_lock: Option<Arc<dyn FleetLock>>,
}

impl CallQueue {
    const fn new(number: u64) -> Self {
        Self {
            number,
            queue: Queue::new(),
            held_by_manual_lock: false,
            fleet_lock: None,
        }
    }
}

/// The lines of all calls. An entry lives exactly as long as somebody holds it.
///
/// There is one registry in a process, shared by all injectors and all threads, because an order
/// that ends at the border of an object would be no order for a program that makes an injector per request.
#[derive(Default)]
pub struct Registry {
    queues: Mutex<HashMap<LockKey, CallQueue>>,
    made: AtomicU64,
    locks: AtomicU64,
    submissions: SubmitQueue,
}

static PROCESS_WIDE: LazyLock<Arc<Registry>> = LazyLock::new(Arc::default);

impl Registry {
    /// The registry of this process.
    #[must_use]
    pub fn process_wide() -> Arc<Self> {
        Arc::clone(&PROCESS_WIDE)
    }

    /// Takes the next place in a line, at once and in the order of the calls.
    pub fn enqueue(
        self: &Arc<Self>,
        channel: LockKey,
        max_waiting: usize,
    ) -> Result<LockTicket, QueueFull> {
        let mut queues = self.queues();
        let queue_number = queues
            .entry(channel.clone())
            .or_insert_with(|| CallQueue::new(self.made.fetch_add(1, Ordering::Relaxed)));
        if !queue_number.queue.is_free() && queue_number.queue.waiting() >= max_waiting {
            return Err(QueueFull);
        }
        let mut turn = None;
        let enqueued = queue_number.queue.enqueue(|| {
            let (waker, woken) = oneshot::channel();
            turn = Some(woken);
            waker
        });
        let queue_number = queue_number.number;
        drop(queues);
        let (Enqueued::Holds(position) | Enqueued::Waits(position)) = enqueued;
        Ok(LockTicket {
            registry: Arc::clone(self),
            channel,
            queue_number,
            position,
            turn,
            rejected: None,
            fleet_lock: None,
        })
    }

    /// What is on its way into the lines.
    #[must_use]
    pub const fn submissions(&self) -> &SubmitQueue {
        &self.submissions
    }

    /// Sends everybody away who waits in a line, those too who were only noted: who was asked for before must not
    /// come out as if it had been asked for after.
    pub fn reject_queued(&self, channel: &LockKey, why: Rejection) {
        self.submissions.drain();
        let rejected = self
            .queues()
            .get_mut(channel)
            .map(|queue_number| queue_number.queue.reject_queued());
        for waker in rejected.into_iter().flatten() {
            // A waiter that gave up at the same moment needs no answer.
            let _ = waker.send(Err(why));
        }
    }

    /// Whether a manual lock holds the line.
    #[must_use]
    pub fn is_held_by_manual_lock(&self, channel: &LockKey) -> bool {
        self.queues()
            .get(channel)
            .is_some_and(|queue_number| queue_number.held_by_manual_lock)
    }

    /// A name for a new manual lock.
    #[must_use]
    pub fn new_lock_id(&self) -> LockId {
        LockId(self.locks.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// How many lines exist, which is how many are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queues().len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn leave(&self, ticket: &LockTicket) {
        let mut queues = self.queues();
        // Who was sent away may leave late, when the line has emptied and others have begun a new one.
        let same = queues.get_mut(&ticket.channel);
        let Some(queue_number) =
            same.filter(|queue_number| queue_number.number == ticket.queue_number)
        else {
            return;
        };
        let woken = queue_number.queue.leave(ticket.position);
        let mut ended = None;
        if queue_number.queue.is_free() {
            ended = queues.remove(&ticket.channel);
        } else if woken.is_some() {
            queue_number.held_by_manual_lock = false;
        }
        drop(queues);
        // Its claim ends outside of the lock.
        drop(ended);
        if let Some(waker) = woken {
            // Who gave up in this very moment holds the line now; its `LockTicket` passes it on when dropped.
            let _ = waker.send(Ok(()));
        }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<LockKey, CallQueue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a line, held or waited for. Dropping it gives it up.
pub struct LockTicket {
    registry: Arc<Registry>,
    channel: LockKey,
    queue_number: u64,
    position: Position,
    turn: Option<oneshot::Receiver<Result<(), Rejection>>>,
    rejected: Option<Rejection>,
    fleet_lock: Option<Arc<dyn FleetLock>>,
}

impl LockTicket {
    /// Waits until the line is ours. Returns at once when it already is, or never will be; safe to cancel.
    pub async fn turn(&mut self) -> Result<(), Rejection> {
        let Some(turn) = self.turn.as_mut() else {
            return self.rejected.map_or(Ok(()), Err);
        };
        // The sender lives in the queue until it has answered, so a closed channel cannot happen.
        // If it did, nobody could tell what is ahead: any doubt means not to send.
        let answer = turn.await.unwrap_or(Err(Rejection::AfterUnknown));
        self.turn = None;
        self.rejected = answer.err();
        answer
    }

    /// Whether somebody else still holds the line.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.turn.is_some()
    }

    /// Takes the claim of this line, whose turn it must be, or makes one: there is none yet, or it does not serve who
    /// needs the call for so long at a time.
    pub fn fleet_lock_for(
        &mut self,
        need: Duration,
        make: impl FnOnce() -> Arc<dyn FleetLock>,
    ) -> Arc<dyn FleetLock> {
        let mut queues = self.registry.queues();
        let mut spent = None;
        let fleet_lock = match queues.get_mut(&self.channel) {
            Some(queue_number) => {
                if queue_number
                    .fleet_lock
                    .as_ref()
                    .is_some_and(|fleet_lock| !fleet_lock.serves(need))
                {
                    spent = queue_number.fleet_lock.take();
                }
                Arc::clone(queue_number.fleet_lock.get_or_insert_with(make))
            }
            None => make(),
        };
        drop(queues);
        drop(spent);
        self.fleet_lock = Some(Arc::clone(&fleet_lock));
        fleet_lock
    }

    /// The claim that was taken for this place.
    #[must_use]
    pub const fn fleet_lock(&self) -> Option<&Arc<dyn FleetLock>> {
        self.fleet_lock.as_ref()
    }

    /// Notes that a program holds this line by hand, for the message of those whose wait runs out.
    pub fn mark_as_manual(&self) {
        if let Some(queue_number) = self.registry.queues().get_mut(&self.channel) {
            queue_number.held_by_manual_lock = true;
        }
    }
}

impl Drop for LockTicket {
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

    fn call(id: &str) -> LockKey {
        LockKey::Call {
            scope: "https://api.example".into(),
            call: id.into(),
        }
    }

    #[tokio::test]
    async fn the_line_is_handed_on_in_order() {
        let registry = Arc::new(Registry::default());
        let mut first = registry.enqueue(call("a"), 10).unwrap();
        let mut second = registry.enqueue(call("a"), 10).unwrap();
        let mut third = registry.enqueue(call("a"), 10).unwrap();
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
        let first = registry.enqueue(call("a"), 10).unwrap();
        let second = registry.enqueue(call("a"), 10).unwrap();
        let mut third = registry.enqueue(call("a"), 10).unwrap();
        drop(first);
        drop(second);
        third.turn().await.unwrap();
    }

    #[test]
    fn nothing_is_left_when_nobody_holds_or_waits() {
        let registry = Arc::new(Registry::default());
        let tickets: Vec<_> = (0..100)
            .map(|n| registry.enqueue(call(&(n % 7).to_string()), 100).unwrap())
            .collect();
        assert_eq!(registry.len(), 7);
        drop(tickets);
        assert!(registry.is_empty());
    }

    #[test]
    fn the_bound_counts_those_who_wait() {
        let registry = Arc::new(Registry::default());
        let _holder = registry.enqueue(call("a"), 1).unwrap();
        let waiter = registry.enqueue(call("a"), 1).unwrap();
        assert!(registry.enqueue(call("a"), 1).is_err());
        assert!(registry.enqueue(call("b"), 0).is_ok());
        drop(waiter);
        assert!(registry.enqueue(call("a"), 1).is_ok());
    }

    #[tokio::test]
    async fn those_who_wait_can_be_sent_away_and_the_holder_stays() {
        let registry = Arc::new(Registry::default());
        let holder = registry.enqueue(call("a"), 10).unwrap();
        let mut waiter = registry.enqueue(call("a"), 10).unwrap();
        registry.reject_queued(&call("a"), Rejection::AfterUnknown);
        assert_eq!(waiter.turn().await, Err(Rejection::AfterUnknown));
        assert_eq!(
            waiter.turn().await,
            Err(Rejection::AfterUnknown),
            "asking again is no turn"
        );
        let mut late = registry.enqueue(call("a"), 10).unwrap();
        assert!(late.is_waiting());
        drop(waiter);
        drop(holder);
        late.turn().await.unwrap();
    }

    #[tokio::test]
    async fn who_was_sent_away_takes_nobodys_place_in_a_new_line() {
        let registry = Arc::new(Registry::default());
        let holder = registry.enqueue(call("a"), 10).unwrap();
        let sent_away = registry.enqueue(call("a"), 10).unwrap();
        registry.reject_queued(&call("a"), Rejection::AfterUnknown);
        drop(holder);
        let first = registry.enqueue(call("a"), 10).unwrap();
        let mut second = registry.enqueue(call("a"), 10).unwrap();
        drop(sent_away);
        let early = look(&mut second);
        assert_eq!(early, Poll::Pending, "the turn came while another holds");
        drop(first);
        second.turn().await.unwrap();
    }

    #[test]
    fn a_manual_mark_ends_with_its_holder() {
        let registry = Arc::new(Registry::default());
        let manual = registry.enqueue(call("a"), 10).unwrap();
        manual.mark_as_manual();
        let _next = registry.enqueue(call("a"), 10).unwrap();
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
            4 => (0_usize..3, 0_usize..6).prop_map(|(queue_number, n)| Step::Leave(queue_number, n)),
            1 => (0_usize..3).prop_map(Step::Dismiss),
            1 => Just(Step::Forget),
        ]
    }

    /// Whether a place has its turn, by now.
    fn look(ticket: &mut LockTicket) -> Poll<Result<(), Rejection>> {
        pin!(ticket.turn()).poll(&mut Context::from_waker(TaskWaker::noop()))
    }

    proptest! {
        /// Each line is a plain list of its own: its first element has its turn, at most so many wait
        /// behind, and who was sent away takes nothing from anybody, however late it goes.
        #[test]
        fn lines_are_bounded_lists_apart_from_each_other(steps in prop::collection::vec(step(), 0..120)) {
            let registry = Arc::new(Registry::default());
            let queues = ["a", "b", "c"].map(call);
            let mut model: [VecDeque<LockTicket>; 3] = Default::default();
            let mut sent_away = VecDeque::new();
            for step in steps {
                match step {
                    Step::Join(queue_number) => {
                        let full = model[queue_number].len() > MOST_WAITING;
                        let enqueued = registry.enqueue(queues[queue_number].clone(), MOST_WAITING);
                        prop_assert_eq!(enqueued.is_err(), full);
                        model[queue_number].extend(enqueued.ok());
                    }
                    Step::Leave(queue_number, n) => drop(model[queue_number].remove(n)),
                    Step::Dismiss(queue_number) => {
                        registry.reject_queued(&queues[queue_number], Rejection::LockExpired);
                        while model[queue_number].len() > 1 {
                            let mut ticket = model[queue_number].remove(1).unwrap();
                            prop_assert_eq!(look(&mut ticket), Poll::Ready(Err(Rejection::LockExpired)));
                            sent_away.push_back(ticket);
                        }
                    }
                    Step::Forget => drop(sent_away.pop_front()),
                }
                for queue_number in &mut model {
                    for (n, ticket) in queue_number.iter_mut().enumerate() {
                        let expected = if n == 0 { Poll::Ready(Ok(())) } else { Poll::Pending };
                        prop_assert_eq!(look(ticket), expected);
                    }
                }
                prop_assert_eq!(registry.len(), model.iter().filter(|queue_number| !queue_number.is_empty()).count());
            }
        }
    }
}
