//! What is written down before digits leave.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

/// Digits are about to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Names the injection.
    pub injection_id: Uuid,
    /// The platform.
    pub origin: Arc<str>,
    /// The call.
    pub call: Arc<str>,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// How many digits. The log tells it roughly.
    pub digits: usize,
    /// The number of the lease on the call, as in [`Outcome::fence`](crate::outcome::Outcome::fence).
    pub fence: Option<u64>,
    /// How long the injection may still take.
    pub remaining: Duration,
}
