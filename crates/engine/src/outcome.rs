//! The end of one injection, as events, results, errors and the audit log report it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use crate::delivery::Delivery;
use crate::error::{BodyError, Error};

/// A 2xx answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The HTTP status.
    pub status: u16,
    /// The body as received. It belongs to the caller and is not redacted.
    pub body: String,
    /// Why the body is missing although the platform accepted the digits.
    pub body_error: Option<BodyError>,
}

/// The end of one injection.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The number the caller gave to the injection.
    pub id: u64,
    /// Names the injection in the audit log: UUID version 7 (RFC 9562 §5.7), the same for all its attempts.
    pub injection_id: Uuid,
    /// The call, or `None` when the input was not valid.
    pub call: Option<Arc<str>>,
    /// Whether the digits are of the kind that carriers and IVRs pass everywhere; `None` when invalid.
    pub carrier_compatible: Option<bool>,
    /// How many digits there are; 0 when the input was not valid.
    pub digits: u32,
    /// When the injection was submitted, by the wall clock.
    pub timestamp: SystemTime,
    /// From the submission to the granted lock.
    pub queued: Duration,
    /// From the granted lock to this outcome: token, back-off and all attempts.
    pub latency: Duration,
    /// The last attempt's own time, when there was one.
    pub attempt: Option<Duration>,
    /// How often the digits were handed to a connection to the platform.
    pub attempts: u32,
    /// The fencing number of the lease on the call, which grows from one holder to the next in the whole fleet. `None`
    /// without a fleet, without a grant, and where Redis was away and the settings said to go on.
    pub fence: Option<u64>,
    /// How long the accepted tones play from now on, a guard included, where the profile knows it.
    pub playout: Option<Duration>,
    /// Whether the recording is still masked and [`crate::event::Event::Unmasked`] will follow.
    pub unmasking: bool,
    /// Whether it is in the audit log; `None` when there is none, or nothing was about to be sent.
    pub logged: Option<bool>,
    /// The result.
    pub result: Result<Accepted, Error>,
}

impl Outcome {
    /// What is known of the digits.
    #[must_use]
    pub const fn delivery(&self) -> Delivery {
        match &self.result {
            Ok(_) => Delivery::Accepted,
            Err(error) => error.delivery,
        }
    }
}
