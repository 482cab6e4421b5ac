//! The end of one injection, as events, results, errors and the audit log report it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::delivery::Delivery;
use crate::error::{BodyError, Error};
use crate::payload::{DtmfType, Sequence, as_sent, frequencies_of};

/// A 2xx answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The HTTP status.
    pub status: u16,
    /// The body as received. It belongs to the caller and is not redacted.
    pub body: String,
    /// What events show of the body.
    pub shown: ShownBody,
    /// Why the body is missing although the platform accepted the digits.
    pub body_error: Option<BodyError>,
}

/// What events show of a body: digits and secrets are hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ShownBody {
    /// Nothing: no event was to show it when it came, so nothing was looked for in it.
    #[default]
    Nothing,
    /// All of it: there is nothing to hide.
    All,
    /// Another text.
    Redacted(String),
}

/// What was asked for by input that keeps all rules, as far as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// How many digits there are.
    pub digits: u32,
    /// Whether they are of the kind that carriers and IVRs pass everywhere.
    pub carrier_compatible: bool,
    /// How they are played, where the profile has a choice.
    pub dtmf_type: Option<DtmfType>,
    /// The pause between two digits in milliseconds.
    pub inter_digit_pause: u16,
    /// How long a tone sounds in milliseconds, where the profile says so.
    pub tone_duration: Option<u16>,
    /// The contact, where it was given.
    pub contact: Option<Arc<str>>,
    /// Whether the recording was to be masked, where the profile can.
    pub mask_recording: Option<bool>,
    /// The digits, where they are to be shown.
    pub shown: Option<ShownDigits>,
}

impl Asked {
    /// Digits of which nothing else is known.
    #[must_use]
    pub fn new(digits: &Sequence, inter_digit_pause: u16) -> Self {
        Self {
            digits: digits.count(),
            carrier_compatible: digits.carrier_compatible(),
            dtmf_type: None,
            inter_digit_pause,
            tone_duration: None,
            contact: None,
            mask_recording: None,
            shown: None,
        }
    }
}

/// Digits that entries show. `Debug` does not; the memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownDigits(Arc<Zeroizing<String>>);

impl ShownDigits {
    /// Of the digits as they were given.
    pub(crate) fn of(given: &str) -> Self {
        Self(Arc::new(as_sent(given)))
    }

    /// As they are sent, with their pauses.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The low and high frequency of each digit in hertz.
    pub fn frequencies(&self) -> impl Iterator<Item = [u16; 2]> + '_ {
        self.0.chars().filter_map(frequencies_of)
    }
}

impl fmt::Debug for ShownDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digits]")
    }
}

/// The end of one injection.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The number the caller gave to the injection.
    pub id: u64,
    /// Names the injection in the audit log: UUID version 7 (RFC 9562 §5.7), the same for all its attempts.
    pub injection_id: Uuid,
    /// The call, or `None` when its id was not valid.
    pub call: Option<Arc<str>>,
    /// The caller's own id of the injection, where a valid one was given.
    pub correlation_id: Option<HeaderValue>,
    /// What was asked for, or `None` when the input was not valid.
    pub asked: Option<Asked>,
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
