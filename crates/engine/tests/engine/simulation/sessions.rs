//! What agent sessions have beside digits: contacts, recordings that are masked, and events that tell of both.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use cxone_dtmf_engine::http::Request;
use fastrand::Rng;
use tokio::sync::Notify;

use super::bugs::Bug;
use super::contacts::Session;
use super::moves::{Aim, Move};
use super::names::{call_of, number_of};

/// The sessions of all calls.
pub struct Sessions {
    calls: Vec<Mutex<Session>>,
    /// Something has happened in one. Wakes in order, so that a seed repeats itself.
    pub changed: Vec<Notify>,
    /// The ids of each that the engine has been told.
    pub known: Vec<Mutex<Vec<u32>>>,
    aborted: Vec<AtomicBool>,
    /// Contacts come and go, ids are renewed, and recordings change late.
    pub lively: bool,
    pub bug: Bug,
}

impl Sessions {
    pub fn new(calls: usize, lively: bool, bug: Bug) -> Self {
        let all = 0..calls;
        Self {
            calls: all.clone().map(|_| Mutex::new(Session::begin())).collect(),
            changed: all.clone().map(|_| Notify::new()).collect(),
            known: all.clone().map(|_| Mutex::new(vec![0])).collect(),
            aborted: all.map(|_| AtomicBool::new(false)).collect(),
            lively,
            bug,
        }
    }

    pub fn end(&self, call: usize) {
        self.change(call, |session| session.ended = true);
    }

    pub fn has_ended(&self, call: usize) -> bool {
        self.call(call).ended
    }

    /// Something happens to a contact. Gives the one that is gone.
    pub fn moved(&self, call: usize, change: Move, now: Duration, dice: u64) -> Option<u32> {
        let mut rng = Rng::with_seed(dice);
        self.change(call, |session| session.change(change, now, &mut rng))
    }

    /// Whom the program means.
    pub fn aimed_at(&self, call: usize, aim: Aim, dice: u64) -> Option<u32> {
        self.call(call).aimed_at(aim, &mut Rng::with_seed(dice))
    }

    /// An id by which a program may know a session: the first, the newest, or any.
    pub fn id(&self, call: usize, dice: u64) -> u32 {
        let known = self.known[call].lock().unwrap();
        match dice % 4 {
            0 => 0,
            1 | 2 => *known.last().unwrap(),
            _ => known[usize::try_from(dice >> 32).unwrap() % known.len()],
        }
    }

    /// Something on this call was aborted.
    pub fn aborted(&self, call: usize) {
        self.aborted[call].store(true, Ordering::Relaxed);
    }

    pub fn forgets_to_unmask(&self, call: usize) -> bool {
        self.bug == Bug::UnmaskForgotten && self.aborted[call].load(Ordering::Relaxed)
    }

    pub fn change<T>(&self, call: usize, change: impl FnOnce(&mut Session) -> T) -> T {
        let changed = change(&mut self.call(call));
        self.changed[call].notify_waiters();
        changed
    }

    pub fn call(&self, call: usize) -> MutexGuard<'_, Session> {
        self.calls[call].lock().unwrap()
    }
}

/// A request that presses nothing.
#[derive(Clone, Copy)]
pub enum Side {
    Recording {
        contact: u32,
        masked: bool,
    },
    Activate {
        contact: u32,
    },
    NextEvent {
        /// How long it may be kept when nothing happens.
        wait: Duration,
    },
}

impl Side {
    /// What is asked for, of which call and by which of its ids.
    pub fn of(request: &Request) -> Option<(Self, usize, u32)> {
        let mut path = request.uri.path().rsplit('/');
        let (action, of) = (path.next().unwrap(), path.next().unwrap());
        let contact = || number_of(of);
        let side = match action {
            "mask" | "unmask" => Self::Recording {
                contact: contact(),
                masked: action == "mask",
            },
            "activate" => Self::Activate { contact: contact() },
            "get-next-event" => {
                let query = request.uri.query().unwrap();
                let seconds = query.strip_prefix("timeout=").unwrap().parse().unwrap();
                let wait = Duration::from_secs(seconds);
                return Some((Self::NextEvent { wait }, call_of(of), number_of(of)));
            }
            _ => return None,
        };
        let session = path.nth(1).unwrap();
        Some((side, call_of(session), number_of(session)))
    }
}
