//! Writes down what came and what was pressed, within a bound.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, Method};

use super::dtmf::Sequence;
use super::record::{Execution, RequestKind, RequestRecord, Statistics};
use super::script::Cut;

/// The head of a request, as the journal takes it.
pub(super) struct Head<'a> {
    pub(super) at_ms: f64,
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) kind: RequestKind,
    pub(super) call_id: Option<&'a str>,
    pub(super) overlapped: bool,
}

/// A request in the form that takes little room.
struct Entry {
    at_ms: f64,
    method: Method,
    path: Box<str>,
    call_id: Option<Box<str>>,
    /// One `name: value` a line. Requests of one client mostly share it.
    headers: Arc<str>,
    kind: RequestKind,
    status: Option<u16>,
    cut: Option<Cut>,
    overlapped: bool,
}

/// Keeps the latest of a numbered series.
struct Ring<T> {
    limit: usize,
    entries: VecDeque<T>,
    dropped: u64,
}

impl<T> Ring<T> {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            entries: VecDeque::new(),
            dropped: 0,
        }
    }

    /// Returns the number of the entry, from 1.
    fn push(&mut self, entry: T) -> u64 {
        if self.entries.len() >= self.limit {
            self.entries.pop_front();
            self.dropped += 1;
        }
        self.entries.push_back(entry);
        self.count()
    }

    /// Counts an entry that a limit of 0 does not keep.
    fn pass(&mut self) -> u64 {
        self.dropped += 1;
        self.dropped
    }

    fn count(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }

    fn get_mut(&mut self, seq: u64) -> Option<&mut T> {
        let index = seq.checked_sub(self.dropped + 1)?;
        self.entries.get_mut(usize::try_from(index).ok()?)
    }

    fn numbered(&self) -> impl Iterator<Item = (u64, &T)> {
        (self.dropped + 1..).zip(&self.entries)
    }
}

/// The bounded record of requests and executions.
pub(super) struct Journal {
    requests: Ring<Entry>,
    executions: Ring<Execution>,
    last_headers: Arc<str>,
    scratch: String,
}

impl Journal {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            requests: Ring::new(limit),
            executions: Ring::new(limit),
            last_headers: Arc::from(""),
            scratch: String::new(),
        }
    }

    /// Writes down a request and returns its number.
    pub(super) fn request(&mut self, head: &Head<'_>) -> u64 {
        if self.requests.limit == 0 {
            return self.requests.pass();
        }
        self.scratch.clear();
        write_headers(&mut self.scratch, head.headers);
        if *self.last_headers != *self.scratch {
            self.last_headers = Arc::from(self.scratch.as_str());
        }
        self.requests.push(Entry {
            at_ms: head.at_ms,
            method: head.method.clone(),
            path: head.path.into(),
            call_id: head.call_id.map(Box::from),
            headers: Arc::clone(&self.last_headers),
            kind: head.kind,
            status: None,
            cut: None,
            overlapped: head.overlapped,
        })
    }

    /// Writes down how a request ended.
    pub(super) fn outcome(&mut self, seq: u64, status: Option<u16>, cut: Option<Cut>) {
        if let Some(entry) = self.requests.get_mut(seq) {
            entry.status = status;
            entry.cut = cut;
        }
    }

    /// Writes down what is pressed into a call.
    pub(super) fn execution(
        &mut self,
        request_seq: u64,
        call_id: &str,
        sequence: Sequence,
        times: (f64, f64),
    ) {
        self.press(request_seq, call_id, sequence, (None, None), times);
    }

    /// Writes down what is pressed into a session.
    pub(super) fn session_execution(
        &mut self,
        request_seq: u64,
        session: &str,
        sequence: Sequence,
        (tone, contact_id): (u64, Option<String>),
        times: (f64, f64),
    ) {
        let in_session = (Some(tone), contact_id);
        self.press(request_seq, session, sequence, in_session, times);
    }

    fn press(
        &mut self,
        request_seq: u64,
        call_id: &str,
        sequence: Sequence,
        (tone_duration, contact_id): (Option<u64>, Option<String>),
        (started_at_ms, ended_at_ms): (f64, f64),
    ) {
        if self.executions.limit == 0 {
            self.executions.pass();
            return;
        }
        let seq = self.executions.count() + 1;
        self.executions.push(Execution {
            seq,
            call_id: call_id.to_owned(),
            digits: sequence.digits,
            dtmf_type: sequence.dtmf_type,
            inter_digit_pause: sequence.inter_digit_pause,
            started_at_ms,
            ended_at_ms,
            request_seq,
            tone_duration,
            contact_id,
            masked: None,
        });
    }

    pub(super) fn requests(&self) -> Vec<RequestRecord> {
        self.requests
            .numbered()
            .map(|(seq, entry)| RequestRecord {
                seq,
                at_ms: entry.at_ms,
                method: entry.method.to_string(),
                path: entry.path.to_string(),
                kind: entry.kind,
                call_id: entry.call_id.as_deref().map(str::to_owned),
                status: entry.status,
                cut: entry.cut,
                headers: read_headers(&entry.headers),
                overlapped: entry.overlapped,
            })
            .collect()
    }

    pub(super) fn executions(&self) -> Vec<Execution> {
        self.executions.entries.iter().cloned().collect()
    }

    pub(super) fn digits(&self, call_id: &str) -> Vec<String> {
        self.executions
            .entries
            .iter()
            .filter(|execution| execution.call_id == call_id)
            .map(|execution| execution.digits.clone())
            .collect()
    }

    /// Fills in what the journal counts.
    pub(super) fn count(&self, statistics: &mut Statistics) {
        statistics.requests = self.requests.count();
        statistics.executions = self.executions.count();
        statistics.journal_dropped = self.requests.dropped + self.executions.dropped;
    }
}

fn write_headers(text: &mut String, headers: &HeaderMap) {
    for (name, value) in headers {
        let value = if *name == AUTHORIZATION {
            let is_bearer = value
                .as_bytes()
                .get(..7)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "));
            Cow::Borrowed(if is_bearer {
                "Bearer [redacted]"
            } else {
                "[redacted]"
            })
        } else if *name == PROXY_AUTHORIZATION || *name == COOKIE {
            Cow::Borrowed("[redacted]")
        } else {
            String::from_utf8_lossy(value.as_bytes())
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name}: {value}");
    }
}

/// Repeated headers are joined as RFC 9110 §5.3 allows.
fn read_headers(text: &str) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
        headers
            .entry(name.to_owned())
            .and_modify(|joined| {
                joined.push_str(", ");
                joined.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn add(journal: &mut Journal, path: &str, headers: &HeaderMap) -> u64 {
        journal.request(&Head {
            at_ms: 0.0,
            method: &Method::POST,
            path,
            headers,
            kind: RequestKind::Other,
            call_id: None,
            overlapped: false,
        })
    }

    #[test]
    fn the_oldest_are_dropped_and_counted_and_numbers_stay() {
        let mut journal = Journal::new(2);
        for path in ["/1", "/2", "/3"] {
            add(&mut journal, path, &HeaderMap::new());
        }
        journal.outcome(1, Some(201), None);
        journal.outcome(3, Some(203), None);
        let kept: Vec<_> = journal
            .requests()
            .into_iter()
            .map(|request| (request.seq, request.path, request.status))
            .collect();
        assert_eq!(
            kept,
            [(2, "/2".to_owned(), None), (3, "/3".to_owned(), Some(203))]
        );
        let mut statistics = Statistics::default();
        journal.count(&mut statistics);
        assert_eq!((statistics.requests, statistics.journal_dropped), (3, 1));
    }

    #[test]
    fn credentials_are_replaced_and_repeated_headers_joined() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("bearer t0ken"));
        headers.append("x-a", HeaderValue::from_static("1"));
        headers.append("x-a", HeaderValue::from_static("2"));
        let mut journal = Journal::new(9);
        add(&mut journal, "/", &headers);
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic c2VjcmV0"));
        headers.insert(COOKIE, HeaderValue::from_static("s3ssion"));
        add(&mut journal, "/", &headers);
        let requests = journal.requests();
        assert_eq!(requests[0].headers["authorization"], "Bearer [redacted]");
        assert_eq!(requests[0].headers["x-a"], "1, 2");
        assert_eq!(requests[1].headers["authorization"], "[redacted]");
        assert_eq!(requests[1].headers["cookie"], "[redacted]");
    }

    #[test]
    fn debug_shows_no_digit() {
        let mut journal = Journal::new(9);
        let sequence = Sequence::read_anything(br#"{"dtmf":"98765"}"#).unwrap();
        journal.execution(1, "c", sequence, (0.0, 0.0));
        assert_eq!(journal.digits("c"), ["98765"]);
        assert!(!format!("{:?}", journal.executions()).contains("98765"));
    }
}
