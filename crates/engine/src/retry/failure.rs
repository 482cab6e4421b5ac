//! A failed attempt, as far as it counts for the next one.

use std::time::Duration;

use crate::delivery::Delivery;
use crate::error::Code;

/// How a failed attempt may be made again, as far as the answer alone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resend {
    /// Another attempt would fail alike, or could press the digits twice.
    Never,
    /// The request was not processed: again at once, not counted, at most
    /// [`MAX_UNSENT_RESENDS`](crate::retry::MAX_UNSENT_RESENDS) times per injection and then as [`Resend::Transient`].
    Unsent,
    /// The platform wants another connection: again at once on a new one, counted, once per injection.
    NewConnection,
    /// The token was refused: again at once with a new one, not counted, once per injection.
    FreshToken,
    /// A fault that may pass: again after a back-off, counted.
    Transient,
    /// Too many requests: again after a longer back-off, counted.
    Throttled,
}

/// What one attempt came to that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What this attempt alone says of the digits; never [`Delivery::Accepted`].
    /// [`Delivery::Unknown`] is sent again only as `Transient` or `Throttled`, which needs the user's permission.
    pub delivery: Delivery,
    /// The code of the error, should this attempt be the last.
    pub code: Code,
    /// Whether and how to try again.
    pub resend: Resend,
    /// The wait that the server asked for. It is never undercut, whatever `resend` is.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// Whether trying again is allowed at all: it must not press digits twice by a slip of the classification.
    pub(super) const fn may_be_resent(&self) -> bool {
        match self.resend {
            Resend::Never => false,
            Resend::Transient | Resend::Throttled => true,
            Resend::Unsent | Resend::NewConnection | Resend::FreshToken => {
                self.delivery.safe_to_resend()
            }
        }
    }
}
