//! What a test reads: requests, executions and counters.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::script::Cut;

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// `POST` to the token endpoint.
    Token,
    /// `POST` to the DTMF resource of a call or of a session.
    Dtmf,
    /// `POST` that masks a recording or unmasks it.
    Mask,
    /// `GET` of the next event of a session.
    Events,
    /// Starts, joins or ends an agent session, or calls the agent's telephone.
    Session,
    /// Moves a contact, or signals its script.
    Contact,
    /// Who the token is for, and the business unit.
    Account,
    /// `GET` of a well-known configuration, or of the keys of id tokens.
    Discovery,
    /// Any other; it was answered 404 or 405.
    Other,
}

/// One request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    /// Counts the requests, from 1.
    pub seq: u64,
    /// When its head was read, in milliseconds since the start.
    pub at_ms: f64,
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// What it was for.
    pub kind: RequestKind,
    /// The decoded id of the call or contact, and the first id of the session, whichever of its ids was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// The status it was answered with. `None` while in work, when cut, and when the client left first.
    pub status: Option<u16>,
    /// The cut it met.
    pub cut: Option<Cut>,
    /// The headers, names in lower case. Credentials are replaced by `[redacted]`; the scheme `Bearer` stays.
    pub headers: BTreeMap<String, String>,
    /// Whether it came while another request of its call was in flight, or while tones were playing in it.
    pub overlapped: bool,
}

/// One sequence that was pressed. `Debug` does not show the digits.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// Counts the executions, from 1.
    pub seq: u64,
    /// The call, or the first id of the session.
    pub call_id: String,
    /// The digits, in clear: a test asks for them.
    pub digits: String,
    /// RFC2833, SIPINFO or INBAND; whatever was sent when a script skipped the checks.
    pub dtmf_type: Cow<'static, str>,
    /// The pause between digits, in milliseconds.
    pub inter_digit_pause: u64,
    /// When the first tone began, in milliseconds since the start.
    pub started_at_ms: f64,
    /// When the last tone ends; later than now while it plays.
    pub ended_at_ms: f64,
    /// The `seq` of the request that pressed it.
    pub request_seq: u64,
    /// How long a tone sounds, in milliseconds, in a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone_duration: Option<u64>,
    /// The contact that heard it, in a session that had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// Whether the recording of the contact was masked when the first tone began and stayed so to the end of the last,
    /// as far as is known by now. `None` without a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked: Option<bool>,
}

/// A recording was masked or unmasked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MaskChange {
    /// The contact.
    pub contact_id: String,
    /// Whether its recording is masked from now on.
    pub masked: bool,
    /// When, in milliseconds since the start.
    pub at_ms: f64,
    /// The `seq` of the request that did it. `None` where the test did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_seq: Option<u64>,
}

/// A script was signalled.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signal {
    /// The contact whose script it is.
    pub contact_id: String,
    /// `p1` to `p9`, as far as they were given.
    pub parameters: BTreeMap<String, String>,
    /// When, in milliseconds since the start.
    pub at_ms: f64,
}

impl fmt::Debug for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution")
            .field("seq", &self.seq)
            .field("call_id", &self.call_id)
            .field("digits", &format_args!("[redacted]"))
            .field("request_seq", &self.request_seq)
            .finish_non_exhaustive()
    }
}

/// Counters since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// All requests, those for tokens and to wrong addresses too.
    pub requests: u64,
    /// Requests for tokens.
    pub token_requests: u64,
    /// Sequences that were pressed.
    pub executions: u64,
    /// DTMF requests that came while another of their call was in flight or playing.
    pub overlaps: u64,
    /// Requests to mask or unmask a recording.
    pub mask_requests: u64,
    /// Requests for the next event of a session.
    pub event_polls: u64,
    /// Requests for a well-known configuration.
    pub discovery_requests: u64,
    /// DTMF requests in work now. One that was cut or silenced is not.
    pub in_flight: u64,
    /// The most that were in work at once.
    pub max_in_flight: u64,
    /// The most that were in work at once for one call.
    pub max_in_flight_per_call: u64,
    /// Requests and executions that the journal dropped to stay within its limit.
    pub journal_dropped: u64,
}
