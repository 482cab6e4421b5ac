//! What a test does to the agents of a simulator, and what it reads of them.

use napi::Result;
use napi_derive::napi;

use cxone_dtmf_simulator::{ContactOptions, ContactState, OptionError, SessionEnd, SessionOptions};

use super::{NativeSimulator, invalid, json, parse};

#[napi]
impl NativeSimulator {
    /// Makes an agent session known and live.
    #[napi(catch_unwind)]
    pub fn add_session(
        &self,
        session_id: String,
        contact_id: Option<String>,
        agent_id: Option<String>,
    ) {
        let options = SessionOptions {
            contact_id,
            agent_id,
        };
        self.0.add_session(&session_id, options);
    }

    /// Ends a session, here or in another window of the agent (`elsewhere` true).
    #[napi(catch_unwind)]
    pub fn end_session(&self, session_id: String, elsewhere: bool) {
        let end = if elsewhere {
            SessionEnd::Elsewhere
        } else {
            SessionEnd::Here
        };
        self.0.end_session(&session_id, end);
    }

    /// The sessions, as a JSON array.
    #[napi(catch_unwind)]
    pub fn sessions(&self) -> Result<String> {
        json(&self.0.sessions())
    }

    /// Adds a contact, described by a JSON object, and returns its id.
    #[napi(catch_unwind)]
    pub fn add_contact(&self, session_id: String, options: String) -> Result<String> {
        let options = ContactOptions::from_json(parse(&options)?).map_err(invalid)?;
        Ok(self.0.add_contact(&session_id, &options))
    }

    /// Moves a contact into a state.
    #[napi(catch_unwind)]
    pub fn move_contact(&self, contact_id: String, state: String) -> Result<()> {
        let names = ContactState::NAMED.map(|(name, _)| format!("'{name}'"));
        let state = ContactState::named(&state).ok_or_else(|| {
            let rule = format!("must be one of {}", names.join(", "));
            invalid(OptionError::new("state", &rule))
        })?;
        self.0.move_contact(&contact_id, state).map_err(invalid)
    }

    /// Transfers a contact and returns the id that it has then.
    #[napi(catch_unwind)]
    pub fn transfer_contact(
        &self,
        contact_id: String,
        to_session_id: Option<String>,
        as_contact_id: Option<String>,
    ) -> Result<String> {
        self.0
            .transfer_contact(&contact_id, to_session_id.as_deref(), as_contact_id)
            .map_err(invalid)
    }

    /// The contacts of a session, as a JSON array.
    #[napi(catch_unwind)]
    pub fn contacts(&self, session_id: String) -> Result<String> {
        json(&self.0.contacts(&session_id))
    }

    /// A mask that waits for its confirmation takes effect.
    #[napi(catch_unwind)]
    pub fn confirm_mask(&self, contact_id: String) -> Result<()> {
        self.0.confirm_mask(&contact_id).map_err(invalid)
    }

    /// The signals that the script of a contact got, as a JSON array.
    #[napi(catch_unwind)]
    pub fn signals(&self, contact_id: String) -> Result<String> {
        json(&self.0.signals(&contact_id))
    }

    /// Adds an event, a JSON object, to a session.
    #[napi(catch_unwind)]
    pub fn push_event(&self, session_id: String, event: String) -> Result<()> {
        self.0.push_event(&session_id, parse(&event)?);
        Ok(())
    }

    /// The changes of the mask of one contact, as a JSON array.
    #[napi(catch_unwind)]
    pub fn masks(&self, contact_id: String) -> Result<String> {
        json(&self.0.masks(&contact_id))
    }

    /// Whether the recording of a contact is masked.
    #[napi(catch_unwind)]
    pub fn is_masked(&self, contact_id: String) -> bool {
        self.0.is_masked(&contact_id)
    }
}
