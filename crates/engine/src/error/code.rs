//! The codes of errors: one table of their names.

/// Writes each code once: its documentation, its variant and its name.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Why an operation failed. The text form is part of the public contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The value of `error.code` in JavaScript.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    /// A payload, an id or an option breaks a rule. The message names the field and the rule.
    Invalid = "ERR_DTMF_INVALID",
    /// The token was refused, or the call answered 401 after one refresh.
    Auth = "ERR_DTMF_AUTH",
    /// The granted scopes lack one that was asked for.
    Scope = "ERR_DTMF_SCOPE",
    /// The platform answered 403.
    Forbidden = "ERR_DTMF_FORBIDDEN",
    /// Too many injections wait already, for this call or in this injector.
    QueueFull = "ERR_DTMF_QUEUE_FULL",
    /// The wait for the call's lock ran out.
    LockTimeout = "ERR_DTMF_LOCK_TIMEOUT",
    /// The time for the whole injection ran out before a send.
    Deadline = "ERR_DTMF_DEADLINE",
    /// A lock was released twice, is foreign, or belongs to another call.
    Lock = "ERR_DTMF_LOCK",
    /// Queued behind an injection of the same call whose outcome is unknown.
    AfterUnknown = "ERR_DTMF_AFTER_UNKNOWN",
    /// No connection: name lookup, refusal, connect time-out or TLS.
    Connect = "ERR_DTMF_CONNECT",
    /// The platform answered 429.
    RateLimited = "ERR_DTMF_RATE_LIMITED",
    /// The platform answered 409.
    Conflict = "ERR_DTMF_CONFLICT",
    /// The platform answered another 3xx or 4xx.
    Rejected = "ERR_DTMF_REJECTED",
    /// The platform answered a 5xx that carried nothing out.
    Server = "ERR_DTMF_SERVER",
    /// It is not known whether the digits were pressed.
    OutcomeUnknown = "ERR_DTMF_OUTCOME_UNKNOWN",
    /// The audit log cannot take the intent.
    Audit = "ERR_DTMF_AUDIT",
    /// The recording could not be masked, so nothing was sent.
    Mask = "ERR_DTMF_MASK",
    /// The session ended before the digits were sent.
    CallEnded = "ERR_DTMF_CALL_ENDED",
    /// The lease on the call was lost before the digits were sent: another process may hold it now.
    LockLost = "ERR_DTMF_LOCK_LOST",
    /// The store of the fleet cannot be reached, or does not answer in time.
    Store = "ERR_DTMF_STORE",
    /// The injector is closed.
    Closed = "ERR_DTMF_CLOSED",
    /// The caller's signal fired.
    Aborted = "ABORT_ERR",
}
