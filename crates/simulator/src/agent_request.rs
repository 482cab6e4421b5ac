//! What an agent's program asks for around digits, masks and events.

use super::record::RequestKind;

/// What an agent's program asks for besides digits, masks and events. `S` is what stands for a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AgentRequest<S> {
    /// `POST …/agent-sessions`
    Start,
    /// `POST …/agent-sessions/join`
    Join,
    /// `DELETE …/agent-sessions/{session}`
    End(S),
    /// `POST …/agent-sessions/{session}/agent-phone/dial` or `…/end`
    Leg(S, LegAction),
    /// `POST …/agent-sessions/{session}/interactions/{contact}/{action}`
    Contact(S, String, ContactAction),
    /// `POST …/interactions/{contact}/signal`
    Signal(String),
    /// `POST /incontactauthorizationserver/token/whoami`
    WhoAmI,
    /// `GET …/business-unit`
    BusinessUnit,
    /// `GET …/agents/{agent}/agent-settings`
    Settings(String),
}

impl<S> AgentRequest<S> {
    /// The only method of the resource.
    pub(super) const fn method(&self) -> &'static str {
        match self {
            Self::End(_) => "DELETE",
            Self::BusinessUnit | Self::Settings(_) => "GET",
            _ => "POST",
        }
    }

    /// What the journal calls it.
    pub(super) const fn kind(&self) -> RequestKind {
        match self {
            Self::Start | Self::Join | Self::End(_) | Self::Leg(..) => RequestKind::Session,
            Self::Contact(..) | Self::Signal(_) => RequestKind::Contact,
            Self::WhoAmI | Self::BusinessUnit | Self::Settings(_) => RequestKind::Account,
        }
    }

    /// The same with what the id of the session stands for.
    pub(super) fn map<T>(self, session: impl FnOnce(S) -> T) -> AgentRequest<T> {
        match self {
            Self::Start => AgentRequest::Start,
            Self::Join => AgentRequest::Join,
            Self::End(id) => AgentRequest::End(session(id)),
            Self::Leg(id, action) => AgentRequest::Leg(session(id), action),
            Self::Contact(id, contact, action) => {
                AgentRequest::Contact(session(id), contact, action)
            }
            Self::Signal(contact) => AgentRequest::Signal(contact),
            Self::WhoAmI => AgentRequest::WhoAmI,
            Self::BusinessUnit => AgentRequest::BusinessUnit,
            Self::Settings(agent) => AgentRequest::Settings(agent),
        }
    }
}

/// What is done with the agent's telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LegAction {
    Dial,
    End,
}

/// What is done with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContactAction {
    /// It gets the agent's voice; who had it waits.
    Activate,
    Hold,
    Resume,
    Accept,
    Reject,
    End,
}

impl ContactAction {
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "activate" => Self::Activate,
            "hold" => Self::Hold,
            "resume" => Self::Resume,
            "accept" => Self::Accept,
            "reject" => Self::Reject,
            "end" => Self::End,
            _ => return None,
        })
    }
}
