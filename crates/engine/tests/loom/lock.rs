//! The channel lock: one at a time, in order, and nobody who waits is forgotten.

use std::sync::Arc;

use cxone_dtmf_engine::lock::{Enqueued, Position, Queue};
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

use super::slot::Slot;
use super::{breaks, walk};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// Takes the line out of the registry when nobody waits, though it was just handed to the last one.
    EvictsWhileHandingOver,
    /// Who gives up does not look whether the line became its own in that moment.
    LeavesWithoutPassingOn,
    /// Looks at the line and takes a place in two steps instead of one.
    LooksBeforeItJoins,
    /// Takes the ticket of a line that is gone for one of the line that is there now.
    MixesUpTheLines,
}

#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Granted,
    Dismissed,
}

type Waker = Arc<Slot<Turn>>;

#[derive(Default)]
struct State {
    /// As in the registry, there is a line exactly as long as somebody holds it, and each has a number.
    line: Option<(u32, Queue<Waker>)>,
    made: u32,
    arrivals: u32,
}

/// One line, kept step by step as `src/lock/call_queues.rs` keeps those of all calls.
struct Line {
    state: Mutex<State>,
    inside: AtomicU32,
    last_served: AtomicU32,
    flaw: Flaw,
}

impl Line {
    fn new(flaw: Flaw) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::default()),
            inside: AtomicU32::new(0),
            last_served: AtomicU32::new(0),
            flaw,
        })
    }

    fn join(self: &Arc<Self>) -> LockTicket {
        let found_free = self.flaw == Flaw::LooksBeforeItJoins && self.is_free();
        let mut state = self.state.lock().unwrap();
        state.arrivals += 1;
        let arrival = state.arrivals;
        let mut turn = None;
        if state.line.is_none() {
            state.made += 1;
            state.line = Some((state.made, Queue::new()));
        }
        let number = state.made;
        let (_, queue) = state.line.as_mut().unwrap();
        let joined = queue.enqueue(|| {
            let slot = Arc::new(Slot::new());
            turn = Some(Arc::clone(&slot));
            slot
        });
        drop(state);
        let (Enqueued::Holds(ticket) | Enqueued::Waits(ticket)) = joined;
        LockTicket {
            line: Arc::clone(self),
            number,
            ticket,
            arrival,
            turn: turn.filter(|_| !found_free),
        }
    }

    fn leave(&self, place: &LockTicket) {
        let mut state = self.state.lock().unwrap();
        let same = |number: u32| number == place.number || self.flaw == Flaw::MixesUpTheLines;
        let Some((_, queue)) = state.line.as_mut().filter(|(number, _)| same(*number)) else {
            return;
        };
        let woken = queue.leave(place.ticket);
        let evict = match self.flaw {
            Flaw::EvictsWhileHandingOver => queue.waiting() == 0,
            _ => queue.is_free(),
        };
        if evict {
            state.line = None;
        }
        drop(state);
        if let Some(waker) = woken
            && !(place.turn.is_some() && self.flaw == Flaw::LeavesWithoutPassingOn)
        {
            waker.send(Turn::Granted);
        }
    }

    fn reject_queued(&self) {
        let mut state = self.state.lock().unwrap();
        let dismissed = state.line.as_mut().map(|(_, queue)| queue.reject_queued());
        drop(state);
        for waker in dismissed.into_iter().flatten() {
            waker.send(Turn::Dismissed);
        }
    }

    fn is_free(&self) -> bool {
        self.state.lock().unwrap().line.is_none()
    }
}

struct LockTicket {
    line: Arc<Line>,
    number: u32,
    ticket: Position,
    arrival: u32,
    turn: Option<Waker>,
}

impl LockTicket {
    fn turn(&mut self) -> Turn {
        let answer = self.turn.as_ref().map_or(Turn::Granted, |slot| slot.wait());
        self.turn = None;
        answer
    }

    /// Waits and presses. Who comes in must be alone, and must have come after all who were in before.
    fn press(mut self) -> Turn {
        let answer = self.turn();
        if answer == Turn::Granted {
            let line = &self.line;
            assert_eq!(
                line.inside.fetch_add(1, Ordering::SeqCst),
                0,
                "two press at once"
            );
            let before = line.last_served.swap(self.arrival, Ordering::SeqCst);
            assert!(before < self.arrival, "out of order");
            line.inside.fetch_sub(1, Ordering::SeqCst);
        }
        answer
    }
}

impl Drop for LockTicket {
    fn drop(&mut self) {
        // A model that already failed is unwinding: its mutex may be in the hands of a thread that is gone.
        if !std::thread::panicking() {
            self.line.leave(self);
        }
    }
}

/// Three come and go as they like.
fn three_come(flaw: Flaw) {
    let line = Line::new(flaw);
    let others = [(); 2].map(|()| {
        let line = Arc::clone(&line);
        thread::spawn(move || line.join().press())
    });
    assert_eq!(line.join().press(), Turn::Granted);
    for other in others {
        assert_eq!(other.join().unwrap(), Turn::Granted);
    }
    assert!(line.is_free(), "a line is left behind");
}

/// The holder leaves while the second gives up; the third must get its turn.
fn one_gives_up(flaw: Flaw) {
    let line = Line::new(flaw);
    let first = line.join();
    let second = line.join();
    let third = line.join();
    let gives_up = thread::spawn(move || drop(second));
    let waits = thread::spawn(move || third.press());
    assert_eq!(first.press(), Turn::Granted);
    gives_up.join().unwrap();
    assert_eq!(waits.join().unwrap(), Turn::Granted);
    assert!(line.is_free(), "a line is left behind");
}

/// One who was sent away goes late, when others have begun a new line.
fn one_goes_late(flaw: Flaw) {
    let line = Line::new(flaw);
    let holder = line.join();
    let mut sent_away = line.join();
    line.reject_queued();
    drop(holder);
    assert_eq!(sent_away.turn(), Turn::Dismissed);
    let goes = thread::spawn(move || drop(sent_away));
    let first = line.join();
    let second = line.join();
    let waits = thread::spawn(move || second.press());
    assert_eq!(first.press(), Turn::Granted);
    goes.join().unwrap();
    assert_eq!(waits.join().unwrap(), Turn::Granted);
    assert!(line.is_free(), "a line is left behind");
}

#[test]
fn who_was_sent_away_takes_nothing_from_a_new_line() {
    walk(|| one_goes_late(Flaw::None));
}

#[test]
fn one_at_a_time_and_in_order() {
    walk(|| three_come(Flaw::None));
}

#[test]
fn who_gives_up_passes_the_line_on() {
    walk(|| one_gives_up(Flaw::None));
}

#[test]
fn all_who_wait_may_give_up_at_once() {
    walk(|| {
        let line = Line::new(Flaw::None);
        let first = line.join();
        let leaving = [line.join(), line.join()].map(|place| thread::spawn(move || drop(place)));
        drop(first);
        for leaving in leaving {
            leaving.join().unwrap();
        }
        assert!(line.is_free(), "a line is left behind");
    });
}

#[test]
fn a_dismissed_waiter_is_answered_once_and_the_line_goes_on() {
    walk(|| {
        let line = Line::new(Flaw::None);
        let holder = line.join();
        let waiter = line.join();
        // As after an unknown outcome: first those who wait are sent away, then the holder leaves.
        let newcomer = {
            let line = Arc::clone(&line);
            thread::spawn(move || line.join().press())
        };
        let waits = thread::spawn(move || waiter.press());
        line.reject_queued();
        assert_eq!(holder.press(), Turn::Granted);
        assert_eq!(waits.join().unwrap(), Turn::Dismissed);
        newcomer.join().unwrap();
        assert_eq!(line.join().press(), Turn::Granted);
        assert!(line.is_free(), "a line is left behind");
    });
}

#[test]
fn a_dismissal_meets_a_hand_over_and_a_waiter_that_gives_up() {
    walk(|| {
        let line = Line::new(Flaw::None);
        let holder = line.join();
        let waiter = line.join();
        let leaving = line.join();
        let dismisses = {
            let line = Arc::clone(&line);
            thread::spawn(move || line.reject_queued())
        };
        let waits = thread::spawn(move || waiter.press());
        let leaves = thread::spawn(move || drop(leaving));
        drop(holder);
        for thread in [dismisses, leaves] {
            thread.join().unwrap();
        }
        // Granted or dismissed, whichever came first; the line is free either way.
        waits.join().unwrap();
        assert!(line.is_free(), "a line is left behind");
    });
}

#[test]
fn finds_an_entry_that_is_evicted_while_the_line_is_handed_over() {
    breaks("two press at once", || {
        three_come(Flaw::EvictsWhileHandingOver);
    });
}

#[test]
fn finds_a_leaver_that_passes_nothing_on() {
    breaks("deadlock", || one_gives_up(Flaw::LeavesWithoutPassingOn));
}

#[test]
fn finds_a_newcomer_that_looks_before_it_joins() {
    breaks("two press at once", || three_come(Flaw::LooksBeforeItJoins));
}

#[test]
fn finds_a_ticket_of_a_line_that_is_gone() {
    breaks("deadlock", || one_goes_late(Flaw::MixesUpTheLines));
}
