//! The verification of an audit log, on a thread of its own.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::thread;

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use serde_json::{Value, json};

use super::audit_upkeep;
use super::lane::NativeLane;
use cxone_dtmf_engine::audit::Anchor;
use cxone_dtmf_engine::audit::Key;
use cxone_dtmf_engine::audit::Seal;
use cxone_dtmf_engine::audit::verify::{
    FileSource, Finding, Gap, InDoubt, Others, Progress, Report, Unverifiable, verify,
};
use cxone_dtmf_engine::error::Error;

/// One verification, or other work on a log, and how far it is.
#[napi]
pub struct NativeAuditCheck(Arc<Progress>);

#[napi]
impl NativeAuditCheck {
    /// Begins; the promise `id` is settled with the report. `paths` are files, and folders of logs; `anchors` is the text of
    /// the file that keeps them. `trusts` reads files with a key that is not given too, without a check.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        lane: &NativeLane,
        id: f64,
        paths: Vec<String>,
        keys: Vec<Uint8Array>,
        anchors: String,
        trusts: bool,
    ) -> Self {
        let keys = copied(&keys);
        Self::begin(lane, id, move |progress| {
            run(paths, &keys?, &anchors, trusts, progress)
        })
    }

    /// Begins to remove the files of a folder whose last record is older than `before`; the promise `id` is settled with what
    /// was removed.
    #[napi(factory, catch_unwind)]
    pub fn prune(
        lane: &NativeLane,
        id: f64,
        directory: String,
        keys: Vec<Uint8Array>,
        before: String,
        host: String,
    ) -> Self {
        let keys = copied(&keys);
        Self::begin(lane, id, move |progress| {
            audit_upkeep::prune(&directory, &keys?, &before, &host, progress)
        })
    }

    /// Begins to write down that files with a key of `next` will follow those with one of `keys`; the promise `id` is settled
    /// when it is done.
    #[napi(factory, catch_unwind)]
    pub fn rekey(
        lane: &NativeLane,
        id: f64,
        directory: String,
        keys: Vec<Uint8Array>,
        next: Vec<Uint8Array>,
        host: String,
    ) -> Self {
        let (keys, next) = (copied(&keys), copied(&next));
        Self::begin(lane, id, move |_| {
            audit_upkeep::rekey(&directory, &keys?, &next?, &host)
        })
    }

    /// Bytes that were read so far.
    #[napi(catch_unwind)]
    pub fn bytes(&self) -> f64 {
        self.0.bytes() as f64
    }

    /// Ends it; the promise fails.
    #[napi(catch_unwind)]
    pub fn give_up(&self) {
        self.0.give_up();
    }
}

impl NativeAuditCheck {
    fn begin(
        lane: &NativeLane,
        id: f64,
        work: impl FnOnce(&Progress) -> Result<Value, Error> + Send + 'static,
    ) -> Self {
        let progress = Arc::new(Progress::default());
        let (outbox, seen) = (lane.outbox(), Arc::clone(&progress));
        let begun = thread::Builder::new()
            .name("cxone-dtmf-check".to_owned())
            .spawn(move || outbox.settle(id, work(&seen).map(Some)));
        if begun.is_err() {
            let error = Error::invalid("no thread can be started");
            lane.outbox().settle(id, Err(error));
        }
        Self(progress)
    }
}

/// Each copy is wiped with its key.
fn copied(keys: &[Uint8Array]) -> Result<Vec<Key>, Error> {
    keys.iter().map(|key| Key::new(key.to_vec())).collect()
}

fn run(
    paths: Vec<String>,
    keys: &[Key],
    anchors: &str,
    trusts: bool,
    progress: &Progress,
) -> Result<Value, Error> {
    let anchors = Anchor::read_all(anchors).map_err(|line| {
        Error::invalid(format!(
            "the anchors cannot be read: line {line} is not as it should be"
        ))
    })?;
    let keys: Vec<Seal> = keys.iter().map(|key| Seal::new(Some(key))).collect();
    let mut files = Vec::new();
    for path in paths {
        let found = FileSource::all(&path);
        files.extend(found.map_err(|error| unreadable(&path, &error))?);
    }
    let others = if trusts {
        Others::Trust
    } else {
        Others::Refuse
    };
    let report = verify(files, &keys, &anchors, others, progress);
    report
        .map(|report| plain(&report))
        .map_err(|why| unverifiable(&why, !keys.is_empty()))
}

/// Why nothing can be said of a log, and what to do.
pub fn unverifiable(why: &Unverifiable, has_key: bool) -> Error {
    match why {
        Unverifiable::Io { file, error } => unreadable(file, error),
        Unverifiable::Key { file } => Error::invalid(if has_key {
            format!("{file} is sealed with another key than the one of --key-file")
        } else {
            format!("{file} is sealed with a key: give its file with --key-file")
        }),
    }
}

fn unreadable(file: &str, error: &io::Error) -> Error {
    Error::invalid(match error.kind() {
        ErrorKind::NotFound => format!("there is no file {file}"),
        ErrorKind::InvalidInput => format!("{file} cannot be read: it is no regular file"),
        kind => format!("{file} cannot be read: {kind}"),
    })
}

fn plain(report: &Report) -> Value {
    let files: Vec<Value> = report
        .files
        .iter()
        .map(|file| {
            json!({
                "file": file.file,
                "chain": file.chain,
                "first": file.first,
                "records": file.records,
                "closed": file.closed,
                "written": file.written,
                "next": file.next,
                "torn": file.torn,
                "checked": file.checked,
            })
        })
        .collect();
    let verdict = report.verdict();
    json!({
        "verdict": verdict.as_str(),
        "exitCode": verdict as u8,
        "records": report.records(),
        "files": files,
        "damages": report.damages,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "inDoubt": report.in_doubt.iter().map(in_doubt).collect::<Vec<_>>(),
        "unknown": report.unknown.iter().map(in_doubt).collect::<Vec<_>>(),
        "moreInDoubt": report.more_in_doubt,
        "underWay": report.under_way,
        "gaps": report.gaps.iter().map(gap).collect::<Vec<_>>(),
        "lost": report.lost,
        "anchors": report.anchors,
        "prunedAnchors": report.pruned_anchors,
        "forgotten": report.forgotten,
        "uncheckedAnchors": report.unchecked_anchors,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "file": finding.file,
        "line": finding.line,
        "byte": finding.byte,
        "damage": finding.damage.as_str(),
        "message": finding.damage.to_string(),
    })
}

fn gap(gap: &Gap) -> Value {
    let (first, last) = gap.ids.unzip();
    json!({ "file": gap.file, "line": gap.line, "lost": gap.lost, "first": first, "last": last })
}

/// An injection in doubt, as JavaScript shows it.
pub fn in_doubt(injection: &InDoubt) -> Value {
    json!({
        "injectionId": injection.injection_id,
        "callId": injection.call,
        "origin": injection.origin,
        "timestamp": injection.time,
        "attempt": injection.attempt,
    })
}
