//! The scripts of the lock before a real server, against a plain list.

use std::array;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use cxone_dtmf_engine::fleet::{
    AcquireReply, CallId, FleetOptions, LeaseClient, LeaseTerms, OnUnavailable, Store,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::runtime::Runtime;

use crate::fleet::redis::resp::Client;
use crate::fleet::redis::{Redis, resp::Reply};
use crate::fleet::stage::patient;
use crate::support::cases;

const OWNERS: usize = 6;
/// Some owners are of one process, which gives the earlier one up when it asks for the later.
const PROCESSES: usize = 4;
const MOST: usize = 3;

/// Nothing ends by itself in a test: what ends, a step ends.
const TERMS: LeaseTerms = LeaseTerms {
    lease: Duration::from_secs(3600),
    waiter_ttl: Duration::from_secs(3600),
    max_waiting: MOST as u64,
    on_unavailable: OnUnavailable::Fail,
};

#[derive(Clone, Copy, Debug)]
enum Step {
    Acquire(usize),
    Renew(usize),
    Leave(usize),
    Dismiss(usize),
    /// The lease of whoever holds it ends.
    LeaseEnds,
    /// Nothing was heard of the n-th in line for too long.
    Dies(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let owner = || 0..OWNERS;
    prop_oneof![
        12 => owner().prop_map(Step::Acquire),
        2 => owner().prop_map(Step::Renew),
        5 => owner().prop_map(Step::Leave),
        1 => owner().prop_map(Step::Dismiss),
        1 => Just(Step::LeaseEnds),
        1 => (0..MOST).prop_map(Step::Dies),
    ]
}

#[derive(Debug, Default)]
struct Model {
    holder: Option<usize>,
    ended: bool,
    fence: u64,
    /// Who waits, and whether something was heard of it.
    line: Vec<(usize, bool)>,
    tickets: u64,
    /// How many had been given when the lease was granted.
    tickets_before: u64,
    dismissed: u64,
    rejections: u32,
    /// The ticket that each owner knows of.
    known: [u64; OWNERS],
}

impl Model {
    /// What a question must be answered, but for the fence and the time.
    fn acquire(&mut self, owner: usize) -> AcquireReply {
        let granted = |fence, line: &[_]| AcquireReply::Granted {
            fence,
            contended: !line.is_empty(),
        };
        if self.holder == Some(owner) {
            self.ended = false;
            return granted(self.fence, &self.line);
        }
        self.line.retain(|(_, alive)| *alive);
        let in_line = self.line.iter().any(|(waiting, _)| *waiting == owner);
        if !in_line && self.known[owner] > 0 && self.known[owner] <= self.dismissed {
            self.known[owner] = 0;
            return AcquireReply::Rejected;
        }
        let of_own_process = |holder| holder % PROCESSES == owner % PROCESSES;
        let is_free = self.ended || self.holder.is_none_or(of_own_process);
        if is_free && self.line.first().is_none_or(|(first, _)| *first == owner) {
            self.line.retain(|(waiting, _)| *waiting != owner);
            (self.holder, self.ended) = (Some(owner), false);
            self.tickets_before = self.tickets;
            self.known[owner] = 0;
            return granted(0, &self.line);
        }
        if !in_line {
            if self.line.len() >= MOST {
                return AcquireReply::QueueFull;
            }
            self.tickets += 1;
            self.known[owner] = self.tickets;
            self.line.push((owner, true));
        }
        AcquireReply::Queued {
            ticket: self.known[owner],
            ahead: self.line.iter().position(|(at, _)| *at == owner).unwrap() as u64,
            held_for: Duration::ZERO,
            closed_for: Duration::ZERO,
            other_protocol: false,
        }
    }
}

struct Stage {
    runtime: Runtime,
    redis: Redis,
    stores: [Arc<Store>; PROCESSES],
    wakers: Cell<u64>,
}

impl Stage {
    fn new() -> Self {
        let redis = Redis::start();
        Self {
            runtime: Runtime::new().unwrap(),
            stores: array::from_fn(|_| {
                Store::new(patient(FleetOptions::at(&redis.url()).unwrap())).unwrap()
            }),
            redis,
            wakers: Cell::new(0),
        }
    }

    /// Where an owner asks.
    fn store(&self, owner: usize) -> &Store {
        &self.stores[owner % PROCESSES]
    }

    /// A request of an owner, with a number of its own.
    fn request(&self, call: &str, owner: usize) -> (u64, LeaseClient) {
        let waker = self.wakers.get();
        self.wakers.set(waker + 1);
        let request = LeaseClient::new(self.store(owner), waker, "scope", call);
        (waker, request)
    }
}

fn key(client: &mut Client, what: &str, call: &CallId) -> String {
    let keys = client
        .ask(&["KEYS", &format!("*:{what}:{}", call.digest)])
        .unwrap();
    keys.list().first().map(Reply::text).unwrap_or_default()
}

/// One holder at a time, in the order of asking, with fences that grow, within the bound, whatever happens.
#[test]
fn behaves_like_a_list() {
    let stage = Stage::new();
    let calls = Cell::new(0);
    TestRunner::new(cases(300))
        .run(&prop::collection::vec(step(), 1..60), |steps| {
            calls.set(calls.get() + 1);
            walk(&stage, &format!("call-{}", calls.get()), &steps)
        })
        .unwrap();
}

fn walk(stage: &Stage, call: &str, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut walk = Walk {
        stage,
        owners: (0..OWNERS)
            .map(|owner| stage.request(call, owner))
            .collect(),
        call: call.to_owned(),
        id: stage.store(0).keys().call("scope", call),
        client: stage.redis.connect(),
        model: Model::default(),
    };
    for step in steps {
        match *step {
            Step::Acquire(owner) => walk.acquire(owner)?,
            Step::Renew(owner) => walk.renew(owner)?,
            Step::Leave(owner) => walk.leave(owner),
            Step::Dismiss(owner) => walk.dismiss(owner),
            Step::LeaseEnds => walk.end_lease(),
            Step::Dies(n) => walk.kill(n),
        }
    }
    Ok(())
}

/// The same steps on the server and in the model.
struct Walk<'a> {
    stage: &'a Stage,
    owners: Vec<(u64, LeaseClient)>,
    call: String,
    id: CallId,
    client: Client,
    model: Model,
}

impl Walk<'_> {
    fn acquire(&mut self, owner: usize) -> Result<(), TestCaseError> {
        let Self { stage, model, .. } = self;
        let known = model.known[owner];
        let before = model.fence;
        let again = model.holder == Some(owner);
        let expected = model.acquire(owner);
        let asked = self.owners[owner]
            .1
            .acquire(stage.store(owner), TERMS, known);
        match (stage.runtime.block_on(asked).unwrap(), expected) {
            (
                AcquireReply::Granted { fence, contended },
                AcquireReply::Granted {
                    contended: expected,
                    ..
                },
            ) => {
                prop_assert_eq!(contended, expected);
                let lawful = if again {
                    fence == before
                } else {
                    fence > before
                };
                prop_assert!(lawful, "{fence} after {before}");
                model.fence = fence;
            }
            (
                AcquireReply::Queued {
                    ticket,
                    ahead,
                    held_for,
                    closed_for,
                    other_protocol,
                },
                AcquireReply::Queued {
                    ticket: expected,
                    ahead: before,
                    ..
                },
            ) => {
                prop_assert_eq!((ticket, ahead), (expected, before));
                let of_own_process = |holder| holder % PROCESSES == owner % PROCESSES;
                let is_free = model.ended || model.holder.is_none_or(of_own_process);
                prop_assert_eq!(held_for.is_zero(), is_free);
                prop_assert!(closed_for.is_zero() && !other_protocol);
            }
            (answer, expected) => prop_assert_eq!(answer, expected),
        }
        Ok(())
    }

    fn renew(&mut self, owner: usize) -> Result<(), TestCaseError> {
        let Self { stage, model, .. } = self;
        let renewed = self.owners[owner].1.renew(stage.store(owner), TERMS.lease);
        let asked_since = model.tickets > model.tickets_before;
        let expected = (model.holder == Some(owner)).then_some(asked_since);
        prop_assert_eq!(stage.runtime.block_on(renewed).unwrap(), expected);
        model.ended &= expected.is_none();
        Ok(())
    }

    fn leave(&mut self, owner: usize) {
        let Self { stage, model, .. } = self;
        let released = self.owners[owner].1.release(stage.store(owner));
        stage.runtime.block_on(released).unwrap();
        model.known[owner] = 0;
        model.line.retain(|(waiting, _)| *waiting != owner);
        if model.holder == Some(owner) {
            model.holder = None;
        }
        self.owners[owner] = stage.request(&self.call, owner);
    }

    fn dismiss(&mut self, owner: usize) {
        let Self { stage, model, .. } = self;
        model.rejections += 1;
        let dismissed = self.owners[owner]
            .1
            .reject_queued(stage.store(owner), model.rejections);
        stage.runtime.block_on(dismissed).unwrap();
        if model.holder == Some(owner) {
            model.line.clear();
            model.dismissed = model.tickets;
        }
    }

    fn end_lease(&mut self) {
        if self.model.holder.is_some() {
            let lock = key(&mut self.client, "lock", &self.id);
            self.client.ask(&["HSET", &lock, "ends", "1"]).unwrap();
            self.model.ended = true;
        }
    }

    fn kill(&mut self, n: usize) {
        if let Some((owner, alive)) = self.model.line.get_mut(n) {
            let waiters = key(&mut self.client, "waiters", &self.id);
            let number = self.owners[*owner].0;
            let name = format!("{}:{number}", self.stage.store(*owner).process());
            let dead = ["ZADD", &waiters, "XX", "1", &name];
            self.client.ask(&dead).unwrap();
            *alive = false;
        }
    }
}
