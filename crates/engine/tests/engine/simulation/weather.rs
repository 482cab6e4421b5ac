//! How likely which fault is for a while.

use fastrand::Rng;

use super::faults::Fault::{self, *};
use super::faults::pick;

/// What is likely for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Nearly everything is accepted.
    Calm,
    /// Too many requests.
    Throttled,
    /// Connections fail.
    Network,
    /// The servers fail.
    Servers,
    /// Everything at once.
    Chaos,
}

impl Weather {
    /// Each as often as it is likely.
    pub const ALL: [Self; 6] = [
        Self::Calm,
        Self::Calm,
        Self::Throttled,
        Self::Network,
        Self::Servers,
        Self::Chaos,
    ];

    /// Draws what happens to one request.
    pub fn draw(self, rng: &mut Rng) -> Fault {
        let (percent, others): (u8, &[Fault]) = match self {
            Self::Calm => (96, Fault::ALL),
            Self::Throttled => (
                35,
                &[
                    TooManyRequests,
                    TooManyRequestsWait,
                    TooManyRequestsWait,
                    Unavailable,
                    UnavailableWait,
                    UnavailableExecuted,
                ],
            ),
            Self::Network => (
                45,
                &[
                    ConnectionRefused,
                    ConnectTimeout,
                    NameLookup,
                    TlsHandshake,
                    ClosedUnread,
                    ClosedUnread,
                    NoConnectionInTime,
                    StreamRefused,
                    ResetUnexecuted,
                    ResetExecuted,
                    SilenceExecuted,
                    SilenceUnexecuted,
                    AcceptedSlowly,
                ],
            ),
            Self::Servers => (
                40,
                &[
                    ServerError,
                    ServerErrorExecuted,
                    Unavailable,
                    UnavailableExecuted,
                    BadGateway,
                    BadGatewayExecuted,
                    GatewayTimeout,
                    GatewayTimeoutExecuted,
                    OddServerErrorExecuted,
                    AcceptedSlowly,
                    AcceptedAndCut,
                    ExecutedLate,
                ],
            ),
            Self::Chaos => (10, Fault::ALL),
        };
        if rng.u8(0..100) < percent {
            Accepted
        } else {
            *pick(rng, others)
        }
    }
}
