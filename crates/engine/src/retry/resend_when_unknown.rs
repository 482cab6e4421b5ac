//! Which unknown outcomes the user allows to be sent again.

/// Why an outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownCause {
    /// 408: the server says that it did not get the whole request, which went out in one piece.
    Status408,
    /// 500, where errors of the server promise nothing.
    Status500,
    /// 502: a gateway lost the server.
    Status502,
    /// 503 without `Retry-After`, where errors of the server promise nothing.
    Status503,
    /// 504: a gateway stopped waiting for the server.
    Status504,
    /// Any other 5xx. Only `resendWhenUnknown: true` covers it.
    OtherStatus,
    /// No answer in time.
    Timeout,
    /// The connection ended after the body was handed over.
    ConnectionLost,
}

impl UnknownCause {
    /// The causes that can be named, with their names in JavaScript.
    pub const NAMED: [(&'static str, Self); 7] = [
        ("408", Self::Status408),
        ("500", Self::Status500),
        ("502", Self::Status502),
        ("503", Self::Status503),
        ("504", Self::Status504),
        ("timeout", Self::Timeout),
        ("connection-lost", Self::ConnectionLost),
    ];

    /// The cause that a status is.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            408 => Self::Status408,
            500 => Self::Status500,
            502 => Self::Status502,
            503 => Self::Status503,
            504 => Self::Status504,
            _ => Self::OtherStatus,
        }
    }
}

/// Which unknown outcomes may be sent again although the digits may be pressed twice. Default: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResendWhenUnknown {
    /// None: an unknown outcome is reported, never repeated.
    #[default]
    Never,
    /// All of them.
    Always,
    /// The named ones.
    For(Vec<UnknownCause>),
}

impl ResendWhenUnknown {
    /// Whether an outcome of this cause may be sent again.
    #[must_use]
    pub fn allows(&self, cause: UnknownCause) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::For(causes) => causes.contains(&cause),
        }
    }
}
