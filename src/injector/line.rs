//! Taking a place in a line, within the bounds of the line and of the injector.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Engine, explanation};
use crate::channel::{LineFull, Place};
use crate::error::Error;

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
