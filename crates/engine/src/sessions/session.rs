//! One session: what is known of it, who waits for that, and which requests must not leave any more.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError};
#[cfg(not(cxone_loom))]
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

#[cfg(cxone_loom)]
use loom::sync::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::contacts::{ContactView, Contacts, Hearing};
use super::event::{SessionEvent, SessionFact};
use super::ids::Ids;
use super::masking::Masks;
use crate::Secret;
use crate::http::Witness;

mod masks;

/// After how long the newest id is told again to other processes, which know it for an hour.
const PUBLISH_AGAIN: Duration = Duration::from_secs(900);

/// Takes events, with what the platform was told in confidence and may say again.
pub type Tell = Arc<dyn Fn(&[SessionEvent], &[Secret]) + Send + Sync>;

/// One session, whatever id it goes by.
pub struct Session {
    scope: Arc<str>,
    state: Mutex<State>,
    changed: Notify,
    /// Held by the one who polls: answers of two polls at once could come in the wrong order.
    polling: tokio::sync::Mutex<()>,
}

struct State {
    ids: Ids,
    contacts: Contacts,
    /// What is known of masks, by contact. It outlives what is known of the contacts: a mask may be taken away before anybody
    /// follows the session.
    masks: Masks,
    can_mask: Option<bool>,
    has_ended: bool,
    /// Those who follow it, by numbers of their own.
    followers: BTreeMap<u64, Tell>,
    last_follower: u64,
    /// Its events are heard at the moment.
    is_heard: bool,
    /// They were not when last asked for, or nobody listens.
    in_trouble: bool,
    /// The requests that may be leaving, and what each is for.
    leaving: BTreeMap<u64, (Target, Witness)>,
    /// When its newest id was told to other processes.
    published: Option<Instant>,
    requests: u64,
}

/// A session, for those who look at the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Its first id.
    pub id: Arc<str>,
    /// Whether recordings can be masked in it; `None` where nothing has said so.
    pub can_mask: Option<bool>,
    /// Whether its events are heard at the moment.
    pub is_heard: bool,
    /// Its contacts.
    pub contacts: Vec<ContactView>,
}

/// Whom a request is for, and what has to be told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The contact.
    pub contact: Arc<str>,
    /// Whether its recording has to be masked.
    pub masked: bool,
}

/// Why a contact is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is.
    Reached,
    /// The session is followed by nobody.
    NotFollowed,
    /// It is not known at the moment: nothing was told yet, or the events cannot be heard.
    NotKnown,
    /// It is not, for this reason.
    Against(Hearing),
    /// It is, and its recording is not masked any more.
    Unmasked,
}

impl Reach {
    /// Whether an event has said that nothing may be sent.
    #[must_use]
    pub const fn is_against(self) -> bool {
        matches!(self, Self::Against(_) | Self::Unmasked)
    }
}

impl Session {
    pub(super) fn new(scope: Arc<str>, first: Arc<str>) -> Self {
        Self {
            scope,
            state: Mutex::new(State {
                ids: Ids::new(first),
                contacts: Contacts::default(),
                masks: Masks::default(),
                can_mask: None,
                has_ended: false,
                followers: BTreeMap::new(),
                last_follower: 0,
                is_heard: false,
                in_trouble: false,
                leaving: BTreeMap::new(),
                published: None,
                requests: 0,
            }),
            changed: Notify::new(),
            polling: tokio::sync::Mutex::default(),
        }
    }

    /// Waits for the right to poll, which one at a time has: whoever follows the session hears what any of them does.
    pub async fn poll(&self) -> Polling<'_> {
        Polling {
            right: self.polling.lock().await,
            session: self,
            answered: false,
        }
    }

    /// Within what its ids are unique.
    pub(super) const fn scope(&self) -> &Arc<str> {
        &self.scope
    }

    /// Its first id, which stands for it wherever it is named.
    #[must_use]
    pub fn first_id(&self) -> Arc<str> {
        Arc::clone(self.state().ids.first())
    }

    /// The id to ask the platform with.
    #[must_use]
    pub fn newest_id(&self) -> Arc<str> {
        Arc::clone(self.state().ids.newest())
    }

    /// The newest id, where other processes are to be told of it now: when it is new, and again before they forget it.
    #[must_use]
    pub fn id_to_publish(&self, is_new: bool, now: Instant) -> Option<Arc<str>> {
        let mut state = self.state();
        let is_due = (state.published).is_none_or(|published| now - published >= PUBLISH_AGAIN);
        (is_new || is_due).then(|| {
            state.published = Some(now);
            Arc::clone(state.ids.newest())
        })
    }

    /// Whether somebody follows it.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        !self.state().followers.is_empty()
    }

    /// Whether recordings can be masked in it; `None` where nothing has said so.
    #[must_use]
    pub fn can_mask(&self) -> Option<bool> {
        self.state().can_mask
    }

    /// Whether what is pressed reaches a contact now.
    #[must_use]
    pub fn reach(&self, contact: &str) -> Reach {
        self.state().reach(contact)
    }

    /// Resolves when that is known, or the session is not followed any more.
    pub async fn known(&self, contact: &str) -> Reach {
        let known = self.wait(|state| {
            let reach = state.reach(contact);
            (reach != Reach::NotKnown).then_some(reach)
        });
        known.await
    }

    /// Resolves when what is pressed reaches a contact.
    pub async fn reached(&self, contact: &str) {
        let reached = self.wait(|state| (state.reach(contact) == Reach::Reached).then_some(()));
        reached.await;
    }

    /// Resolves when a contact is gone.
    pub async fn ended(&self, contact: &str) {
        let ended = self.wait(|state| {
            let ended = Reach::Against(Hearing::Ended);
            (state.reach(contact) == ended).then_some(())
        });
        ended.await;
    }

    /// Resolves when an event has said that nothing may be sent to a contact, and gives what that is.
    pub async fn turned(&self, target: &Target) -> Reach {
        let turned =
            self.wait(|state| Some(state.reach_of(target)).filter(|reach| reach.is_against()));
        turned.await
    }

    /// A request for a contact may leave now, unless an event has said that it does not reach it. From here on such an event
    /// takes it back, where it has not left.
    pub fn leave(
        self: &Arc<Self>,
        target: &Target,
        witness: &Witness,
    ) -> Result<InFlightGuard, Reach> {
        let mut state = self.state();
        match state.reach_of(target) {
            Reach::Reached => {}
            other => return Err(other),
        }
        state.requests += 1;
        let number = state.requests;
        (state.leaving).insert(number, (target.clone(), witness.clone()));
        Ok(InFlightGuard {
            session: Arc::clone(self),
            number,
        })
    }

    /// What is known of it.
    #[must_use]
    pub fn view(&self) -> SessionView {
        let state = self.state();
        SessionView {
            id: Arc::clone(state.ids.first()),
            can_mask: state.can_mask,
            is_heard: state.is_heard,
            contacts: state.contacts.views().collect(),
        }
    }

    /// Takes over what events say, and takes back every request that would not reach its contact any more.
    pub(super) fn learn(&self, events: &[SessionEvent]) {
        let mut state = self.state();
        for event in events {
            match &event.fact {
                SessionFact::Started { can_mask } => state.can_mask = can_mask.or(state.can_mask),
                SessionFact::Ended => state.has_ended = true,
                SessionFact::Contact {
                    contact,
                    state: told,
                    ..
                } => state.masks.of(contact).told(*told),
                SessionFact::Other => {}
            }
            state.contacts.learn(&event.fact);
        }
        state.take_back();
        drop(state);
        self.changed.notify_waiters();
    }

    /// Tells events to all who follow it.
    pub(super) fn tell(&self, events: &[SessionEvent], secrets: &[Secret]) {
        let followers: Vec<_> = self.state().followers.values().cloned().collect();
        for tell in followers {
            tell(events, secrets);
        }
    }

    pub(super) fn end(&self) {
        let mut state = self.state();
        state.has_ended = true;
        state.contacts.learn(&SessionFact::Ended);
        state.take_back();
        drop(state);
        self.changed.notify_waiters();
    }

    /// Gives the number of the follower.
    pub(super) fn follow(&self, tell: Tell) -> u64 {
        let mut state = self.state();
        if state.followers.is_empty() {
            // What was known of it is out of date.
            state.contacts = Contacts::default();
            state.has_ended = false;
            state.in_trouble = false;
        }
        state.last_follower += 1;
        let number = state.last_follower;
        state.followers.insert(number, tell);
        number
    }

    pub(super) fn unfollow(&self, follower: u64) {
        let told = self.state().followers.remove(&follower);
        drop(told);
        // Whoever is left and does not listen now may be waiting after trouble of its own.
        if self.polling.try_lock().is_ok() {
            self.hear(false);
        }
        self.changed.notify_waiters();
    }

    /// Its events are heard from now on, or are not.
    pub(super) fn hear(&self, heard: bool) {
        let mut state = self.state();
        state.is_heard = heard;
        state.in_trouble = !heard;
        drop(state);
        self.changed.notify_waiters();
    }

    /// Whether its events were not heard when last asked for.
    #[must_use]
    pub fn is_in_trouble(&self) -> bool {
        self.state().in_trouble
    }

    /// It goes on under a new id. Gives the one that is forgotten for it.
    pub(super) fn renew(&self, id: Arc<str>) -> Option<Arc<str>> {
        self.state().ids.renew(id)
    }

    /// It goes on under an id that it has had.
    pub(super) fn ask_with(&self, id: Arc<str>) {
        self.state().ids.ask_with(id);
    }

    pub(super) fn id_count(&self) -> usize {
        self.state().ids.count()
    }

    pub(super) fn ids(&self) -> Vec<Arc<str>> {
        self.state().ids.all().cloned().collect()
    }

    async fn wait<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            // Before the look: a change after it wakes this.
            let changed = self.changed.notified();
            let found = look(&mut self.state());
            match found {
                Some(found) => return found,
                None => changed.await,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl State {
    fn reach(&self, contact: &str) -> Reach {
        let hearing = self.contacts.hearing(contact);
        if self.has_ended || hearing == Hearing::Ended {
            return Reach::Against(Hearing::Ended);
        }
        if self.followers.is_empty() {
            return Reach::NotFollowed;
        }
        match hearing {
            Hearing::Hears if self.is_heard => Reach::Reached,
            Hearing::Hears | Hearing::NotTold => Reach::NotKnown,
            against => Reach::Against(against),
        }
    }

    fn reach_of(&self, target: &Target) -> Reach {
        match self.reach(&target.contact) {
            Reach::Reached if target.masked && !self.contacts.is_masked(&target.contact) => {
                Reach::Unmasked
            }
            reach => reach,
        }
    }

    fn take_back(&mut self) {
        for (target, witness) in self.leaving.values() {
            let against = self.contacts.hearing(&target.contact).is_against();
            if against || self.reach_of(target).is_against() {
                // Whether it worked is asked where it was sent.
                let _ = witness.revoke();
            }
        }
    }
}

/// The right to poll, until dropped. Events are not heard any more where no answer was taken over before.
#[derive(Debug)]
pub struct Polling<'a> {
    session: &'a Session,
    answered: bool,
    #[expect(dead_code, reason = "held")]
    right: tokio::sync::MutexGuard<'a, ()>,
}

impl Polling<'_> {
    /// The poll was answered, and what it said was taken over.
    pub const fn answered(&mut self) {
        self.answered = true;
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.session.hear(false);
        }
    }
}

/// A request that may be leaving, until dropped.
#[derive(Debug)]
pub struct InFlightGuard {
    session: Arc<Session>,
    number: u64,
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.session.state().leaving.remove(&self.number);
    }
}
