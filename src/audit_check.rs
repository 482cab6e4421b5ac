//! The verification of an audit log, on a thread of its own.

use std::io::ErrorKind;
use std::sync::Arc;
use std::thread;

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use serde_json::{Value, json};

use super::lane::NativeLane;
use cxone_dtmf_engine::audit::Anchor;
use cxone_dtmf_engine::audit::Key;
use cxone_dtmf_engine::audit::Seal;
use cxone_dtmf_engine::audit::verify::{
    FileSource, Finding, InDoubt, Progress, Report, Source, Unverifiable, verify,
};
use cxone_dtmf_engine::error::Error;

/// One verification, and how far it is.
#[napi]
pub struct NativeAuditCheck(Arc<Progress>);

#[napi]
impl NativeAuditCheck {
    /// Begins; the promise `id` is settled with the report. `anchors` is the text of the file that keeps them.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        lane: &NativeLane,
        id: f64,
        files: Vec<String>,
        keys: Vec<Uint8Array>,
        anchors: String,
    ) -> Self {
        let progress = Arc::new(Progress::default());
        let keys: Vec<Vec<u8>> = keys.iter().map(|key| key.to_vec()).collect();
        let (outbox, seen) = (lane.outbox(), Arc::clone(&progress));
        let check = move || {
            let report = run(files, keys, &anchors, &seen);
            outbox.settle(id, report.map(Some));
        };
        let outbox = lane.outbox();
        if thread::Builder::new()
            .name("cxone-dtmf-check".to_owned())
            .spawn(check)
            .is_err()
        {
            outbox.settle(id, Err(Error::invalid("no thread can be started")));
        }
        Self(progress)
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

fn run(
    files: Vec<String>,
    keys: Vec<Vec<u8>>,
    anchors: &str,
    progress: &Progress,
) -> Result<Value, Error> {
    let anchors = Anchor::read_all(anchors).map_err(|line| {
        Error::invalid(format!(
            "the anchors cannot be read: line {line} is not as it should be"
        ))
    })?;
    let keys = keys
        .into_iter()
        .map(|bytes| Key::new(bytes).map(|key| Seal::new(Some(&key))))
        .collect::<Result<Vec<_>, _>>()?;
    let files: Vec<FileSource> = files.into_iter().map(FileSource).collect();
    let sources: Vec<&dyn Source> = files.iter().map(|file| file as &dyn Source).collect();
    match verify(&sources, &keys, &anchors, progress) {
        Ok(report) => Ok(plain(&report)),
        Err(Unverifiable::Io { file, error }) => Err(Error::invalid(match error.kind() {
            ErrorKind::NotFound => format!("there is no file {file}"),
            kind => format!("{file} cannot be read: {kind}"),
        })),
        Err(Unverifiable::Key { file }) if keys.is_empty() => Err(Error::invalid(format!(
            "{file} is sealed with a key: give its file with --key-file"
        ))),
        Err(Unverifiable::Key { file }) => Err(Error::invalid(format!(
            "{file} is sealed with another key than the one of --key-file"
        ))),
    }
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
                "torn": file.torn,
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
        "lost": report.lost,
        "anchors": report.anchors,
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

fn in_doubt(injection: &InDoubt) -> Value {
    json!({
        "injectionId": injection.injection_id,
        "callId": injection.call,
        "origin": injection.origin,
        "timestamp": injection.time,
        "attempt": injection.attempt,
    })
}
