//! A token in use, and from when on it is refreshed and no longer given out.

use std::time::Duration;

use crate::auth::times::expiry_margin;
use crate::auth::token::Token;

pub(super) struct Held {
    pub(super) token: Token,
    since: Duration,
    refresh_from: Duration,
    usable_until: Duration,
}

impl Held {
    /// The life counts from the beginning of the request, since it is not known when within
    /// the exchange the endpoint made the token (RFC 6749 §5.1: "from the time the response was generated").
    pub(super) fn new(token: Token, began: Duration, life: Duration) -> Self {
        let margin = expiry_margin(life);
        // 80 % of the life. A short one ends in a margin that is longer than the rest: then half a margin ahead of that.
        let ahead = (life / 5).max(margin + margin / 2);
        Self {
            token,
            since: began,
            refresh_from: began.saturating_add(life.saturating_sub(ahead)),
            usable_until: began.saturating_add(life.saturating_sub(margin)),
        }
    }

    pub(super) fn usable(&self, now: Duration) -> bool {
        now < self.usable_until
    }

    pub(super) const fn usable_for(&self, now: Duration) -> Duration {
        self.usable_until.saturating_sub(now)
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        now >= self.refresh_from
    }

    pub(super) const fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }
}
