//! Somebody follows a session, until dropped.

use std::sync::Arc;

use super::event::SessionEvent;
use super::session::Session;
use super::table::Sessions;
use crate::Secret;

/// Somebody who follows a session, until dropped: tells it what is heard of it.
#[derive(Debug)]
pub struct Following {
    sessions: Arc<Sessions>,
    session: Arc<Session>,
    /// Its number among those who follow the session.
    number: u64,
}

impl Following {
    pub(super) fn new(sessions: Arc<Sessions>, session: Arc<Session>, number: u64) -> Self {
        Self {
            sessions,
            session,
            number,
        }
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// A poll was answered with these events, in this order.
    pub fn heard(&self, events: &[SessionEvent]) {
        if !events.is_empty() {
            self.session.learn(events);
        }
        self.session.hear(true);
    }

    /// Tells events to all who follow the session.
    pub fn tell(&self, events: &[SessionEvent], secrets: &[Secret]) {
        self.session.tell(events, secrets);
    }

    /// The events cannot be heard at the moment.
    pub fn not_heard(&self) {
        self.session.hear(false);
    }

    /// The session goes on under another id.
    pub fn renewed(&self, id: &str) {
        self.sessions.renew(&self.session, id);
    }

    /// The session has ended.
    pub fn ended(&self) {
        self.session.end();
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.sessions.unfollow(&self.session, self.number);
    }
}
