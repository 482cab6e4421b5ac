//! The contacts of one session as the platform has them, and what it tells of them.

use std::collections::BTreeMap;
use std::time::Duration;

use cxone_dtmf_engine::sessions::ContactState;
use fastrand::Rng;
use serde_json::{Value, json};

use super::faults::{ms, pick};
use super::history::Told;
use super::moves::{Aim, Move};
use super::names::contact_id;

/// One session.
#[derive(Default)]
pub struct Session {
    contacts: BTreeMap<u32, Contact>,
    /// Who is spoken to.
    focus: Option<u32>,
    /// What has happened, each with the moment from which on it is told.
    log: Vec<(Duration, Told)>,
    /// What each injector that follows has been told.
    followers: BTreeMap<usize, Follower>,
    ids: u32,
    pub ended: bool,
}

#[derive(Clone, Copy, Default)]
struct Contact {
    rings: bool,
    masked: bool,
    gone: bool,
    /// When the last change of its recording is carried out: they keep their order.
    changes_until: Duration,
}

#[derive(Clone, Copy)]
struct Follower {
    /// The id for its next poll.
    issued: u32,
    /// How much of the log it was told.
    told: usize,
}

/// What a poll is answered with.
pub enum News {
    /// These events.
    Told(Vec<Told>),
    /// Nothing before that moment, if ever.
    NotBefore(Option<Duration>),
}

impl Session {
    /// One with a contact that is spoken to.
    pub fn begin() -> Self {
        let mut session = Self::default();
        session.add(Contact::default());
        session.focus = Some(0);
        session
    }

    /// Something happens, at this moment.
    pub fn change(&mut self, change: Move, now: Duration, rng: &mut Rng) -> Option<u32> {
        match change {
            Move::HangUp => self.hang_up(now, rng),
            Move::Transfer => self.transfer(now, rng),
            Move::Hold | Move::HoldBriefly => {
                if let Some(contact) = self.focus.take() {
                    self.tell(contact, None, now, rng);
                    if change == Move::HoldBriefly {
                        self.speak_to(contact, now, rng);
                    }
                }
                None
            }
            Move::BringBack => {
                let focus = self.focus;
                let back = self.one_of(rng, |number, it| !it.gone && Some(number) != focus);
                if let Some(contact) = back {
                    self.speak_to(contact, now, rng);
                }
                None
            }
            Move::Replace => {
                let new = self.add(Contact::default());
                self.speak_to(new, now, rng);
                None
            }
            Move::Ring => {
                let new = self.add(Contact {
                    rings: true,
                    ..Contact::default()
                });
                self.tell(new, None, now, rng);
                None
            }
        }
    }

    fn hang_up(&mut self, now: Duration, rng: &mut Rng) -> Option<u32> {
        let gone = self.one_of(rng, |_, it| !it.gone)?;
        self.contact(gone).gone = true;
        self.focus.take_if(|focus| *focus == gone);
        self.tell(gone, None, now, rng);
        Some(gone)
    }

    fn transfer(&mut self, now: Duration, rng: &mut Rng) -> Option<u32> {
        let before = self.focus?;
        self.contact(before).gone = true;
        let new = self.add(Contact::default());
        self.focus = Some(new);
        self.tell(new, Some(before), now, rng);
        if rng.bool() {
            self.tell(before, None, now, rng);
        }
        Some(before)
    }

    /// Somebody is spoken to from now on. Of the one before it may be told that it is held, before or after.
    pub fn speak_to(&mut self, contact: u32, now: Duration, rng: &mut Rng) {
        let before = self.focus.replace(contact);
        let before = before.filter(|before| *before != contact);
        let told_of_before = rng.u8(0..3);
        if let Some(before) = before.filter(|_| told_of_before == 0) {
            self.tell(before, None, now, rng);
        }
        self.contact(contact).rings = false;
        self.tell(contact, None, now, rng);
        if let Some(before) = before.filter(|_| told_of_before == 1) {
            self.tell(before, None, now, rng);
        }
    }

    pub fn is_gone(&self, contact: u32) -> bool {
        self.contacts.get(&contact).is_none_or(|it| it.gone)
    }

    /// When a change of a recording that takes so long is carried out.
    pub fn changes_at(&mut self, contact: u32, at: Duration) -> Duration {
        let it = self.contact(contact);
        it.changes_until = it.changes_until.max(at);
        it.changes_until
    }

    /// The recording of a contact is masked, or is not. Told where the contact is spoken to.
    pub fn record(&mut self, contact: u32, masked: bool, now: Duration, rng: &mut Rng) {
        self.contact(contact).masked = masked;
        if self.focus == Some(contact) {
            self.tell(contact, None, now, rng);
        }
    }

    /// Whom the program means.
    pub fn aimed_at(&self, aim: Aim, rng: &mut Rng) -> Option<u32> {
        match aim {
            Aim::Anybody => None,
            Aim::SpokenTo => self.focus.or_else(|| self.one_of(rng, |_, it| !it.gone)),
            Aim::Somebody => self.one_of(rng, |_, _| true),
        }
    }

    /// What is new for a follower that asks by this id: everything anew where the id is not the one that it was given.
    pub fn news(&mut self, follower: usize, id: u32, now: Duration) -> News {
        let all = self.log.len();
        let known = (self.followers.get(&follower)).filter(|follower| follower.issued == id);
        let Some(&Follower { told, .. }) = known else {
            let state = Follower {
                issued: id,
                told: all,
            };
            self.followers.insert(follower, state);
            let there = self.contacts.iter().filter(|(_, it)| !it.gone);
            let states = there.map(|(number, _)| self.state_of(*number, None));
            return News::Told(std::iter::once(Told::Started).chain(states).collect());
        };
        let new = &self.log[told..];
        let visible = new.iter().take_while(|(at, _)| *at <= now);
        let visible: Vec<_> = visible.map(|(_, event)| *event).collect();
        if visible.is_empty() {
            return News::NotBefore(new.first().map(|(at, _)| *at));
        }
        let follower = self.followers.get_mut(&follower).unwrap();
        follower.told += visible.len();
        News::Told(visible)
    }

    /// The session has another id for a follower.
    pub fn renew(&mut self, follower: usize) -> u32 {
        self.ids += 1;
        self.followers.get_mut(&follower).unwrap().issued = self.ids;
        self.ids
    }

    fn add(&mut self, contact: Contact) -> u32 {
        let number = u32::try_from(self.contacts.len()).unwrap();
        self.contacts.insert(number, contact);
        number
    }

    fn contact(&mut self, number: u32) -> &mut Contact {
        self.contacts.get_mut(&number).unwrap()
    }

    fn one_of(&self, rng: &mut Rng, which: impl Fn(u32, &Contact) -> bool) -> Option<u32> {
        let all = self
            .contacts
            .iter()
            .filter(|(number, it)| which(**number, it));
        let all: Vec<_> = all.map(|(number, _)| *number).collect();
        (!all.is_empty()).then(|| *pick(rng, &all))
    }

    fn tell(&mut self, contact: u32, earlier: Option<u32>, now: Duration, rng: &mut Rng) {
        let event = self.state_of(contact, earlier);
        let late = *pick(rng, &[ms(0), ms(0), ms(5), ms(50), ms(300), ms(2_000)]);
        let before = self.log.last().map(|(at, _)| *at).unwrap_or_default();
        self.log.push(((now + late).max(before), event));
    }

    fn state_of(&self, contact: u32, earlier: Option<u32>) -> Told {
        let it = self.contacts[&contact];
        let state = match it {
            Contact { gone: true, .. } => ContactState::Ended,
            Contact { rings: true, .. } => ContactState::Ringing,
            _ if self.focus != Some(contact) => ContactState::Held,
            Contact { masked: true, .. } => ContactState::Masked,
            _ => ContactState::Active,
        };
        Told::Contact {
            contact,
            earlier,
            state,
        }
    }
}

/// An event as the platform writes it.
pub fn event(call: usize, told: Told) -> Value {
    let Told::Contact {
        contact,
        earlier,
        state,
    } = told
    else {
        let kind = if told == Told::Started {
            "AgentSessionStart"
        } else {
            "AgentSessionEnd"
        };
        return json!({"Type": kind});
    };
    let status = match state {
        ContactState::Ringing => "Dialing",
        ContactState::Active => "Active",
        ContactState::Held => "Holding",
        ContactState::Masked => "Masking",
        ContactState::Joined => "Joined",
        ContactState::Ended => "Disconnected",
        ContactState::Unclear => "Odd",
    };
    let mut event = json!({
        "Type": "CallContactEvent",
        "ContactID": contact_id(call, contact),
        "Status": status,
    });
    if let Some(earlier) = earlier {
        let field = ["ParentContactID", "MasterID"][earlier as usize % 2];
        event[field] = contact_id(call, earlier).into();
    }
    event
}
