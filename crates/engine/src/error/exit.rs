//! What the command line ends with after an error.

/// The exit codes. They are stable, since scripts branch on them; 0 and 2, for usage, are the command line's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// A mistake in the program, or trouble of this machine.
    Internal = 1,
    /// Digits, ids, type or pause break a rule.
    Invalid = 3,
    /// Token, scope or right.
    Auth = 4,
    /// The platform or the state of the call stands against it.
    Rejected = 5,
    /// Too many requests.
    RateLimited = 6,
    /// No connection, or out of time.
    TimedOut = 7,
    /// Whether the digits were pressed is not known.
    Unknown = 8,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}
