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
async fn the_queue_is_handed_on_in_order() {
    let registry = Registry::default();
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
async fn a_ticket_dropped_while_it_is_served_passes_the_queue_on() {
    let registry = Registry::default();
    let first = registry.enqueue(call("a"), 10).unwrap();
    let second = registry.enqueue(call("a"), 10).unwrap();
    let mut third = registry.enqueue(call("a"), 10).unwrap();
    drop(first);
    drop(second);
    third.turn().await.unwrap();
}

#[test]
fn no_queue_is_left_when_all_tickets_are_dropped() {
    let registry = Registry::default();
    let tickets: Vec<_> = (0..100)
        .map(|n| registry.enqueue(call(&(n % 7).to_string()), 100).unwrap())
        .collect();
    assert_eq!(registry.len(), 7);
    drop(tickets);
    assert!(registry.is_empty());
}

#[test]
fn the_bound_counts_waiters_only() {
    let registry = Registry::default();
    let _holder = registry.enqueue(call("a"), 1).unwrap();
    let waiter = registry.enqueue(call("a"), 1).unwrap();
    assert!(registry.enqueue(call("a"), 1).is_err());
    assert!(registry.enqueue(call("b"), 0).is_ok());
    drop(waiter);
    assert!(registry.enqueue(call("a"), 1).is_ok());
}

#[tokio::test]
async fn waiters_can_be_rejected_and_the_holder_stays() {
    let registry = Registry::default();
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
async fn a_rejected_ticket_dropped_late_leaves_a_new_queue_alone() {
    let registry = Registry::default();
    let holder = registry.enqueue(call("a"), 10).unwrap();
    let rejected = registry.enqueue(call("a"), 10).unwrap();
    registry.reject_queued(&call("a"), Rejection::AfterUnknown);
    drop(holder);
    let first = registry.enqueue(call("a"), 10).unwrap();
    let mut second = registry.enqueue(call("a"), 10).unwrap();
    drop(rejected);
    let early = poll_turn(&mut second);
    assert_eq!(
        early,
        Poll::Pending,
        "the turn came while another ticket holds"
    );
    drop(first);
    second.turn().await.unwrap();
}

#[test]
fn a_manual_mark_ends_with_its_holder() {
    let registry = Registry::default();
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
    Enqueue(usize),
    /// The n-th ticket of this queue is dropped; the holder is 0.
    Leave(usize, usize),
    Reject(usize),
    /// The ticket that was rejected first, in any queue, is dropped at last.
    DropRejected,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0_usize..3).prop_map(Step::Enqueue),
        4 => (0_usize..3, 0_usize..6).prop_map(|(queue, n)| Step::Leave(queue, n)),
        1 => (0_usize..3).prop_map(Step::Reject),
        1 => Just(Step::DropRejected),
    ]
}

/// Whether a ticket has its turn by now.
fn poll_turn(ticket: &mut LockTicket) -> Poll<Result<(), Rejection>> {
    pin!(ticket.turn()).poll(&mut Context::from_waker(TaskWaker::noop()))
}

proptest! {
    /// Each queue is a plain list of its own: its first element has its turn, the rest is bounded, and a rejected ticket
    /// changes nothing, however late it is dropped.
    #[test]
    fn queues_are_bounded_lists_apart_from_each_other(steps in prop::collection::vec(step(), 0..120)) {
        let registry = Registry::default();
        let queues = ["a", "b", "c"].map(call);
        let mut model: [VecDeque<LockTicket>; 3] = Default::default();
        let mut rejected = VecDeque::new();
        for step in steps {
            match step {
                Step::Enqueue(queue) => {
                    let full = model[queue].len() > MOST_WAITING;
                    let enqueued = registry.enqueue(queues[queue].clone(), MOST_WAITING);
                    prop_assert_eq!(enqueued.is_err(), full);
                    model[queue].extend(enqueued.ok());
                }
                Step::Leave(queue, n) => drop(model[queue].remove(n)),
                Step::Reject(queue) => {
                    registry.reject_queued(&queues[queue], Rejection::LockExpired);
                    while model[queue].len() > 1 {
                        let mut ticket = model[queue].remove(1).unwrap();
                        prop_assert_eq!(poll_turn(&mut ticket), Poll::Ready(Err(Rejection::LockExpired)));
                        rejected.push_back(ticket);
                    }
                }
                Step::DropRejected => drop(rejected.pop_front()),
            }
            for queue in &mut model {
                for (n, ticket) in queue.iter_mut().enumerate() {
                    let expected = if n == 0 { Poll::Ready(Ok(())) } else { Poll::Pending };
                    prop_assert_eq!(poll_turn(ticket), expected);
                }
            }
            prop_assert_eq!(registry.len(), model.iter().filter(|queue| !queue.is_empty()).count());
        }
    }
}
