//! The queue of one call: which ticket holds the lock and which comes next.
//!
//! A pure state machine without clock, threads or tokio. The caller guards it with a mutex.

use std::collections::BTreeMap;

/// A position in one queue. Positions grow; a lower one came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

/// The result of [`Queue::enqueue`].
#[derive(Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// The queue was free, and this position holds it.
    Holds(Position),
    /// Others came first.
    Waits(Position),
}

/// First come, first served, one at a time. `W` wakes a waiter.
#[derive(Debug)]
pub struct Queue<W> {
    holder: Option<Position>,
    waiting: BTreeMap<Position, W>,
    next: u64,
}

impl<W> Queue<W> {
    /// A free queue.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            holder: None,
            waiting: BTreeMap::new(),
            next: 0,
        }
    }

    /// Takes the next position. `waker` is called only when it has to wait.
    pub fn enqueue(&mut self, waker: impl FnOnce() -> W) -> Enqueued {
        let position = Position(self.next);
        self.next += 1;
        if self.holder.is_none() {
            self.holder = Some(position);
            return Enqueued::Holds(position);
        }
        self.waiting.insert(position, waker());
        Enqueued::Waits(position)
    }

    /// Gives up a position, held or waiting. When the holder leaves, the first waiter holds the queue from now on, and
    /// its waker is returned.
    ///
    /// A position that has left before means nothing any more.
    pub fn leave(&mut self, position: Position) -> Option<W> {
        if self.holder != Some(position) {
            self.waiting.remove(&position);
            return None;
        }
        self.holder = None;
        let (next, waker) = self.waiting.pop_first()?;
        self.holder = Some(next);
        Some(waker)
    }

    /// Removes all waiters; the holder stays.
    pub fn reject_queued(&mut self) -> impl Iterator<Item = W> + use<W> {
        std::mem::take(&mut self.waiting).into_values()
    }

    /// How many wait, without the holder.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is no holder, and so no waiter.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        self.holder.is_none()
    }
}

impl<W> Default for Queue<W> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Enqueue,
        /// The n-th in the queue leaves; the holder is 0.
        Leave(usize),
        LeaveAgain,
        Reject,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => Just(Step::Enqueue),
            4 => (0_usize..6).prop_map(Step::Leave),
            1 => Just(Step::LeaveAgain),
            1 => Just(Step::Reject),
        ]
    }

    proptest! {
        /// The queue behaves like a plain list whose first element holds it.
        #[test]
        fn behaves_like_a_list(steps in prop::collection::vec(step(), 0..200)) {
            let mut queue = Queue::new();
            let mut model: VecDeque<(Position, u32)> = VecDeque::new();
            let mut gone = None;
            for (name, step) in (0_u32..).zip(steps) {
                match step {
                    Step::Enqueue => {
                        let expected_to_hold = model.is_empty();
                        let (held, position) = match queue.enqueue(|| name) {
                            Enqueued::Holds(position) => (true, position),
                            Enqueued::Waits(position) => (false, position),
                        };
                        prop_assert_eq!(held, expected_to_hold);
                        model.push_back((position, name));
                    }
                    Step::Leave(n) => {
                        if let Some((position, _)) = model.remove(n) {
                            let woken = queue.leave(position);
                            let expected = if n == 0 { model.front().map(|(_, name)| *name) } else { None };
                            prop_assert_eq!(woken, expected);
                            gone = Some(position);
                        }
                    }
                    Step::LeaveAgain => {
                        if let Some(position) = gone {
                            prop_assert_eq!(queue.leave(position), None);
                        }
                    }
                    Step::Reject => {
                        let rejected: Vec<_> = queue.reject_queued().collect();
                        let expected: Vec<_> = model.iter().skip(1).map(|(_, name)| *name).collect();
                        prop_assert_eq!(rejected, expected);
                        model.truncate(1);
                    }
                }
                prop_assert_eq!(queue.is_free(), model.is_empty());
                prop_assert_eq!(queue.waiting(), model.len().saturating_sub(1));
            }
        }
    }
}
