//! What a thing says of itself that the program's own code threw: an HTTP client's error, mostly.
//!
//! `lib/thrown.js` reads a closed list of facts of it; what they mean is said here, by the rules of the engine.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use cxone_dtmf_engine::api::AttemptResult;
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::http::FaultKind;
use cxone_dtmf_engine::retry::{http_date, is_too_early, is_transient, parse_retry_after};

/// The facts, as they cross.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Thrown {
    /// Name, code and status, those that have the form of one.
    pub kind: Option<String>,
    /// The code of the fault, of the error or of what caused it.
    code: Option<String>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The header fields of that answer.
    retry_after: Option<String>,
    date: Option<String>,
    /// A wait in milliseconds.
    retry_after_ms: Option<f64>,
    /// What it says where it is an error of this package.
    pub dtmf: Option<Told>,
}

/// What an error of this package says.
#[derive(Deserialize)]
pub struct Told {
    code: String,
    delivery: String,
    retryable: bool,
    pub message: String,
}

/// A code of Node.js or undici, what it says of the exchange, and whether the request may have left.
///
/// Where a client uses one code before and after the connection is there, as for a time-out, it may have left.
const FAULTS: &[(&str, FaultKind, bool)] = &[
    ("ECONNREFUSED", FaultKind::ConnectionRefused, false),
    ("EHOSTDOWN", FaultKind::ConnectionRefused, false),
    ("EHOSTUNREACH", FaultKind::ConnectionRefused, false),
    ("ENETDOWN", FaultKind::ConnectionRefused, false),
    ("ENETUNREACH", FaultKind::ConnectionRefused, false),
    ("EAI_AGAIN", FaultKind::NameLookup, false),
    ("ENOTFOUND", FaultKind::NameLookup, false),
    ("UND_ERR_CONNECT_TIMEOUT", FaultKind::ConnectTimeout, false),
    ("ECONNABORTED", FaultKind::TimedOut, true),
    ("ETIMEDOUT", FaultKind::TimedOut, true),
    ("ESOCKETTIMEDOUT", FaultKind::TimedOut, true),
    ("UND_ERR_BODY_TIMEOUT", FaultKind::TimedOut, true),
    ("UND_ERR_HEADERS_TIMEOUT", FaultKind::TimedOut, true),
    ("TimeoutError", FaultKind::TimedOut, true),
    ("ECONNRESET", FaultKind::ConnectionLost, true),
    ("EPIPE", FaultKind::ConnectionLost, true),
    (
        "ERR_STREAM_PREMATURE_CLOSE",
        FaultKind::ConnectionLost,
        true,
    ),
    ("UND_ERR_SOCKET", FaultKind::ConnectionLost, true),
];

impl Thrown {
    /// Facts that cannot be read are none.
    pub fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// How an HTTP exchange ended that it tells of.
    pub fn result(&self, now: SystemTime) -> Option<AttemptResult> {
        if let Some(status) = self.status {
            let retry_after = self.retry_after(now);
            return Some(AttemptResult::Answered {
                status,
                retry_after,
                // Its headers are not looked at for that.
                token_refused: false,
            });
        }
        let code = self.code.as_deref()?;
        let &(_, fault, handed_over) = FAULTS.iter().find(|(name, ..)| *name == code)?;
        Some(AttemptResult::Failed { fault, handed_over })
    }

    /// Whether a request for a token that failed with it may succeed when it is made again: one does no harm twice.
    pub fn is_transient(&self) -> bool {
        if let Some(told) = &self.dtmf {
            return told.retryable;
        }
        match self.status {
            Some(status) => is_transient(status) || is_too_early(status),
            None => self.result(SystemTime::UNIX_EPOCH).is_some(),
        }
    }

    /// The wait that it asks for.
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let date = self
            .date
            .as_deref()
            .and_then(|date| http_date(date.as_bytes()));
        let field = self.retry_after.as_deref();
        let field = field.and_then(|field| parse_retry_after(field.as_bytes(), now, date));
        let millis = self.retry_after_ms.filter(|millis| *millis >= 0.0);
        let millis = millis.and_then(|millis| Duration::try_from_secs_f64(millis / 1000.0).ok());
        field.max(millis)
    }
}

impl Told {
    /// The code, where it is one of ours.
    pub fn code(&self) -> Option<Code> {
        (Code::ALL.into_iter()).find(|code| code.as_str() == self.code)
    }

    /// What it says of the digits. Any doubt is unknown.
    pub fn delivery(&self) -> Delivery {
        [Delivery::NotSent, Delivery::Refused]
            .into_iter()
            .find(|delivery| delivery.as_str() == self.delivery)
            .unwrap_or(Delivery::Unknown)
    }

    /// Whether it says that the same may succeed when it is tried again.
    pub const fn retryable(&self) -> bool {
        self.retryable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Thrown {
        Thrown::read(json)
    }

    #[test]
    fn what_may_pass_is_told_by_status_or_else_by_code() {
        for status in [408, 425, 429, 500, 502, 503, 599] {
            let json = format!(r#"{{"status":{status},"code":"ERR_BAD_REQUEST"}}"#);
            assert!(of(&json).is_transient(), "{status}");
        }
        for status in [400, 401, 403, 404, 409] {
            let json = format!(r#"{{"status":{status},"code":"ECONNRESET"}}"#);
            assert!(!of(&json).is_transient(), "{status}");
        }
        for (code, ..) in FAULTS {
            assert!(
                of(&format!(r#"{{"code":"{code}"}}"#)).is_transient(),
                "{code}"
            );
        }
        for json in [
            "",
            "{}",
            "[]",
            r#"{"code":"CERT_HAS_EXPIRED"}"#,
            r#"{"status":-1}"#,
        ] {
            assert!(!of(json).is_transient(), "{json}");
        }
    }

    #[test]
    fn an_error_of_this_package_speaks_for_itself() {
        let thrown = of(
            r#"{"status":500,"dtmf":{"code":"ERR_DTMF_AUTH","delivery":"not-sent","retryable":false,"message":"m"}}"#,
        );
        assert!(!thrown.is_transient());
        let told = thrown.dtmf.unwrap();
        assert_eq!(
            (told.code(), told.delivery()),
            (Some(Code::Auth), Delivery::NotSent)
        );
        let odd = r#"{"dtmf":{"code":"X","delivery":"accepted","retryable":true,"message":"m"}}"#;
        let told = of(odd).dtmf.unwrap();
        assert_eq!((told.code(), told.delivery()), (None, Delivery::Unknown));
    }

    #[test]
    fn a_wait_is_seconds_a_date_or_milliseconds_and_the_longest_counts() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (json, millis) in [
            (r#"{"retryAfter":"3"}"#, Some(3000)),
            (
                r#"{"retryAfter":"Sun, 06 Nov 1994 08:49:47 GMT"}"#,
                Some(10_000),
            ),
            (
                r#"{"retryAfter":"Sun, 06 Nov 1994 08:49:47 GMT","date":"Sun, 06 Nov 1994 08:49:45 GMT"}"#,
                Some(2000),
            ),
            (r#"{"retryAfterMs":250}"#, Some(250)),
            (r#"{"retryAfter":"1","retryAfterMs":250}"#, Some(1000)),
            (r#"{"retryAfterMs":-1}"#, None),
            (r#"{"retryAfterMs":1e300}"#, None),
            (r#"{"retryAfter":"soon"}"#, None),
        ] {
            assert_eq!(
                of(json).retry_after(now),
                millis.map(Duration::from_millis),
                "{json}"
            );
        }
    }
}
