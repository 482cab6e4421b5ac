//! Taking a place in a line, within the bounds of the line and of the injector, and waiting for one's turn.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::{Engine, explanation};
use crate::channel::{Dismissal, LineFull, Place};
use crate::error::{Code, Error};
use crate::fleet::Fleet;

/// Takes a place in a line and counts it, if somebody is ahead.
pub(super) fn join_line(
    engine: &Arc<Engine>,
    call: &str,
    join: impl FnOnce(&Engine) -> Result<Result<Place, LineFull>, Error>,
) -> Result<(Place, Option<Waiting>), Error> {
    let place = join(engine)?
        .map_err(|LineFull| explanation::line_full(call, engine.config.max_waiting_per_call))?;
    let waiting = if place.is_waiting() {
        let waiting = Waiting::enter(engine);
        Some(waiting.ok_or_else(|| explanation::injector_full(engine.config.max_waiting))?)
    } else {
        None
    };
    Ok((place, waiting))
}

/// Waits for the turn in the line of a call: in this process first, then in the fleet. `until` is how long the caller
/// will wait.
pub(super) async fn take_turn(
    engine: &Arc<Engine>,
    call: &Arc<str>,
    place: &mut Place,
    waiting: &mut Option<Waiting>,
    until: Instant,
) -> Result<(), Error> {
    place.turn().await.map_err(explanation::dismissed)?;
    match &engine.parts.fleet {
        None => Ok(()),
        // Boxed, so that the thousands who may wait in this process do not each keep room for it.
        Some(fleet) => Box::pin(claim(engine, fleet, call, place, waiting, until)).await,
    }
}

async fn claim(
    engine: &Arc<Engine>,
    fleet: &Fleet,
    call: &Arc<str>,
    place: &mut Place,
    waiting: &mut Option<Waiting>,
    until: Instant,
) -> Result<(), Error> {
    let claim = place.claim(|| fleet.locks.claim(&engine.scope, call));
    let granted = async {
        if !claim.answered().await? && waiting.is_none() {
            let counted = Waiting::enter(engine);
            let full = || explanation::injector_full(engine.config.max_waiting);
            *waiting = Some(counted.ok_or_else(full)?);
        }
        claim.granted(until).await
    };
    let granted = granted.await;
    if granted.is_ok() {
        engine.note_lease(claim.fence().is_some());
    }
    if granted
        .as_ref()
        .is_err_and(|error| error.code == Code::AfterUnknown)
    {
        // Whoever waits behind in this process came later than the unknown outcome's waiters, or with them.
        let line = engine.line_of(call);
        engine
            .parts
            .registry
            .dismiss_waiting(&line, Dismissal::AfterUnknown);
    }
    granted
}

/// Counts one that waits, until dropped.
pub(super) struct Waiting(Arc<Engine>);

impl Waiting {
    /// `None` when the injector's bound is reached.
    fn enter(engine: &Arc<Engine>) -> Option<Self> {
        let max = engine.config.max_waiting;
        engine
            .waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
                (waiting < max).then_some(waiting + 1)
            })
            .ok()
            .map(|_| Self(Arc::clone(engine)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
