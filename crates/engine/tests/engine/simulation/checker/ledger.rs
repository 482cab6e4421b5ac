//! The history, sorted by what it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;

use super::Moment;
use crate::simulation::history::{Ask, Ending, Injection, LockNumber, Step, What};

/// One request.
pub struct Sent {
    pub at: Moment,
    pub part: u32,
    /// When the platform pressed the digits, without what it had promised not to press.
    pub executed: Option<Moment>,
    pub token: u64,
    pub handed_over: Option<Moment>,
    pub ended: Option<(Moment, Ending)>,
}

/// The event at the end.
pub struct Finished {
    pub at: Moment,
    pub delivery: Delivery,
    pub code: Option<Code>,
    pub attempts: u32,
    pub queued: Duration,
    pub digits_accepted: Option<u32>,
    pub unmasking: bool,
}

/// One injection.
pub struct Record {
    pub asked: Moment,
    pub ask: Ask,
    pub sent: BTreeMap<u64, Sent>,
    /// Executions of each burst, without those that the platform had promised not to make.
    pub executed: BTreeMap<u32, u32>,
    /// The events after its unmasking, and whether that failed.
    pub unmasked: Vec<(Moment, bool)>,
    pub finished: Vec<Finished>,
    pub resolved: Vec<(Moment, Delivery, Option<Code>)>,
    pub retrying: Vec<Moment>,
    pub aborted: Option<Moment>,
    pub dropped: Option<Moment>,
}

/// One manual lock.
pub struct Lock {
    pub asked: Moment,
    pub call: usize,
    pub held: Option<Moment>,
    pub failed: Option<Moment>,
    pub gone: Option<Moment>,
}

/// One request of a token source.
pub struct TokenRequest {
    pub asked: Moment,
    pub ended: Option<Moment>,
    /// The wait that a failed one asked for.
    pub retry_after: Option<Duration>,
}

/// The history of a world.
#[derive(Default)]
pub struct Ledger {
    pub injections: BTreeMap<Injection, Record>,
    pub locks: BTreeMap<LockNumber, Lock>,
    pub sources: BTreeMap<usize, Vec<TokenRequest>>,
    pub closed: BTreeMap<usize, Moment>,
    /// When which recording was masked, or unmasked.
    pub recordings: BTreeMap<(usize, u32), Vec<(Moment, bool)>>,
    /// The contacts that have left, by their calls.
    pub gone: BTreeSet<(usize, u32)>,
    /// When which injector heard that the session of which call has ended.
    pub sessions_ended: Vec<(Moment, usize, usize)>,
    /// When the program said of which call that it found out where it stands.
    pub found_out: Vec<(Moment, usize)>,
    pub left_behind: Vec<String>,
    /// Steps of injections or requests that nobody asked for.
    pub strays: Vec<String>,
    names: BTreeMap<u64, LockNumber>,
}

impl Record {
    fn new(asked: Moment, ask: Ask) -> Self {
        Self {
            asked,
            ask,
            sent: BTreeMap::new(),
            executed: BTreeMap::new(),
            unmasked: Vec::new(),
            finished: Vec::new(),
            resolved: Vec::new(),
            retrying: Vec::new(),
            aborted: None,
            dropped: None,
        }
    }

    /// Whether it was refused as a repeat of what is unknown.
    pub fn is_guarded(&self) -> bool {
        let code = self.end().and_then(|end| end.code);
        code == Some(Code::OutcomeUnknown) && self.sent.is_empty()
    }

    /// The event at the end, when there is just one as there should be.
    pub fn end(&self) -> Option<&Finished> {
        self.finished.first()
    }

    fn handed_over(&mut self, request: u64, at: Moment) -> bool {
        let sent = self.sent.get_mut(&request);
        // A connection that takes the body after the engine has left is what the witness must prevent.
        sent.filter(|sent| sent.ended.is_none() && sent.handed_over.is_none())
            .map(|sent| sent.handed_over = Some(at))
            .is_some()
    }

    fn executed(&mut self, request: u64, at: Moment) -> bool {
        let Some(sent) = self.sent.get_mut(&request) else {
            return false;
        };
        sent.executed = Some(at);
        *self.executed.entry(sent.part).or_default() += 1;
        true
    }

    fn ended(&mut self, request: u64, at: Moment, how: Ending) -> bool {
        let sent = self.sent.get_mut(&request);
        sent.filter(|sent| sent.ended.is_none())
            .map(|sent| sent.ended = Some((at, how)))
            .is_some()
    }
}

/// The injection that a step is about.
pub fn injection_of(what: &What) -> Option<Injection> {
    match what {
        What::Asked(injection, _)
        | What::Sent { injection, .. }
        | What::HandedOver { injection, .. }
        | What::Executed { injection, .. }
        | What::Ended { injection, .. }
        | What::Retrying(injection)
        | What::Unmasked { injection, .. }
        | What::Finished { injection, .. }
        | What::Resolved { injection, .. }
        | What::Aborted(injection)
        | What::Dropped(injection) => Some(*injection),
        _ => None,
    }
}

impl Ledger {
    pub fn read(steps: &[Step]) -> Self {
        let mut ledger = Self::default();
        for (place, step) in steps.iter().enumerate() {
            let at = (place, step.at);
            let known = match (&step.what, injection_of(&step.what)) {
                (What::Asked(injection, ask), _) => {
                    let record = Record::new(at, *ask);
                    ledger.injections.insert(*injection, record).is_none()
                }
                (what, Some(injection)) => ledger
                    .injections
                    .get_mut(&injection)
                    .is_some_and(|record| of_injection(record, at, what)),
                (what, None) => ledger.of_others(at, what),
            };
            if !known {
                ledger.strays.push(format!("{step:?}"));
            }
        }
        ledger
    }

    fn of_others(&mut self, at: Moment, what: &What) -> bool {
        match what {
            What::LockAsked { lock, call } => {
                let asked = Lock {
                    asked: at,
                    call: *call,
                    held: None,
                    failed: None,
                    gone: None,
                };
                return self.locks.insert(*lock, asked).is_none();
            }
            What::LockHeld { lock, id } => {
                self.names.insert(*id, *lock);
                return self.lock(*lock, |lock| lock.held = Some(at));
            }
            What::LockFailed(lock) => return self.lock(*lock, |lock| lock.failed = Some(at)),
            What::LockGone(lock) => return self.lock(*lock, |lock| lock.gone = Some(at)),
            What::LockExpired(id) => return self.lock_expired(*id, at),
            What::SessionEnded { injector, call } => {
                self.sessions_ended.push((at, *injector, *call));
            }
            What::FoundOut { call } => self.found_out.push((at, *call)),
            What::Closed(injector) => {
                self.closed.entry(*injector).or_insert(at);
            }
            What::TokenAsked(source) => {
                self.sources.entry(*source).or_default().push(TokenRequest {
                    asked: at,
                    ended: None,
                    retry_after: None,
                });
            }
            What::TokenEnded {
                source,
                retry_after,
                ..
            } => {
                let requests = self.sources.entry(*source).or_default();
                return requests
                    .last_mut()
                    .map(|request| {
                        request.ended = Some(at);
                        request.retry_after = *retry_after;
                    })
                    .is_some();
            }
            What::LeftBehind(what) => self.left_behind.push(what.clone()),
            _ => return self.of_contacts(at, what),
        }
        true
    }

    fn of_contacts(&mut self, at: Moment, what: &What) -> bool {
        match what {
            What::Recording {
                call,
                contact,
                masked,
            } => {
                let of_contact = self.recordings.entry((*call, *contact)).or_default();
                of_contact.push((at, *masked));
            }
            What::Gone { call, contact } => {
                self.gone.insert((*call, *contact));
            }
            What::Followed { .. }
            | What::Unfollowed { .. }
            | What::Told { .. }
            | What::Deaf { .. }
            | What::Addressed { .. } => {}
            _ => return false,
        }
        true
    }

    fn lock_expired(&mut self, id: u64, at: Moment) -> bool {
        let lock = self.names.get(&id).copied();
        lock.is_some_and(|lock| {
            self.lock(lock, |lock| {
                lock.gone.get_or_insert(at);
            })
        })
    }

    fn lock(&mut self, lock: LockNumber, note: impl FnOnce(&mut Lock)) -> bool {
        self.locks.get_mut(&lock).map(note).is_some()
    }
}

fn of_injection(record: &mut Record, at: Moment, what: &What) -> bool {
    match *what {
        What::Sent {
            request,
            token,
            part,
            ..
        } => {
            let sent = Sent {
                at,
                part,
                executed: None,
                token,
                handed_over: None,
                ended: None,
            };
            return record.sent.insert(request, sent).is_none();
        }
        What::HandedOver { request, .. } => return record.handed_over(request, at),
        What::Ended { request, how, .. } => return record.ended(request, at, how),
        What::Executed { promised_not, .. } if promised_not => {}
        What::Executed { request, .. } => return record.executed(request, at),
        What::Unmasked { failed, .. } => record.unmasked.push((at, failed)),
        What::Retrying(_) => record.retrying.push(at),
        What::Finished {
            delivery,
            code,
            attempts,
            queued,
            digits_accepted,
            unmasking,
            ..
        } => record.finished.push(Finished {
            at,
            delivery,
            code,
            attempts,
            queued,
            digits_accepted,
            unmasking,
        }),
        What::Resolved { delivery, code, .. } => record.resolved.push((at, delivery, code)),
        What::Aborted(_) => record.aborted = Some(at),
        What::Dropped(_) => record.dropped = Some(at),
        _ => return false,
    }
    true
}
