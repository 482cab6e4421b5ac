//! A session that this injector follows, from the moment it was asked to.

use std::sync::{Arc, OnceLock};

use crate::sessions::{Following, Sessions, Tell};

/// A session that this injector follows. Before the first discovery it cannot be told from those of other platforms, and so
/// nobody else hears of it.
pub(super) struct FollowedSession {
    /// The id that it was asked for.
    pub(super) id: Arc<str>,
    /// Takes its events.
    tell: Tell,
    following: OnceLock<Following>,
}

impl FollowedSession {
    pub(super) const fn new(id: Arc<str>, tell: Tell) -> Self {
        Self {
            id,
            tell,
            following: OnceLock::new(),
        }
    }

    /// The platform is known.
    pub(super) fn begin(&self, sessions: &Arc<Sessions>, scope: &Arc<str>) {
        self.following
            .get_or_init(|| sessions.follow(scope, &self.id, Arc::clone(&self.tell)));
    }

    /// What is told of the session. `None` before the first discovery, when nothing was heard either.
    pub(super) fn following(&self) -> Option<&Following> {
        self.following.get()
    }
}
