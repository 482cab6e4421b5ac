//! Within what the ids of calls are unique, and the wait until that is known.
//!
//! An injector that discovers its API does not know at first whose queues its calls are in. What is begun meanwhile stands in a
//! queue of its own, one after the other, and each goes on into the queue of its call when it is the first: so the order of the
//! calls stays the order of the digits, and injectors of one API share its queues, however they found it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::engine::Engine;
use super::followed::FollowedSession;
use super::messages;
use super::turn::{NoTurn, Queueing};
use crate::api::WireProfile;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::fleet::Fleet;
use crate::lock::{LockKey, LockTicket, Registry};
use crate::sessions::{Session, SessionView, Sessions, Tell};

/// How many sessions the metrics list.
const LISTED: usize = 1_000;

/// The scope of an injector's calls.
pub(super) struct CallScope {
    known: OnceLock<Arc<str>>,
    /// The queue of those that came before it was known. `None` where it is known from the beginning.
    before: Option<LockKey>,
    /// Sessions that were followed before it was known.
    early: Mutex<Vec<Weak<FollowedSession>>>,
}

impl CallScope {
    pub(super) fn new(
        endpoint: &dyn Endpoint,
        profile: &dyn WireProfile,
        registry: &Registry,
    ) -> Self {
        let known = endpoint.api_origin().map(|origin| profile.scope(&origin));
        Self {
            before: known
                .is_none()
                .then(|| LockKey::Undiscovered(registry.new_lock_id())),
            early: Mutex::default(),
            known: known.map(OnceLock::from).unwrap_or_default(),
        }
    }

    /// `None` before the first discovery.
    pub(super) fn get(&self) -> Option<&Arc<str>> {
        self.known.get()
    }

    /// Takes the scope from an address of the API. The first one counts: what is in its queues must not be overtaken
    /// because the API has moved.
    pub(super) fn learn(&self, base: &Url, profile: &dyn WireProfile, sessions: &Arc<Sessions>) {
        if self.known.get().is_some() {
            return;
        }
        let origin = base.origin().ascii_serialization().into();
        let scope = profile.scope(&origin);
        let mut early = self.early();
        for followed in early.drain(..).filter_map(|early| early.upgrade()) {
            followed.begin(sessions, self.known.get().unwrap_or(&scope));
        }
        // While it is locked: who finds the scope finds what is followed in it.
        let _ = self.known.set(scope);
    }

    /// Begins to follow a session.
    pub(super) fn follow(
        &self,
        sessions: &Arc<Sessions>,
        id: Arc<str>,
        tell: Tell,
    ) -> Arc<FollowedSession> {
        let followed = Arc::new(FollowedSession::new(id, tell));
        let mut early = self.early();
        if let Some(scope) = self.known.get() {
            followed.begin(sessions, scope);
        } else {
            early.retain(|followed| followed.strong_count() > 0);
            early.push(Arc::downgrade(&followed));
        }
        followed
    }

    /// Whether a session is followed that cannot be told from those of other platforms yet.
    fn follows_early(&self, id: &str) -> bool {
        let early = self.early();
        let followed = early.iter().filter_map(Weak::upgrade);
        followed.into_iter().any(|followed| *followed.id == *id)
    }

    fn early(&self) -> MutexGuard<'_, Vec<Weak<FollowedSession>>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// The session that a call is, where it is followed or was.
    pub(super) fn session(&self, call: &str) -> Option<Arc<Session>> {
        let scope = self.scope.get()?;
        self.parts.registry.sessions().find(scope, call)
    }

    /// Whether somebody in this process follows the session that a call is.
    pub(super) fn is_followed(&self, call: &str) -> bool {
        let session = self.session(call);
        session.is_some_and(|session| session.is_followed()) || self.scope.follows_early(call)
    }

    /// The mask of a contact's recording is about to be taken away. It is remembered whether anybody follows the session or not:
    /// who does so later is told of that mask first.
    pub(super) fn clear_mask(&self, call: &Arc<str>, contact: &str) {
        let Some(scope) = self.scope.get() else {
            return;
        };
        let sessions = self.parts.registry.sessions();
        sessions.adopt(scope, call, call);
        if let Some(session) = sessions.find(scope, call) {
            session.clear_mask(contact);
        }
    }

    /// Asks the fleet which session a call is, where nobody in this process has followed it.
    pub(super) async fn learn_session(&self, fleet: &Fleet, call: &Arc<str>) -> Result<(), Error> {
        let Some(scope) = self
            .scope
            .get()
            .filter(|_| self.parts.profile.has_sessions())
        else {
            return Ok(());
        };
        let session = self.session(call);
        // One that is known here by this id alone may be one that another process follows.
        let is_told = |session: &Session| session.is_followed() || session.first_id() != *call;
        if !session.is_some_and(|session| is_told(&session)) {
            // What nobody has told may be told later, so it is asked again the next time.
            if let Some(first) = fleet.first_session_id(scope, call).await? {
                (self.parts.registry.sessions()).adopt(scope, call, &first.into());
            }
        }
        Ok(())
    }

    /// What is known of the sessions that are followed.
    pub(super) fn followed_sessions(&self) -> (Vec<SessionView>, usize) {
        let sessions = self.parts.registry.sessions();
        let scope = self.scope.get();
        scope.map_or_else(Default::default, |scope| sessions.views(scope, LISTED))
    }

    /// What a call is known by, whatever id it is asked for with: a session goes by its first one.
    pub(super) fn call_key(&self, call: &Arc<str>) -> Arc<str> {
        let session = self.session(call);
        session.map_or_else(|| Arc::clone(call), |session| session.first_id())
    }

    /// The queue of a call. `None` before the first discovery: nothing of this injector is in it then.
    pub(super) fn lock_key(&self, call: &Arc<str>) -> Option<LockKey> {
        self.scope.get().map(|scope| LockKey::Call {
            scope: Arc::clone(scope),
            call: self.call_key(call),
        })
    }

    /// Takes a ticket on the way to a call: in its queue, or behind what waits for the first discovery.
    pub(super) fn enqueue_for(&self, call: &Arc<str>) -> Result<Queueing, Error> {
        let registry = &self.parts.registry;
        // Whatever waits there came earlier. What leaves it is in the queue of its call before.
        let before = (self.scope.before.as_ref())
            .filter(|before| self.scope.get().is_none() || registry.is_held(before));
        if let Some(before) = before {
            // As many as the injector may have waiting.
            return self.enqueue(call, before.clone(), usize::MAX);
        }
        let Some(key) = self.lock_key(call) else {
            return Err(messages::dropped());
        };
        self.enqueue(call, key, self.config.max_waiting_per_call)
    }

    /// Goes on from the queue of those that came before the first discovery to that of the call, with the turn in the
    /// former. Does nothing with a ticket of a call, or of a manual lock.
    pub(super) async fn join_call(
        &self,
        call: &Arc<str>,
        (ticket, waiting): (&mut LockTicket, &mut Option<OwnedSemaphorePermit>),
        until: Instant,
        discover: impl AsyncFnOnce() -> Result<(), Error>,
    ) -> Result<(), NoTurn> {
        if !ticket.is_undiscovered() {
            return Ok(());
        }
        let discovered = timeout_at(until, async {
            ticket.turn().await?;
            if self.scope.get().is_none() {
                discover().await?;
            }
            Ok::<_, NoTurn>(())
        });
        (discovered.await).map_err(|_| messages::deadline())??;
        self.join(call, (ticket, waiting))
    }

    /// The session of a call turned out to be one that has a queue already: goes on into that one, with the turn in its own.
    /// Tells whether it did.
    pub(super) fn join_session(
        &self,
        call: &Arc<str>,
        (ticket, waiting): (&mut LockTicket, &mut Option<OwnedSemaphorePermit>),
    ) -> Result<bool, NoTurn> {
        let LockKey::Call { call: of, .. } = ticket.key() else {
            return Ok(false);
        };
        if *of == self.call_key(call) {
            return Ok(false);
        }
        self.join(call, (ticket, waiting)).map(|()| true)
    }

    fn join(
        &self,
        call: &Arc<str>,
        (ticket, waiting): (&mut LockTicket, &mut Option<OwnedSemaphorePermit>),
    ) -> Result<(), NoTurn> {
        let Some(key) = self.lock_key(call) else {
            return Err(messages::dropped().into());
        };
        let max = self.config.max_waiting_per_call;
        let joined = self.parts.registry.enqueue(key, max);
        // The ticket that it replaces is given up last: what is behind it must find this one ahead.
        *ticket = joined.map_err(|_| messages::queue_full(call, max))?;
        if !ticket.is_waiting() {
            *waiting = None;
        } else if waiting.is_none() {
            // It waited already, so it is not turned away where others have taken all the room since.
            *waiting = self.capacity.wait().ok();
        }
        Ok(())
    }
}
