//! The contacts of a session as its events tell them, and which of them hears what is pressed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{ContactState, SessionFact};

/// How many contacts of a session are kept. An agent has a handful at a time.
const KEPT: usize = 1_000;

/// Whether a contact hears what is pressed into its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// It does, and nobody else but those who are in a conference with it.
    Hears,
    /// No event has said yet who does.
    NotTold,
    /// It is on hold.
    Held,
    /// Somebody else does.
    Other,
    /// It is gone, or goes on under another id.
    Ended,
}

impl Hearing {
    /// Whether an event has said that it does not.
    #[must_use]
    pub const fn is_against(self) -> bool {
        matches!(self, Self::Held | Self::Other | Self::Ended)
    }
}

/// A contact, for those who look at the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactView {
    /// Its id.
    pub id: Arc<str>,
    /// Its state.
    pub state: ContactState,
    /// Whether it hears what is pressed.
    pub hears: bool,
}

#[derive(Debug)]
struct Contact {
    state: ContactState,
    /// When it was last told of: the least recent one is forgotten first.
    told: u64,
}

/// The contacts of one session.
#[derive(Debug, Default)]
pub struct Contacts {
    known: BTreeMap<Arc<str>, Contact>,
    /// The contact that has the agent's voice, or that joined last.
    focus: Option<Arc<str>>,
    told: u64,
}

impl Contacts {
    /// Takes over what an event says.
    pub fn learn(&mut self, fact: &SessionFact) {
        match fact {
            SessionFact::Started { .. } => self.begin(),
            SessionFact::Contact {
                contact,
                earlier,
                state,
            } => self.enter(contact, earlier, *state),
            SessionFact::Ended => {
                for contact in self.known.values_mut() {
                    contact.state = ContactState::Ended;
                }
                self.focus = None;
            }
            SessionFact::Other => {}
        }
    }

    /// Whether a contact hears what is pressed.
    #[must_use]
    pub fn hearing(&self, contact: &str) -> Hearing {
        let is_focus = self.focus.as_deref() == Some(contact);
        match self.known.get(contact).map(|known| known.state) {
            Some(ContactState::Ended) => Hearing::Ended,
            Some(ContactState::Held) => Hearing::Held,
            Some(ContactState::Active | ContactState::Masked) if is_focus => Hearing::Hears,
            // In a conference all of them do.
            Some(ContactState::Joined) if self.is_in_conference() => Hearing::Hears,
            Some(ContactState::Ringing) => Hearing::Other,
            Some(ContactState::Unclear) if is_focus || self.focus.is_none() => Hearing::NotTold,
            _ if self.focus.is_some() => Hearing::Other,
            _ => Hearing::NotTold,
        }
    }

    /// Whether the recording of a contact is masked, as far as was told.
    pub(super) fn is_masked(&self, contact: &str) -> bool {
        let known = self.known.get(contact);
        known.is_some_and(|known| known.state == ContactState::Masked)
    }

    /// All contacts that are there.
    pub fn views(&self) -> impl Iterator<Item = ContactView> + '_ {
        let there = (self.known.iter()).filter(|(_, known)| known.state != ContactState::Ended);
        there.map(|(id, known)| ContactView {
            id: Arc::clone(id),
            state: known.state,
            hears: self.hearing(id) == Hearing::Hears,
        })
    }

    /// What was known may be out of date. Who is gone stays gone until told otherwise.
    fn begin(&mut self) {
        self.known
            .retain(|_, known| known.state == ContactState::Ended);
        self.focus = None;
    }

    fn enter(&mut self, contact: &Arc<str>, earlier: &[Arc<str>], state: ContactState) {
        self.told += 1;
        let told = self.told;
        let known = self.known.entry(Arc::clone(contact)).or_insert(Contact {
            state: ContactState::Ringing,
            told,
        });
        let before = std::mem::replace(&mut known.state, state);
        known.told = told;
        let joins = state == ContactState::Joined && !hears(before);
        if state.has_the_voice() {
            self.take_over(contact, earlier);
        } else if joins || self.focus.is_none() && state == ContactState::Joined {
            self.focus = Some(Arc::clone(contact));
        } else if !hears(state)
            && state != ContactState::Unclear
            && self.focus.as_ref() == Some(contact)
        {
            self.focus = self.last_joined();
        }
        self.forget_oldest();
    }

    /// The agent speaks to a contact from now on. Where the one spoken to before is the same call under an earlier id, that
    /// one is gone.
    fn take_over(&mut self, contact: &Arc<str>, earlier: &[Arc<str>]) {
        let before = self.focus.replace(Arc::clone(contact));
        let Some(before) = before.filter(|before| before != contact && earlier.contains(before))
        else {
            return;
        };
        if let Some(known) = self.known.get_mut(&before)
            && known.state.has_the_voice()
        {
            known.state = ContactState::Ended;
        }
    }

    fn is_in_conference(&self) -> bool {
        let focus = self.focus.as_ref().and_then(|focus| self.known.get(focus));
        focus.is_some_and(|known| known.state == ContactState::Joined)
    }

    fn last_joined(&self) -> Option<Arc<str>> {
        let joined = (self.known.iter()).filter(|(_, known)| known.state == ContactState::Joined);
        let last = joined.max_by_key(|(_, known)| known.told);
        last.map(|(id, _)| Arc::clone(id))
    }

    fn forget_oldest(&mut self) {
        if self.known.len() <= KEPT {
            return;
        }
        // Those that are gone first.
        let oldest = (self.known.iter())
            .min_by_key(|(_, known)| (known.state != ContactState::Ended, known.told))
            .map(|(id, _)| Arc::clone(id));
        if let Some(oldest) = oldest {
            self.known.remove(&oldest);
            self.focus.take_if(|focus| *focus == oldest);
        }
    }
}

const fn hears(state: ContactState) -> bool {
    state.has_the_voice() || matches!(state, ContactState::Joined)
}

#[cfg(test)]
mod tests;
