//! What the platform can do with one request.

use std::time::Duration;

use cxone_dtmf_engine::http::FaultKind;

use super::seen::Seen;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Press,
    Mask,
    Unmask,
    /// A contact is brought into focus.
    Activate,
    NextEvent,
}

/// What the platform does with one request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Takes the request, executes it or not, answers after a while.
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: &'static str,
        execute: bool,
        after: Duration,
    },
    /// Ends before the connection took the body.
    Unsent(FaultKind),
    /// Ends after it took the body, executed or not.
    Lost { execute: bool, after: Duration },
    /// Takes the request and never answers.
    Silence { execute: bool },
}

const OK: &str = r#"{"ok":true}"#;

impl Act {
    /// What is done with a request that nobody has planned anything for.
    pub(super) fn usual(seen: &Seen) -> Self {
        match seen.kind {
            Kind::NextEvent => Self::slow(304, seen.wait),
            Kind::Press | Kind::Mask | Kind::Unmask | Kind::Activate => Self::status(202),
        }
    }

    /// Events of a session.
    pub fn events(body: &'static str, after: Duration) -> Self {
        Self::Answer {
            status: 200,
            headers: Vec::new(),
            body,
            execute: false,
            after,
        }
    }

    pub fn status(status: u16) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: OK,
            execute: (200..300).contains(&status),
            after: Duration::from_millis(5),
        }
    }

    pub fn retry_after(status: u16, seconds: &str) -> Self {
        Self::Answer {
            status,
            headers: vec![("retry-after", seconds.to_owned())],
            body: OK,
            execute: false,
            after: Duration::from_millis(5),
        }
    }

    pub fn slow(status: u16, after: Duration) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: OK,
            execute: (200..300).contains(&status),
            after,
        }
    }
}
