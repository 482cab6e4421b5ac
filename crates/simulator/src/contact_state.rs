//! The states of a contact, and the platform's words for them.

use serde::{Serialize, Serializer};

/// The state of a contact, as its events tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ContactState {
    /// It rings at the agent, who has not accepted it.
    Incoming,
    /// The agent calls, and the other end has not answered.
    Dialing,
    /// Agent and contact hear each other.
    #[default]
    Active,
    /// The contact waits, and hears nothing.
    Holding,
    /// Active, and the recording is masked.
    Masking,
    /// Part of a conference.
    Joined,
    /// The voice path is gone; the agent is still busy with it (`Disconnected`, not final).
    WrapUp,
    /// Gone (`Disconnected`, final).
    Disconnected,
}

impl ContactState {
    /// Every state, by the name that tests have for it.
    pub const NAMED: [(&'static str, Self); 8] = [
        ("incoming", Self::Incoming),
        ("dialing", Self::Dialing),
        ("active", Self::Active),
        ("holding", Self::Holding),
        ("masking", Self::Masking),
        ("joined", Self::Joined),
        ("wrap-up", Self::WrapUp),
        ("disconnected", Self::Disconnected),
    ];

    /// The state of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::NAMED.into_iter();
        all.find_map(|(known, state)| (known == name).then_some(state))
    }

    /// What `Status` and `FinalState` of an event say; `None` where the status is none of a call.
    pub(super) fn told(status: &str, is_final: bool) -> Option<Self> {
        if status.eq_ignore_ascii_case("disconnected") {
            return Some(if is_final {
                Self::Disconnected
            } else {
                Self::WrapUp
            });
        }
        let mut all = Self::NAMED.into_iter().map(|(_, state)| state);
        all.find(|state| status.eq_ignore_ascii_case(state.status()))
    }

    /// The platform's word.
    pub(super) const fn status(self) -> &'static str {
        match self {
            Self::Incoming => "Incoming",
            Self::Dialing => "Dialing",
            Self::Active => "Active",
            Self::Holding => "Holding",
            Self::Masking => "Masking",
            Self::Joined => "Joined",
            Self::WrapUp | Self::Disconnected => "Disconnected",
        }
    }

    fn name(self) -> &'static str {
        let mut all = Self::NAMED.into_iter();
        all.find_map(|(name, state)| (state == self).then_some(name))
            .unwrap_or_default()
    }

    /// Whether the contact hears what is pressed.
    pub(super) const fn hears(self) -> bool {
        matches!(self, Self::Active | Self::Masking | Self::Joined)
    }

    /// Whether it alone has the agent's voice: another one that gets it puts this one on hold.
    pub(super) const fn has_the_voice(self) -> bool {
        matches!(self, Self::Active | Self::Masking)
    }
}

impl Serialize for ContactState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
