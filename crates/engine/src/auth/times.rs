//! When a token is too old to be given out, and how long an endpoint that failed is left alone.

use std::time::Duration;

use crate::retry::exponential;

/// The longest [`expiry_margin`].
const LONGEST_MARGIN: Duration = Duration::from_secs(30);

/// The pause after the first failed request. Each further failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two requests, unless the endpoint asked for more with `Retry-After`.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A `Retry-After` of the endpoint makes a pause longer, but not longer than this:
/// one absurd answer must not silence a program that runs for weeks.
pub(super) const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(60 * 60);

/// The last part of a token's life, during which it is not given out: the request that carries it still has to
/// travel, and the clocks of token endpoint and platform differ. Half the life if that is less.
#[must_use]
pub fn expiry_margin(lifetime: Duration) -> Duration {
    LONGEST_MARGIN.min(lifetime / 2)
}

/// How long an endpoint is left alone after a failure. `earlier` failures in a row came before it, and the endpoint
/// asked for a pause of `asked`.
#[must_use]
pub(crate) fn pause(earlier: u32, asked: Option<Duration>) -> Duration {
    let asked = asked.unwrap_or_default().min(LONGEST_ASKED_PAUSE);
    exponential(FIRST_PAUSE, LONGEST_PAUSE, earlier).max(asked)
}
