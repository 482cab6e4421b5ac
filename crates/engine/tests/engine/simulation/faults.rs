//! What can happen to one request.

use std::time::Duration;

use cxone_dtmf_engine::error::Untrusted;
use cxone_dtmf_engine::http::FaultKind;
use fastrand::Rng;

macro_rules! faults {
    ($($name:ident,)*) => {
        /// What happens to one request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($name,)*
        }

        impl Fault {
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

faults! {
    Accepted, AcceptedSlowly, AcceptedAndCut, NameLookup,
    ConnectionRefused, ConnectTimeout, TlsHandshake, Certificate,
    ProxyRefused, ClosedUnread, NoConnectionInTime, StreamRefused,
    ResetUnexecuted, ResetExecuted, SilenceUnexecuted, SilenceExecuted,
    ExecutedLate, TooManyRequests, TooManyRequestsWait, Unavailable,
    UnavailableWait, UnavailableExecuted, ServerError, ServerErrorExecuted,
    BadGateway, BadGatewayExecuted, GatewayTimeout, GatewayTimeoutExecuted,
    RequestTimeout, RequestTimeoutExecuted, OddServerErrorExecuted, Unauthorized,
    Forbidden, NotFound, Conflict, Misdirected,
    TooEarly, Redirect,
}

use Fault::*;

impl Fault {
    /// What the platform does, step by step.
    pub fn act(self, rng: &mut Rng) -> Act {
        let (end, executes) = match self {
            Accepted | AcceptedSlowly => (End::status(202), true),
            AcceptedAndCut => (End::Cut(202), true),
            NameLookup => (End::Unsent(FaultKind::NameLookup), false),
            ConnectionRefused => (End::Unsent(FaultKind::ConnectionRefused), false),
            ConnectTimeout => (End::Unsent(FaultKind::ConnectTimeout), false),
            TlsHandshake => (End::Unsent(FaultKind::TlsHandshake), false),
            Certificate => (
                End::Unsent(FaultKind::Certificate(Untrusted::UnknownIssuer)),
                false,
            ),
            ProxyRefused => (End::Unsent(FaultKind::Proxy(None)), false),
            ClosedUnread => (End::Unsent(FaultKind::ConnectionLost), false),
            NoConnectionInTime => (End::NoConnection, false),
            StreamRefused => (End::Lost(FaultKind::StreamRefused), false),
            ResetUnexecuted => (End::Lost(FaultKind::ConnectionLost), false),
            ResetExecuted => (End::Lost(FaultKind::ConnectionLost), true),
            SilenceUnexecuted => (End::Silence, false),
            SilenceExecuted | ExecutedLate => (End::Silence, true),
            TooManyRequests => (End::status(429), false),
            TooManyRequestsWait => (End::Wait(429, Some(pacing(rng))), false),
            Unavailable => (End::status(503), false),
            UnavailableWait => (End::Wait(503, Some(pacing(rng))), false),
            UnavailableExecuted => (End::status(503), true),
            ServerError => (End::status(500), false),
            ServerErrorExecuted => (End::status(500), true),
            BadGateway => (End::status(502), false),
            BadGatewayExecuted => (End::status(502), true),
            GatewayTimeout => (End::status(504), false),
            GatewayTimeoutExecuted => (End::status(504), true),
            RequestTimeout => (End::status(408), false),
            RequestTimeoutExecuted => (End::status(408), true),
            OddServerErrorExecuted => (End::status(521), true),
            Unauthorized => (End::status(401), false),
            Forbidden => (End::status(403), false),
            NotFound => (End::status(404), false),
            Conflict => (End::status(409), false),
            Misdirected => (End::status(421), false),
            TooEarly => (End::status(425), false),
            Redirect => (End::status(302), false),
        };
        let connect = match self {
            ConnectTimeout => ms(2_000),
            _ => *pick(rng, &[ms(0), ms(0), ms(1), ms(5), ms(50), ms(500)]),
        };
        // Round numbers, so that ends, time-outs, aborts and deadlines often fall on the same instant.
        let work = match self {
            AcceptedSlowly => *pick(rng, &[ms(500), ms(1_000), ms(2_000), ms(5_000), ms(12_000)]),
            ExecutedLate => *pick(rng, &[ms(1_000), ms(5_000), ms(30_000)]),
            _ => *pick(rng, &[ms(0), ms(5), ms(5), ms(20), ms(100), ms(500)]),
        };
        Act {
            connect,
            executes,
            executes_last: self == ExecutedLate || rng.bool(),
            work,
            end,
        }
    }
}

/// What the platform does with one request.
#[derive(Clone, Debug)]
pub struct Act {
    /// How long it takes until the connection wants the body.
    pub connect: Duration,
    /// Whether the digits are pressed: at once, or after the work.
    pub executes: bool,
    pub executes_last: bool,
    /// From the body to the end.
    pub work: Duration,
    pub end: End,
}

/// How the exchange ends.
#[derive(Clone, Debug)]
pub enum End {
    /// Before the connection took the body.
    Unsent(FaultKind),
    /// The connection never comes to take it.
    NoConnection,
    /// After it took the body.
    Lost(FaultKind),
    /// Never.
    Silence,
    /// By an answer whose body is cut.
    Cut(u16),
    /// By an answer.
    Wait(u16, Option<Pacing>),
}

impl End {
    const fn status(status: u16) -> Self {
        Self::Wait(status, None)
    }
}

/// How an answer asks for patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pacing {
    /// A number of seconds.
    Seconds(u64),
    /// A date, with the platform's own.
    Date(u64),
    /// A date, to be read against the reader's clock.
    DateAlone(u64),
    /// Nothing that can be read.
    Nonsense,
}

fn pacing(rng: &mut Rng) -> Pacing {
    let seconds = *pick(rng, &[0, 1, 1, 2, 3, 5, 8, 60]);
    match rng.u8(0..8) {
        0 => Pacing::Date(seconds),
        1 => Pacing::DateAlone(seconds),
        2 => Pacing::Nonsense,
        _ => Pacing::Seconds(seconds),
    }
}

pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One of several, equally likely.
pub fn pick<'a, T>(rng: &mut Rng, of: &'a [T]) -> &'a T {
    &of[rng.usize(0..of.len())]
}
