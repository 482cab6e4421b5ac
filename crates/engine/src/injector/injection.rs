//! One injection from what was asked for to what came of it: validated, queued, active, ended.
//!
//! Each phase is a type with what that phase has. A phase whose future is dropped ends the injection there: what was
//! handed over then counts as unknown, and it still ends in exactly one event.

use std::sync::Arc;

use scopeguard::ScopeGuard;
use tokio::time::Instant;

use super::active::Active;
use super::ended::Ended;
use super::engine::Engine;
use super::identity::{Identity, Names};
use super::messages;
use super::queued::Queued;
use super::validated::Validated;
use crate::api::Params;
use crate::config::InjectionOptions;
use crate::error::Error;
use crate::outcome::Outcome;

/// One injection, in the queue of its call from the moment it was begun. [`run`](Self::run) does the work.
///
/// Dropping it ends it.
pub struct Injection(Phase);

#[allow(
    clippy::large_enum_variant,
    reason = "the large one is the usual one, and is not to be allocated"
)]
enum Phase {
    Queued(Guarded<Queued>),
    Refused(Box<Guarded<Ended>>),
}

/// A phase that ends the injection when it is dropped.
type Guarded<P> = ScopeGuard<P, fn(P)>;

fn queued(phase: Queued) -> Guarded<Queued> {
    scopeguard::guard(phase, |queued| drop(queued.abandon().settle()))
}

fn active(phase: Active) -> Guarded<Active> {
    scopeguard::guard(phase, |active| drop(active.abandon().settle()))
}

fn ended(phase: Ended) -> Guarded<Ended> {
    scopeguard::guard(phase, |ended| drop(ended.settle()))
}

impl Injection {
    /// Validates what was asked for and queues it.
    pub(super) fn begin(
        engine: Arc<Engine>,
        asked: Instant,
        id: u64,
        params: &Params,
        options: &InjectionOptions,
    ) -> Self {
        let names = Names::or_none(&*engine.parts.profile, params);
        let identity = Identity::new(engine, id, asked, &names);
        let mut identity = scopeguard::guard(identity, |identity| {
            drop(Ended::refused(identity, messages::dropped()).settle());
        });
        let request = match Validated::new(&identity.engine, asked, names, params, options) {
            Ok(request) => request,
            Err(error) => return Self::refuse(ScopeGuard::into_inner(identity), error),
        };
        let prepared = &request.prepared;
        identity.set_asked(&prepared.call, &prepared.asked);
        match Queued::new(ScopeGuard::into_inner(identity), request) {
            Ok(phase) => Self(Phase::Queued(queued(phase))),
            Err(phase) => Self::refused(*phase),
        }
    }

    /// An injection whose input is wrong ends like every other.
    pub(super) fn refuse(identity: Identity, error: Error) -> Self {
        Self::refused(Ended::refused(identity, error))
    }

    fn refused(phase: Ended) -> Self {
        Self(Phase::Refused(Box::new(ended(phase))))
    }

    /// Ends the injection here and now if it was refused: nothing of it needs to wait. `None` when it has ended; then
    /// the event was emitted.
    #[must_use]
    pub fn end_if_refused(self) -> Option<Self> {
        match self.0 {
            Phase::Queued(_) => Some(self),
            Phase::Refused(_) => None,
        }
    }

    /// Does the work and returns how it ended. The event was emitted before.
    pub fn run(self) -> impl Future<Output = Arc<Outcome>> + Send {
        let mut this = self;
        async move {
            let turn = match &mut this.0 {
                Phase::Queued(phase) => phase.turn().await,
                Phase::Refused(_) => Ok(()),
            };
            // Boxed, so that the thousands that may wait do not each keep room for the work to come.
            Box::pin(this.finish(turn)).await
        }
    }

    async fn finish(self, turn: Result<(), Error>) -> Arc<Outcome> {
        let mut phase = match self.0 {
            Phase::Refused(phase) => *phase,
            Phase::Queued(phase) => {
                let queued = ScopeGuard::into_inner(phase);
                match turn {
                    Ok(()) => press(active(queued.activate())).await,
                    Err(error) => ended(queued.fail(error)),
                }
            }
        };
        phase.record().await;
        ScopeGuard::into_inner(phase).settle()
    }
}

async fn press(mut phase: Guarded<Active>) -> Guarded<Ended> {
    let result = phase.press().await;
    ended(ScopeGuard::into_inner(phase).end(result))
}
