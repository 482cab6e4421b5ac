//! What a test does to sessions and contacts, and what it reads of them.

use cxone_dtmf_options::OptionError;
use serde_json::Value;

use super::Simulator;
use super::contact_state::ContactState;
use super::contacts::{Contact, ContactOptions, ContactRecord, contact_of, state_of};
use super::decision::Now;
use super::record::Signal;
use super::session::{Session, SessionEnd, Station};
use super::sessions::{SessionOptions, SessionRecord};
use super::state::State;

impl Simulator {
    /// Makes an agent session known and live. One that is known already, or ended, starts anew.
    pub fn add_session(&self, session_id: &str, options: SessionOptions) {
        self.change(|state, now| state.add_session(session_id, options, now));
    }

    /// Ends a session: it answers 404 from now on, and its listeners are told so. Its contacts live on.
    pub fn end_session(&self, session_id: &str, end: SessionEnd) {
        self.change(|state, _| state.end(session_id, end));
    }

    /// The sessions, in the order in which they began.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionRecord> {
        self.shared.lock().sessions.records()
    }

    /// Adds a contact to a session, known by any of its ids, and returns the contact's id. A contact of this id that the
    /// session had before is forgotten.
    #[must_use]
    pub fn add_contact(&self, session_id: &str, options: &ContactOptions) -> String {
        self.change(|state, now| state.add_contact(session_id, options, now))
    }

    /// Moves a contact. One that becomes active or masked puts on hold the one that was. It fails when there is no such contact.
    pub fn move_contact(&self, contact_id: &str, state: ContactState) -> Result<(), OptionError> {
        self.change(|platform, now| platform.move_contact(contact_id, state, now))
    }

    /// Transfers a contact: it goes, and its call is there under another id, in the same session or in the one named. Returns
    /// the id, which is `as_contact_id` where that is given. It fails when there is no such contact or session.
    pub fn transfer_contact(
        &self,
        contact_id: &str,
        to_session_id: Option<&str>,
        as_contact_id: Option<String>,
    ) -> Result<String, OptionError> {
        let to = (to_session_id, as_contact_id);
        self.change(|state, now| state.transfer_contact(contact_id, to, now))
    }

    /// The contacts of a session, known by any of its ids, that have not gone.
    #[must_use]
    pub fn contacts(&self, session_id: &str) -> Vec<ContactRecord> {
        self.shared.lock().contacts(session_id)
    }

    /// Adds an event to a session; its listener gets it, or the next one that asks. An event about a contact changes that.
    pub fn push_event(&self, session_id: &str, event: Value) {
        self.change(|state, now| state.push_event(session_id, event, now));
    }

    /// A mask that waits for its confirmation takes effect. It fails when none of this contact does.
    pub fn confirm_mask(&self, contact_id: &str) -> Result<(), OptionError> {
        self.change(|state, now| state.confirm_mask(contact_id, now))
    }

    /// The signals that the script of a contact got, oldest first, as far as they are still held.
    #[must_use]
    pub fn signals(&self, contact_id: &str) -> Vec<Signal> {
        let state = self.shared.lock();
        let signals = state.signals.iter();
        let of_contact = signals.filter(|signal| signal.contact_id == contact_id);
        of_contact.cloned().collect()
    }

    /// Changes what listeners may wait for.
    fn change<T>(&self, change: impl FnOnce(&mut State, Now) -> T) -> T {
        let result = change(&mut self.shared.lock(), Now::read());
        self.shared.news.notify_waiters();
        result
    }
}

impl State {
    pub(super) fn add_session(&mut self, id: &str, options: SessionOptions, now: Now) {
        self.sessions.add(id, options.agent_id, Station::default());
        if options.contact_id.is_some() {
            let contact_id = options.contact_id;
            let contact = ContactOptions {
                contact_id,
                ..ContactOptions::default()
            };
            self.add_contact(id, &contact, now);
        }
    }

    /// Returns the id of the contact.
    pub(super) fn add_contact(
        &mut self,
        session: &str,
        options: &ContactOptions,
        now: Now,
    ) -> String {
        let id = match &options.contact_id {
            Some(id) => id.clone(),
            None => self.sessions.next_number().to_string(),
        };
        self.sessions.take_number(&id);
        let contact = Contact::new(&id, options, now.wall);
        if let Some(session) = self.sessions.of_test(session) {
            session.add(contact, now.wall);
        }
        self.masked_by_test(&id, options.state, now.instant);
        id
    }

    pub(super) fn move_contact(
        &mut self,
        contact: &str,
        state: ContactState,
        now: Now,
    ) -> Result<(), OptionError> {
        let mut is_there = false;
        for session in self.sessions.handling(contact) {
            is_there = true;
            session.enter(contact, state, now.wall);
        }
        self.masked_by_test(contact, state, now.instant);
        is_there
            .then_some(())
            .ok_or_else(|| unknown("contactId", "contact"))
    }

    /// The contact goes, and the call is there under another id: in the same session, or in another agent's. Returns that id.
    pub(super) fn transfer_contact(
        &mut self,
        contact: &str,
        (to, as_id): (Option<&str>, Option<String>),
        now: Now,
    ) -> Result<String, OptionError> {
        let to = to.map(|to| self.sessions.addressed(to.to_owned()).session);
        if let Some(to) = &to
            && self.sessions.get(to).is_none()
        {
            return Err(unknown("options.toSessionId", "session"));
        }
        let id = as_id.unwrap_or_else(|| self.sessions.next_number().to_string());
        self.sessions.take_number(&id);
        let handling = self.sessions.handling(contact);
        let Some(from) = handling.min_by_key(|session| session.number) else {
            return Err(unknown("contactId", "contact"));
        };
        let moved = from
            .contact(contact)
            .map(|old| old.transferred(&id, now.wall));
        from.enter(contact, ContactState::Disconnected, now.wall);
        if let Some(moved) = moved {
            let target = match &to {
                None => Some(from),
                Some(to) => self.sessions.get_mut(to),
            };
            if let Some(target) = target {
                target.add(moved, now.wall);
            }
        }
        Ok(id)
    }

    pub(super) fn push_event(&mut self, session: &str, event: Value, now: Now) {
        if let Some(fields) = event.as_object()
            && let (Some(contact), Some(state)) = (contact_of(fields), state_of(fields))
        {
            self.sessions.take_number(&contact);
            self.masked_by_test(&contact, state, now.instant);
        }
        if let Some(session) = self.sessions.of_test(session) {
            session.push(event, now.wall);
        }
    }

    pub(super) fn contacts(&self, session: &str) -> Vec<ContactRecord> {
        let session = self.sessions.addressed(session.to_owned()).session;
        self.sessions.get(&session).map(records).unwrap_or_default()
    }

    pub(super) fn confirm_mask(&mut self, contact: &str, now: Now) -> Result<(), OptionError> {
        if !self.pending_masks.confirm(contact, now.instant) {
            return Err(OptionError::new(
                "contactId",
                "must be that of a mask that waits for its confirmation",
            ));
        }
        self.settle(now);
        Ok(())
    }
}

fn records(session: &Session) -> Vec<ContactRecord> {
    let in_focus = session.in_focus().map(|contact| contact.id.as_str());
    (session.contacts.iter())
        .map(|contact| contact.record(Some(contact.id.as_str()) == in_focus))
        .collect()
}

fn unknown(field: &str, what: &str) -> OptionError {
    OptionError::new(field, &format!("must be that of a {what} that is there"))
}
