//! The rate limit of an injector: its own, or that of its fleet.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::fleet::Fleet;
use crate::fleet::rate::FleetLimiter;
use crate::rate_limit::limiter::TooLong;
use crate::rate_limit::{Limiter, RateLimit};

/// Who keeps the schedule.
pub(super) enum Limits {
    Own(Limiter),
    Shared(FleetLimiter),
}

impl Limits {
    pub fn new(limit: RateLimit, fleet: Option<&Fleet>, scope: &Arc<str>) -> Self {
        match fleet {
            None => Self::Own(Limiter::new(limit)),
            Some(fleet) => {
                let store = Arc::clone(&fleet.store);
                Self::Shared(FleetLimiter::new(store, Arc::clone(scope), limit))
            }
        }
    }

    /// As [`Limiter::wait`].
    pub async fn wait(&self, call: &Arc<str>, deadline: Instant) -> Result<(), TooLong> {
        match self {
            Self::Own(limiter) => limiter.wait(call, deadline).await,
            // Boxed, so that an injection without a fleet keeps no room for it.
            Self::Shared(limiter) => Box::pin(limiter.wait(call, deadline)).await,
        }
    }

    /// As [`Limiter::hold_back`].
    pub fn hold_back(&self, wait: Duration) {
        match self {
            Self::Own(limiter) => limiter.hold_back(wait),
            Self::Shared(limiter) => limiter.hold_back(wait),
        }
    }
}
