//! What the events of a session say.

use std::sync::Arc;

use serde_json::Value;

/// One event, as it came, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEvent {
    /// Its type, as the platform names it; empty where it has none.
    pub kind: String,
    /// The contact that it is about, as the platform names it.
    pub contact: Option<String>,
    /// The status that it tells, as the platform names it.
    pub status: Option<String>,
    /// What it says of the session.
    pub fact: SessionFact,
    /// The event as it came.
    pub json: Value,
}

/// What one event says of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionFact {
    /// A listener begins: what is known of the contacts may be out of date, and is told anew.
    Started {
        /// Whether a recording can be masked at all; `None` where the event does not say.
        can_mask: Option<bool>,
    },
    /// A contact is in a state.
    Contact {
        /// The contact.
        contact: Arc<str>,
        /// What it was called before a transfer, and what the whole call is called by: its own id where there is no other.
        earlier: Vec<Arc<str>>,
        /// The state.
        state: ContactState,
    },
    /// The session has ended, here or elsewhere.
    Ended,
    /// Nothing that matters for digits.
    Other,
}

/// The state of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContactState {
    /// It rings, at the agent or at the other end.
    Ringing,
    /// It is spoken to.
    Active,
    /// It is on hold.
    Held,
    /// It is spoken to, and its recording is masked.
    Masked,
    /// It is part of a conference.
    Joined,
    /// Its voice path is gone.
    Ended,
    /// The platform has a word for it that is not known here.
    Unclear,
}

impl ContactState {
    /// The states and the platform's words for them (NICE's agent SDK, `call-contact-event`).
    const NAMED: [(&'static str, Self); 7] = [
        ("Incoming", Self::Ringing),
        ("Dialing", Self::Ringing),
        ("Active", Self::Active),
        ("Holding", Self::Held),
        ("Masking", Self::Masked),
        ("Joined", Self::Joined),
        ("Disconnected", Self::Ended),
    ];

    /// The state of a status; `None` of what is no state of a call.
    #[must_use]
    pub fn of_status(status: &str) -> Option<Self> {
        let mut named = Self::NAMED.into_iter();
        named.find_map(|(name, state)| name.eq_ignore_ascii_case(status).then_some(state))
    }

    /// The name that metrics and events of the injector have for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Active => "active",
            Self::Held => "held",
            Self::Masked => "masked",
            Self::Joined => "joined",
            Self::Ended => "ended",
            Self::Unclear => "unclear",
        }
    }

    /// Whether it alone has the agent's voice.
    pub(super) const fn has_the_voice(self) -> bool {
        matches!(self, Self::Active | Self::Masked)
    }
}
