//! The codes of errors: one table of all that is known of them.

use super::exit::Exit;
use crate::delivery::Delivery;

/// Makes [`Code`] from one entry a code. Its texts are those of the documentation and of the command line.
macro_rules! codes {
    ($($variant:ident = $name:literal {
        when: $when:literal,
        deliveries: [$($delivery:ident),+],
        advice: $advice:literal,
        exit: $exit:ident,
    })*) => {
        /// Why an operation failed. The text form is part of the public contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = concat!($when, ".")] $variant,)*
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

            /// The type of the error in `index.d.ts`.
            #[must_use]
            pub const fn type_name(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("Dtmf", stringify!($variant), "Error"),)*
                }
            }

            /// When it occurs.
            #[must_use]
            pub const fn when(self) -> &'static str {
                match self {
                    $(Self::$variant => $when,)*
                }
            }

            /// What may be known of the digits of an operation that failed with it.
            #[must_use]
            pub const fn deliveries(self) -> &'static [Delivery] {
                match self {
                    $(Self::$variant => &[$(Delivery::$delivery),+],)*
                }
            }

            /// What the caller should do.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self {
                    $(Self::$variant => $advice,)*
                }
            }

            /// What the command line ends with.
            #[must_use]
            pub const fn exit(self) -> Exit {
                match self {
                    $(Self::$variant => Exit::$exit,)*
                }
            }
        }
    };
}

impl Code {
    /// Whether an operation that failed with it may know this of the digits.
    #[must_use]
    pub fn allows(self, delivery: Delivery) -> bool {
        self.deliveries().contains(&delivery)
    }
}

codes! {
    Invalid = "ERR_DTMF_INVALID" {
        when: "The payload, an id or an option breaks a rule",
        deliveries: [NotSent],
        advice: "Correct the program; the message names the field",
        exit: Invalid,
    }
    Auth = "ERR_DTMF_AUTH" {
        when: "No token, or a fresh one is refused too: 401, or 403 with `invalid_token`",
        deliveries: [NotSent, Refused],
        advice: "Check client id and secret; try later if `retryable`",
        exit: Auth,
    }
    Scope = "ERR_DTMF_SCOPE" {
        when: "The token lacks a scope that was asked for",
        deliveries: [NotSent, Refused],
        advice: "Have the scope added to the client",
        exit: Auth,
    }
    Forbidden = "ERR_DTMF_FORBIDDEN" {
        when: "The platform answered 403",
        deliveries: [Refused],
        advice: "Have the right to this line or call granted",
        exit: Auth,
    }
    QueueFull = "ERR_DTMF_QUEUE_FULL" {
        when: "Too many wait, on this call or in this injector",
        deliveries: [NotSent],
        advice: "Send less at once",
        exit: TimedOut,
    }
    LockTimeout = "ERR_DTMF_LOCK_TIMEOUT" {
        when: "The wait for the call's lock ran out: this process, or another of the fleet, kept the call",
        deliveries: [NotSent],
        advice: "Try later; pass a lock of your own as `{ lock }`",
        exit: TimedOut,
    }
    Deadline = "ERR_DTMF_DEADLINE" {
        when: "`deadlineMs` ran out with nothing in flight",
        deliveries: [NotSent, Refused],
        advice: "Try later, or allow more time",
        exit: TimedOut,
    }
    Lock = "ERR_DTMF_LOCK" {
        when: "A lock was released twice, ran out, or is not of this call",
        deliveries: [NotSent],
        advice: "Acquire a new one",
        exit: Internal,
    }
    AfterUnknown = "ERR_DTMF_AFTER_UNKNOWN" {
        when: "Behind an unknown outcome of the same call: queued, or after it with `afterUnknown: 'block'`",
        deliveries: [NotSent],
        advice: "Find out where the call stands, then send; first `resolve` what is blocked",
        exit: TimedOut,
    }
    Connect = "ERR_DTMF_CONNECT" {
        when: "No connection: name, refusal, time-out or TLS",
        deliveries: [NotSent, Refused],
        advice: "Check URL, network, proxy and certificates",
        exit: TimedOut,
    }
    RateLimited = "ERR_DTMF_RATE_LIMITED" {
        when: "The platform answered 429, or `rateLimit` has no slot in time",
        deliveries: [NotSent, Refused],
        advice: "Wait `retryAfterMs`",
        exit: RateLimited,
    }
    Conflict = "ERR_DTMF_CONFLICT" {
        when: "The platform answered 409: something else presses digits or changes the call",
        deliveries: [Refused],
        advice: "Look at the state of the call",
        exit: Rejected,
    }
    Rejected = "ERR_DTMF_REJECTED" {
        when: "Another 3xx or 4xx",
        deliveries: [Refused],
        advice: "Read `error.response`",
        exit: Rejected,
    }
    Server = "ERR_DTMF_SERVER" {
        when: "A 5xx that carried nothing out",
        deliveries: [Refused],
        advice: "Try later",
        exit: Rejected,
    }
    OutcomeUnknown = "ERR_DTMF_OUTCOME_UNKNOWN" {
        when: "Time-out, lost connection, 502 and the like after the digits left; or the same digits again (`repeatGuardMs`)",
        deliveries: [Unknown],
        advice: "Do not send again; ask the call, then `resolve`",
        exit: Unknown,
    }
    Audit = "ERR_DTMF_AUDIT" {
        when: "The audit log cannot take the intent, or cannot be read or written when it is asked for",
        deliveries: [NotSent, Refused],
        advice: "Look at the disk; the message says why",
        exit: Internal,
    }
    Mask = "ERR_DTMF_MASK" {
        when: "The recording could not be masked, no event has confirmed that it is, or its mask was taken away",
        deliveries: [NotSent, Refused],
        advice: "Read `error.response`; check `contactId` and rights",
        exit: Rejected,
    }
    CallEnded = "ERR_DTMF_CALL_ENDED" {
        when: "The followed session ended, or the contact left it",
        deliveries: [NotSent, Refused],
        advice: "Nothing: there is nobody to press digits for",
        exit: Rejected,
    }
    NotInFocus = "ERR_DTMF_NOT_IN_FOCUS" {
        when: "The contact of a followed session is on hold, another one is in focus, or no event has said who is",
        deliveries: [NotSent, Refused],
        advice: "Bring it into focus: `focus: true`; send when it is",
        exit: Rejected,
    }
    LockLost = "ERR_DTMF_LOCK_LOST" {
        when: "The lease on the call was lost before the send (`fleet`)",
        deliveries: [NotSent, Refused],
        advice: "Try again",
        exit: TimedOut,
    }
    Store = "ERR_DTMF_STORE" {
        when: "Redis cannot be asked for the call's lock (`fleet`)",
        deliveries: [NotSent],
        advice: "Try later; the message says why",
        exit: TimedOut,
    }
    Closed = "ERR_DTMF_CLOSED" {
        when: "The injector is closed",
        deliveries: [NotSent, Refused],
        advice: "Make a new one",
        exit: Internal,
    }
    Aborted = "ABORT_ERR" {
        when: "Your signal fired; `name` is `AbortError`",
        deliveries: [NotSent, Refused, Unknown],
        advice: "Branch on `delivery`",
        exit: Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_outcome_has_an_exit_code_of_its_own() {
        for code in Code::ALL {
            let always_unknown = code.deliveries() == [Delivery::Unknown];
            assert_eq!(code.exit() == Exit::Unknown, always_unknown, "{code:?}");
            assert!(!code.allows(Delivery::Accepted), "{code:?}");
        }
    }
}
