//! What HTTP says about the digits: from the result of one attempt to its classification.
//!
//! The rule behind every row: digits are sent again only when the attempt was certainly not carried out,
//! and any doubt is *unknown* (RFC 9110 §9.2.2, RFC 9113 §8.7).

use std::time::Duration;

use crate::delivery::Delivery;
use crate::error::{Code, Untrusted};
use crate::http::FaultKind;
use crate::retry::{
    Failure, Resend, ResendWhenUnknown, UnknownCause, is_transient, may_have_run,
    wants_new_connection,
};

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// With a status line.
    Answered {
        /// The HTTP status.
        status: u16,
        /// A valid `Retry-After`, from now.
        retry_after: Option<Duration>,
        /// It refuses the token itself ([`crate::auth::refuses_token`]).
        token_refused: bool,
    },
    /// Without one.
    Failed {
        /// Why.
        fault: FaultKind,
        /// Whether the body was handed to the connection.
        handed_over: bool,
    },
}

/// What an attempt means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classification {
    /// The platform accepted the digits.
    Accepted,
    /// It did not, or that is not known.
    Failed(Failure),
}

/// What the user promised of the platform, and what the user allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryPolicy {
    /// A 500 or a 503 means that nothing was carried out.
    pub atomic_server_errors: bool,
    /// Which unknown outcomes may be sent again.
    pub resend_when_unknown: ResendWhenUnknown,
}

/// What HTTP alone says. A profile may say otherwise where its API promises more.
#[must_use]
pub(super) fn classify(result: &AttemptResult, policy: &DeliveryPolicy) -> Classification {
    match *result {
        AttemptResult::Answered {
            status: 200..=299, ..
        } => Classification::Accepted,
        AttemptResult::Answered {
            status,
            retry_after,
            token_refused,
        } => Classification::Failed(Failure {
            retry_after,
            ..of_status(status, retry_after.is_some(), token_refused, policy)
        }),
        AttemptResult::Failed { fault, handed_over } => {
            Classification::Failed(of_fault(fault, handed_over, policy))
        }
    }
}

fn of_fault(fault: FaultKind, handed_over: bool, policy: &DeliveryPolicy) -> Failure {
    match fault {
        FaultKind::StreamRefused => refused(Code::Server, Resend::Unsent),
        // Told only where the handshake was not over for the server, which took no request by then and ends the connection
        // (RFC 8446 §6.2).
        FaultKind::Certificate(Untrusted::ClientUnknown) if handed_over => {
            refused(Code::Connect, Resend::Never)
        }
        FaultKind::TimedOut if handed_over => unknown(UnknownCause::Timeout, policy),
        _ if handed_over => unknown(UnknownCause::ConnectionLost, policy),
        FaultKind::Certificate(_) | FaultKind::Setup => unsent(Resend::Never),
        FaultKind::Proxy(Some(status)) if !is_transient(status) => unsent(Resend::Never),
        FaultKind::ConnectionLost => unsent(Resend::Unsent),
        FaultKind::NameLookup
        | FaultKind::ConnectionRefused
        | FaultKind::ConnectTimeout
        | FaultKind::TlsHandshake
        | FaultKind::Proxy(_)
        | FaultKind::TimedOut => unsent(Resend::Transient),
    }
}

fn of_status(
    status: u16,
    says_when: bool,
    token_refused: bool,
    policy: &DeliveryPolicy,
) -> Failure {
    match status {
        401 => refused(Code::Auth, Resend::FreshToken),
        // The token, and not what its client may do, is the reason (RFC 6750 §3.1).
        403 if token_refused => refused(Code::Auth, Resend::FreshToken),
        403 => refused(Code::Forbidden, Resend::Never),
        409 => refused(Code::Conflict, Resend::Never),
        429 => refused(Code::RateLimited, Resend::Throttled),
        503 if says_when => refused(Code::Server, Resend::Throttled),
        500 | 503 if policy.atomic_server_errors => refused(Code::Server, Resend::Transient),
        _ if wants_new_connection(status) => refused(Code::Rejected, Resend::NewConnection),
        300..=499 if !may_have_run(status) => refused(Code::Rejected, Resend::Never),
        _ => unknown(UnknownCause::of_status(status), policy),
    }
}

const fn unsent(resend: Resend) -> Failure {
    failure(Delivery::NotSent, Code::Connect, resend)
}

const fn refused(code: Code, resend: Resend) -> Failure {
    failure(Delivery::Refused, code, resend)
}

fn unknown(cause: UnknownCause, policy: &DeliveryPolicy) -> Failure {
    let resend = if policy.resend_when_unknown.allows(cause) {
        Resend::Transient
    } else {
        Resend::Never
    };
    failure(Delivery::Unknown, Code::OutcomeUnknown, resend)
}

const fn failure(delivery: Delivery, code: Code, resend: Resend) -> Failure {
    Failure {
        delivery,
        code,
        resend,
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Delivery::{NotSent, Refused, Unknown};

    fn policy(atomic: bool, resend: ResendWhenUnknown) -> DeliveryPolicy {
        DeliveryPolicy {
            atomic_server_errors: atomic,
            resend_when_unknown: resend,
        }
    }

    fn failure(result: AttemptResult, policy: &DeliveryPolicy) -> Failure {
        match classify(&result, policy) {
            Classification::Failed(failure) => failure,
            Classification::Accepted => panic!("{result:?} is accepted"),
        }
    }

    const fn answer(status: u16, retry_after: Option<u64>) -> AttemptResult {
        AttemptResult::Answered {
            status,
            retry_after: match retry_after {
                Some(seconds) => Some(Duration::from_secs(seconds)),
                None => None,
            },
            token_refused: false,
        }
    }

    fn answered(status: u16, retry_after: Option<u64>, policy: &DeliveryPolicy) -> Failure {
        failure(answer(status, retry_after), policy)
    }

    fn failed(fault: FaultKind, handed_over: bool, policy: &DeliveryPolicy) -> Failure {
        failure(AttemptResult::Failed { fault, handed_over }, policy)
    }

    #[test]
    fn every_2xx_is_accepted() {
        let policy = policy(false, ResendWhenUnknown::Always);
        for status in 200..300 {
            for retry_after in [None, Some(1)] {
                assert_eq!(
                    classify(&answer(status, retry_after), &policy),
                    Classification::Accepted
                );
            }
        }
    }

    #[test]
    fn answers_mean_what_the_table_says() {
        let atomic = policy(true, ResendWhenUnknown::Never);
        let strict = policy(false, ResendWhenUnknown::Never);
        #[rustfmt::skip]
        let table = [
            (301, None, &atomic, Refused, Code::Rejected, Resend::Never),
            (400, None, &atomic, Refused, Code::Rejected, Resend::Never),
            (401, None, &atomic, Refused, Code::Auth, Resend::FreshToken),
            (403, None, &atomic, Refused, Code::Forbidden, Resend::Never),
            (404, None, &atomic, Refused, Code::Rejected, Resend::Never),
            (408, None, &atomic, Unknown, Code::OutcomeUnknown, Resend::Never),
            (409, None, &atomic, Refused, Code::Conflict, Resend::Never),
            (421, None, &atomic, Refused, Code::Rejected, Resend::NewConnection),
            (425, None, &atomic, Refused, Code::Rejected, Resend::NewConnection),
            (429, None, &strict, Refused, Code::RateLimited, Resend::Throttled),
            (500, None, &atomic, Refused, Code::Server, Resend::Transient),
            (500, None, &strict, Unknown, Code::OutcomeUnknown, Resend::Never),
            (501, None, &atomic, Unknown, Code::OutcomeUnknown, Resend::Never),
            (502, None, &atomic, Unknown, Code::OutcomeUnknown, Resend::Never),
            (503, None, &atomic, Refused, Code::Server, Resend::Transient),
            (503, None, &strict, Unknown, Code::OutcomeUnknown, Resend::Never),
            (503, Some(3), &strict, Refused, Code::Server, Resend::Throttled),
            (504, None, &atomic, Unknown, Code::OutcomeUnknown, Resend::Never),
            (521, None, &atomic, Unknown, Code::OutcomeUnknown, Resend::Never),
        ];
        for (status, after, policy, delivery, code, resend) in table {
            let failure = answered(status, after, policy);
            assert_eq!(failure.delivery, delivery, "{status} {after:?}");
            assert_eq!(failure.code, code, "{status} {after:?}");
            assert_eq!(failure.resend, resend, "{status} {after:?}");
            assert_eq!(failure.retry_after, after.map(Duration::from_secs));
        }
    }

    #[test]
    fn a_403_that_refuses_the_token_asks_for_another() {
        let policy = policy(true, ResendWhenUnknown::Never);
        for (status, code, resend) in [
            (401, Code::Auth, Resend::FreshToken),
            (403, Code::Auth, Resend::FreshToken),
            (404, Code::Rejected, Resend::Never),
        ] {
            let answered = AttemptResult::Answered {
                status,
                retry_after: None,
                token_refused: true,
            };
            let failure = failure(answered, &policy);
            assert_eq!(
                (failure.delivery, failure.code, failure.resend),
                (Refused, code, resend)
            );
        }
    }

    #[test]
    fn faults_mean_what_the_table_says() {
        let policy = policy(true, ResendWhenUnknown::Never);
        #[rustfmt::skip]
        let table = [
            (FaultKind::NameLookup, false, NotSent, Resend::Transient),
            (FaultKind::ConnectionRefused, false, NotSent, Resend::Transient),
            (FaultKind::ConnectTimeout, false, NotSent, Resend::Transient),
            (FaultKind::TlsHandshake, false, NotSent, Resend::Transient),
            (FaultKind::Certificate(Untrusted::Expired), false, NotSent, Resend::Never),
            (FaultKind::Proxy(None), false, NotSent, Resend::Transient),
            (FaultKind::Proxy(Some(502)), false, NotSent, Resend::Transient),
            (FaultKind::Proxy(Some(429)), false, NotSent, Resend::Transient),
            (FaultKind::Proxy(Some(407)), false, NotSent, Resend::Never),
            (FaultKind::Proxy(Some(403)), false, NotSent, Resend::Never),
            (FaultKind::Setup, false, NotSent, Resend::Never),
            (FaultKind::ConnectionLost, false, NotSent, Resend::Unsent),
            (FaultKind::TimedOut, false, NotSent, Resend::Transient),
            (FaultKind::StreamRefused, true, Refused, Resend::Unsent),
            (FaultKind::Certificate(Untrusted::ClientUnknown), true, Refused, Resend::Never),
            (FaultKind::TimedOut, true, Unknown, Resend::Never),
            (FaultKind::ConnectionLost, true, Unknown, Resend::Never),
            (FaultKind::ConnectionRefused, true, Unknown, Resend::Never),
        ];
        for (kind, handed_over, delivery, resend) in table {
            let failure = failed(kind, handed_over, &policy);
            assert_eq!(failure.delivery, delivery, "{kind:?} {handed_over}");
            assert_eq!(failure.resend, resend, "{kind:?} {handed_over}");
        }
    }

    #[test]
    fn an_unknown_outcome_is_sent_again_only_where_its_cause_is_allowed() {
        let some = policy(
            false,
            ResendWhenUnknown::For(vec![UnknownCause::Status502, UnknownCause::Timeout]),
        );
        assert_eq!(answered(502, None, &some).resend, Resend::Transient);
        assert_eq!(answered(504, None, &some).resend, Resend::Never);
        assert_eq!(
            failed(FaultKind::TimedOut, true, &some).resend,
            Resend::Transient
        );
        assert_eq!(
            failed(FaultKind::ConnectionLost, true, &some).resend,
            Resend::Never
        );
        let all = policy(false, ResendWhenUnknown::Always);
        for status in [408, 500, 502, 503, 504, 521] {
            let failure = answered(status, None, &all);
            assert_eq!(failure.resend, Resend::Transient);
            assert_eq!(
                failure.delivery, Unknown,
                "sending again makes nothing known"
            );
        }
    }
}
