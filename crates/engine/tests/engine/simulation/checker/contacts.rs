//! Whom digits reach, by what the engine was told of that until then: the contacts of a session, read a second time.

use std::collections::{BTreeMap, BTreeSet};

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::sessions::ContactState;

use super::{Law, Moment, Violation};
use crate::simulation::faults::ms;
use crate::simulation::history::{Ask, Injection, Step, Told, What};
use crate::simulation::world::SLOWEST_RECORD;

/// What the engine was told of one session.
#[derive(Default)]
struct Session {
    /// Who follows it, and whether that one hears.
    followers: BTreeMap<usize, bool>,
    was_followed: bool,
    contacts: BTreeMap<u32, ContactState>,
    /// Who is spoken to.
    voice: Option<u32>,
    ended: bool,
    /// The id to ask with.
    newest: u32,
}

/// An injection for a contact that has not ended.
struct Waiting {
    ask: Ask,
    /// Its contact was gone already when it was asked for.
    was_gone: bool,
    /// When that was told.
    gone: Option<Moment>,
    /// When its last request ended.
    free: Option<Moment>,
}

#[derive(Default)]
struct Replay {
    sessions: BTreeMap<usize, Session>,
    waiting: BTreeMap<Injection, Waiting>,
    /// The requests that must reach their contact when they leave.
    guarded: BTreeMap<u64, Ask>,
    broken: Vec<Violation>,
}

pub fn check(steps: &[Step], broken: &mut Vec<Violation>) {
    let mut replay = Replay::default();
    for (place, step) in steps.iter().enumerate() {
        replay.step((place, step.at), &step.what);
    }
    broken.append(&mut replay.broken);
}

impl Session {
    fn learn(&mut self, told: Told) {
        match told {
            Told::Started => {
                self.contacts
                    .retain(|_, state| *state == ContactState::Ended);
                self.voice = None;
            }
            Told::Ended => self.end(),
            Told::Contact {
                contact,
                earlier,
                state,
            } => {
                self.contacts.insert(contact, state);
                match state {
                    ContactState::Active | ContactState::Masked => {
                        let before = self.voice.replace(contact);
                        if let Some(before) = before.filter(|it| Some(*it) == earlier) {
                            self.contacts.insert(before, ContactState::Ended);
                        }
                    }
                    _ => {
                        self.voice.take_if(|voice| *voice == contact);
                    }
                }
            }
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.voice = None;
    }

    fn is_gone(&self, contact: u32) -> bool {
        self.ended || self.contacts.get(&contact) == Some(&ContactState::Ended)
    }

    /// Why digits for a contact must not go.
    fn against(&self, contact: u32) -> Option<&'static str> {
        match self.contacts.get(&contact) {
            _ if self.is_gone(contact) => Some("its contact is gone"),
            Some(ContactState::Held) => Some("its contact is on hold"),
            Some(ContactState::Ringing) => Some("its contact does not answer yet"),
            _ if self.voice.is_some_and(|voice| voice != contact) => {
                Some("somebody else is spoken to")
            }
            _ => None,
        }
    }

    /// Why they must not be begun to be sent.
    fn holds_back(&self, contact: u32) -> Option<&'static str> {
        let heard = self.followers.values().any(|heard| *heard);
        self.against(contact).or(match self.voice {
            None => Some("nobody is known to be spoken to"),
            Some(_) if !heard => Some("the events cannot be heard"),
            Some(_) => None,
        })
    }
}

impl Replay {
    fn step(&mut self, at: Moment, what: &What) {
        match what {
            What::Asked(injection, ask) => self.asked(at, *injection, *ask),
            What::Sent {
                injection, request, ..
            } => self.sent(*injection, *request),
            What::HandedOver { injection, request } => self.handed_over(*injection, *request),
            What::Ended { injection, .. } => {
                if let Some(waiting) = self.waiting.get_mut(injection) {
                    waiting.free = Some(at);
                }
            }
            What::Finished {
                injection,
                delivery,
                code,
                ..
            } => self.finished(at, *injection, *delivery, *code),
            _ => self.of_session(at, what),
        }
    }

    fn of_session(&mut self, at: Moment, what: &What) {
        match what {
            What::Followed { injector, call } => {
                let session = self.session(*call);
                if session.followers.is_empty() {
                    let newest = session.newest;
                    *session = Session {
                        was_followed: true,
                        newest,
                        ..Session::default()
                    };
                }
                session.followers.insert(*injector, false);
            }
            What::Unfollowed { injector, call } => {
                let session = self.session(*call);
                // The session is heard, and not one of its followers: where another one listens, it goes on being heard.
                if session.followers.remove(injector) == Some(true)
                    && let Some(heard) = session.followers.values_mut().next()
                {
                    *heard = true;
                }
            }
            What::Deaf { injector, call } => self.hears(*call, *injector, false),
            What::Told {
                injector,
                call,
                events,
                renewed,
            } => {
                let session = self.session(*call);
                session.newest = renewed.unwrap_or(session.newest);
                for told in events {
                    session.learn(*told);
                }
                self.hears(*call, *injector, true);
                self.look_for_gone(*call, at);
            }
            What::SessionEnded { call, .. } => {
                self.session(*call).end();
                self.look_for_gone(*call, at);
            }
            What::Addressed { call, id } => {
                let session = self.session(*call);
                let newest = session.newest;
                if session.was_followed && newest != *id {
                    let why = format!("call {call} is asked for by id {id}, and goes by {newest}");
                    self.broken.push(Violation::general(Law::NewestId, why));
                }
            }
            _ => {}
        }
    }

    fn session(&mut self, call: usize) -> &mut Session {
        self.sessions.entry(call).or_default()
    }

    fn hears(&mut self, call: usize, injector: usize, hears: bool) {
        // One who has been ended may still get an answer.
        if let Some(heard) = self.session(call).followers.get_mut(&injector) {
            *heard = hears;
        }
    }

    fn asked(&mut self, at: Moment, injection: Injection, ask: Ask) {
        if ask.contact.is_some() {
            let session = self.session(ask.call);
            let is_gone = ask.contact.is_some_and(|it| session.is_gone(it));
            let waiting = Waiting {
                ask,
                was_gone: is_gone && ask.followed,
                gone: (is_gone && ask.followed).then_some(at),
                free: None,
            };
            self.waiting.insert(injection, waiting);
        }
    }

    fn sent(&mut self, injection: Injection, request: u64) {
        let Some(waiting) = self.waiting.get_mut(&injection) else {
            return;
        };
        let (ask, contact) = (waiting.ask, waiting.ask.contact.unwrap_or_default());
        let session = self.sessions.entry(ask.call).or_default();
        let is_followed = !session.followers.is_empty();
        if is_followed {
            self.guarded.insert(request, ask);
        }
        let why = match is_followed {
            true => session.holds_back(contact),
            false if ask.followed => Some("its session is not followed any more"),
            false => None,
        };
        self.breaks(
            injection,
            &ask,
            why.map(|why| format!("sent although {why}")),
        );
    }

    fn handed_over(&mut self, injection: Injection, request: u64) {
        if let Some(ask) = self.guarded.get(&request).copied() {
            let contact = ask.contact.unwrap_or_default();
            let against = self.session(ask.call).against(contact);
            let why = against.map(|why| format!("handed over although {why}"));
            self.breaks(injection, &ask, why);
        }
    }

    fn look_for_gone(&mut self, call: usize, at: Moment) {
        let session = self.sessions.entry(call).or_default();
        let of_call = self.waiting.values_mut();
        for waiting in of_call.filter(|it| it.ask.call == call && it.ask.followed) {
            let is_gone = waiting.ask.contact.is_some_and(|it| session.is_gone(it));
            if is_gone {
                waiting.gone.get_or_insert(at);
            }
        }
    }

    /// Who waits for somebody that is gone is sent away at once, and told so.
    fn finished(&mut self, at: Moment, injection: Injection, to: Delivery, code: Option<Code>) {
        let Some(waiting) = self.waiting.remove(&injection) else {
            return;
        };
        let Some(gone) = waiting.gone else {
            return;
        };
        // What is written down before the end takes its time, twice.
        let from = waiting.free.map_or(gone.1, |free| gone.1.max(free.1));
        let late = at.1.saturating_sub(from + SLOWEST_RECORD * 2 + ms(1));
        let mut whys = BTreeSet::new();
        if !late.is_zero() {
            whys.insert(format!(
                "ended {late:?} after its contact was told to be gone"
            ));
        }
        // One that was on hold just before may have decided it, and is written down since then.
        let since = at.1.saturating_sub(gone.1);
        let is_known = waiting.was_gone || since > SLOWEST_RECORD;
        if is_known && to == Delivery::NotSent && code == Some(Code::NotInFocus) {
            whys.insert("told to be out of focus, and its contact is gone".to_owned());
        }
        for why in whys {
            let violation = Violation::of(Law::ContactGone, injection, &waiting.ask, why);
            self.broken.push(violation);
        }
    }

    fn breaks(&mut self, injection: Injection, ask: &Ask, why: Option<String>) {
        let why = why.map(|why| Violation::of(Law::Contact, injection, ask, why));
        self.broken.extend(why);
    }
}
