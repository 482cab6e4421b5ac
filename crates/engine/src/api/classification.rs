//! What HTTP says about the digits: from the facts of one attempt to a verdict.
//!
//! The rule behind every row: digits are sent again only when the attempt was certainly not carried out,
//! and any doubt is *unknown* (RFC 9110 §9.2.2, RFC 9113 §8.7).

use std::time::Duration;

use crate::delivery::Delivery;
use crate::error::Code;
use crate::http::FaultKind;
use crate::retry::{Classification, Resend};

/// What is known of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptResult {
    /// Whether the connection took the body.
    pub handed_over: bool,
    /// The status line, or why there was none.
    pub result: Result<AnswerHead, FaultKind>,
}

/// The part of an answer that counts for delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerHead {
    /// The HTTP status.
    pub status: u16,
    /// A valid `Retry-After`, from now.
    pub retry_after: Option<Duration>,
}

/// Why an outcome is unknown, for those who allow some of them to be sent again.
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
    /// 504: a gateway ran out of patience.
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
    fn allows(&self, cause: UnknownCause) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::For(causes) => causes.contains(&cause),
        }
    }
}

/// What the user has promised or allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// A 500 or a 503 means that nothing was carried out.
    pub atomic_server_errors: bool,
    /// Which unknown outcomes may be sent again.
    pub resend_when_unknown: ResendWhenUnknown,
}

/// The verdict that HTTP alone gives. A profile may answer differently where its API promises more.
#[must_use]
pub fn classify(result: &AttemptResult, terms: &Terms) -> Classification {
    match result.result {
        Ok(head) => classify_status(head, terms),
        Err(fault) => classify_fault(fault, result.handed_over, terms),
    }
}

fn classify_fault(fault: FaultKind, handed_over: bool, terms: &Terms) -> Classification {
    if fault == FaultKind::StreamRefused {
        return refused(Code::Server, Resend::Unsent);
    }
    if handed_over {
        let cause = if fault == FaultKind::TimedOut {
            UnknownCause::Timeout
        } else {
            UnknownCause::ConnectionLost
        };
        return unknown(cause, terms);
    }
    let resend = match fault {
        FaultKind::Certificate | FaultKind::Setup => Resend::Never,
        FaultKind::ConnectionLost => Resend::Unsent,
        FaultKind::NameLookup
        | FaultKind::ConnectionRefused
        | FaultKind::ConnectTimeout
        | FaultKind::TlsHandshake
        | FaultKind::Proxy
        | FaultKind::TimedOut
        | FaultKind::StreamRefused => Resend::Transient,
    };
    Classification {
        delivery: Delivery::NotSent,
        code: Code::Connect,
        resend,
        retry_after: None,
    }
}

fn classify_status(head: AnswerHead, terms: &Terms) -> Classification {
    let classification = match head.status {
        200..=299 => Classification {
            delivery: Delivery::Accepted,
            // Never read: an accepted attempt ends the injection.
            code: Code::OutcomeUnknown,
            resend: Resend::Never,
            retry_after: None,
        },
        401 => refused(Code::Auth, Resend::FreshToken),
        403 => refused(Code::Forbidden, Resend::Never),
        408 => unknown(UnknownCause::Status408, terms),
        409 => refused(Code::Conflict, Resend::Never),
        421 | 425 => refused(Code::Rejected, Resend::NewConnection),
        429 => refused(Code::RateLimited, Resend::Throttled),
        500 if terms.atomic_server_errors => refused(Code::Server, Resend::Transient),
        500 => unknown(UnknownCause::Status500, terms),
        502 => unknown(UnknownCause::Status502, terms),
        503 if head.retry_after.is_some() => refused(Code::Server, Resend::Throttled),
        503 if terms.atomic_server_errors => refused(Code::Server, Resend::Transient),
        503 => unknown(UnknownCause::Status503, terms),
        504 => unknown(UnknownCause::Status504, terms),
        300..=499 => refused(Code::Rejected, Resend::Never),
        _ => unknown(UnknownCause::OtherStatus, terms),
    };
    Classification {
        retry_after: head.retry_after,
        ..classification
    }
}

const fn refused(code: Code, resend: Resend) -> Classification {
    Classification {
        delivery: Delivery::Refused,
        code,
        resend,
        retry_after: None,
    }
}

fn unknown(cause: UnknownCause, terms: &Terms) -> Classification {
    let resend = if terms.resend_when_unknown.allows(cause) {
        Resend::Transient
    } else {
        Resend::Never
    };
    Classification {
        delivery: Delivery::Unknown,
        code: Code::OutcomeUnknown,
        resend,
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Delivery::{Accepted, NotSent, Refused, Unknown};

    fn terms(atomic: bool, resend: ResendWhenUnknown) -> Terms {
        Terms {
            atomic_server_errors: atomic,
            resend_when_unknown: resend,
        }
    }

    fn answered(status: u16, retry_after: Option<u64>, terms: &Terms) -> Classification {
        let head = AnswerHead {
            status,
            retry_after: retry_after.map(Duration::from_secs),
        };
        let result = AttemptResult {
            handed_over: true,
            result: Ok(head),
        };
        classify(&result, terms)
    }

    fn failed(kind: FaultKind, handed_over: bool, terms: &Terms) -> Classification {
        let result = AttemptResult {
            handed_over,
            result: Err(kind),
        };
        classify(&result, terms)
    }

    #[test]
    fn answers_mean_what_the_table_says() {
        let atomic = terms(true, ResendWhenUnknown::Never);
        let strict = terms(false, ResendWhenUnknown::Never);
        #[rustfmt::skip]
        let table = [
            (200, None, &atomic, Accepted, Code::OutcomeUnknown, Resend::Never),
            (202, None, &atomic, Accepted, Code::OutcomeUnknown, Resend::Never),
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
        for (status, after, terms, delivery, code, resend) in table {
            let classification = answered(status, after, terms);
            assert_eq!(classification.delivery, delivery, "{status} {after:?}");
            assert_eq!(classification.code, code, "{status} {after:?}");
            assert_eq!(classification.resend, resend, "{status} {after:?}");
            assert_eq!(classification.retry_after, after.map(Duration::from_secs));
        }
    }

    #[test]
    fn faults_mean_what_the_table_says() {
        let terms = terms(true, ResendWhenUnknown::Never);
        #[rustfmt::skip]
        let table = [
            (FaultKind::NameLookup, false, NotSent, Resend::Transient),
            (FaultKind::ConnectionRefused, false, NotSent, Resend::Transient),
            (FaultKind::ConnectTimeout, false, NotSent, Resend::Transient),
            (FaultKind::TlsHandshake, false, NotSent, Resend::Transient),
            (FaultKind::Certificate, false, NotSent, Resend::Never),
            (FaultKind::Proxy, false, NotSent, Resend::Transient),
            (FaultKind::Setup, false, NotSent, Resend::Never),
            (FaultKind::ConnectionLost, false, NotSent, Resend::Unsent),
            (FaultKind::TimedOut, false, NotSent, Resend::Transient),
            (FaultKind::StreamRefused, true, Refused, Resend::Unsent),
            (FaultKind::TimedOut, true, Unknown, Resend::Never),
            (FaultKind::ConnectionLost, true, Unknown, Resend::Never),
            (FaultKind::ConnectionRefused, true, Unknown, Resend::Never),
        ];
        for (kind, handed_over, delivery, resend) in table {
            let classification = failed(kind, handed_over, &terms);
            assert_eq!(classification.delivery, delivery, "{kind:?} {handed_over}");
            assert_eq!(classification.resend, resend, "{kind:?} {handed_over}");
        }
    }

    #[test]
    fn an_unknown_outcome_is_sent_again_only_where_its_cause_is_allowed() {
        let some = terms(
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
        let all = terms(false, ResendWhenUnknown::Always);
        for status in [408, 500, 502, 503, 504, 521] {
            let classification = answered(status, None, &all);
            assert_eq!(classification.resend, Resend::Transient);
            assert_eq!(
                classification.delivery, Unknown,
                "sending again makes nothing known"
            );
        }
    }
}
