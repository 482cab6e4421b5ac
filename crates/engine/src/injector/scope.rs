//! Within what the ids of calls are unique, and the wait until that is known.
//!
//! An injector that discovers its API does not know at first whose queues its calls are in. What is begun meanwhile stands in a
//! queue of its own, one after the other, and each goes on into the queue of its call when it is the first: so the order of the
//! calls stays the order of the digits, and injectors of one API share its queues, however they found it.

use std::sync::{Arc, OnceLock};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::engine::Engine;
use super::messages;
use super::turn::{NoTurn, Queueing};
use crate::api::WireProfile;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::lock::{LockKey, LockTicket, Registry};

/// The scope of an injector's calls.
pub(super) struct CallScope {
    known: OnceLock<Arc<str>>,
    /// The queue of those that came before it was known. `None` where it is known from the beginning.
    before: Option<LockKey>,
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
            known: known.map(OnceLock::from).unwrap_or_default(),
        }
    }

    /// `None` before the first discovery.
    pub(super) fn get(&self) -> Option<&Arc<str>> {
        self.known.get()
    }

    /// Takes the scope from an address of the API. The first one counts: what is in its queues must not be overtaken
    /// because the API has moved.
    pub(super) fn learn(&self, base: &Url, profile: &dyn WireProfile) {
        if self.known.get().is_none() {
            let origin = base.origin().ascii_serialization().into();
            let _ = self.known.set(profile.scope(&origin));
        }
    }
}

impl Engine {
    /// The queue of a call. `None` before the first discovery: nothing of this injector is in it then.
    pub(super) fn lock_key(&self, call: &Arc<str>) -> Option<LockKey> {
        self.scope.get().map(|scope| LockKey::Call {
            scope: Arc::clone(scope),
            call: Arc::clone(call),
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
    /// former. Does nothing with a ticket of a call.
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
