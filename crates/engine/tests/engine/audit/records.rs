//! Records to write, logs of them, and their verification.

use std::io::{self, BufRead, Cursor};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cxone_dtmf_engine::audit::Anchor;
use cxone_dtmf_engine::audit::Log;
use cxone_dtmf_engine::audit::Seal;
use cxone_dtmf_engine::audit::verify::{Others, Progress, Report, Source, Unverifiable, verify};
use cxone_dtmf_engine::audit::{Intent, Key, Notice, Options};
use cxone_dtmf_engine::audit::{Record, Stamp};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::outcome::{Accepted, Outcome, ShownBody};
use uuid::Uuid;

use super::disk::{MemoryDisk, OnDisk};

pub fn key() -> Key {
    Key::new(b"a key of the tests, not secret".to_vec()).unwrap()
}

/// A log in a directory, with a key.
pub fn options() -> Options {
    Options {
        key: Some(key()),
        host: "host".into(),
        ..Options::at("/audit")
    }
}

pub fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

/// So many seconds after the start.
pub fn at(seconds: u64) -> Stamp {
    let elapsed = Duration::from_secs(seconds);
    Stamp {
        time: start() + elapsed,
        elapsed,
    }
}

pub fn open(disk: &MemoryDisk, options: Options) -> Log {
    Log::new(options, Arc::new(disk.clone()))
}

pub fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(number))
}

pub fn intent(number: u64) -> Intent {
    Intent {
        injection_id: id(number),
        origin: "https://api.example.com".into(),
        call: format!("call-{number}").into(),
        attempt: 1,
        digits: 6,
        fence: None,
        remaining: Duration::from_secs(15),
    }
}

pub fn outcome(number: u64, result: Result<Accepted, Error>) -> Arc<Outcome> {
    Arc::new(Outcome {
        id: number,
        injection_id: id(number),
        call: Some(format!("call-{number}").into()),
        correlation_id: None,
        asked: None,
        timestamp: start(),
        queued: Duration::ZERO,
        latency: Duration::from_millis(12),
        attempt: None,
        attempts: 1,
        fence: None,
        playout: None,
        unmasking: false,
        logged: None,
        result,
    })
}

pub fn accepted() -> Result<Accepted, Error> {
    Ok(Accepted {
        status: 204,
        body: String::new(),
        shown: ShownBody::Nothing,
        body_error: None,
    })
}

pub fn unknown() -> Result<Accepted, Error> {
    let mut error = Error::not_sent(Code::OutcomeUnknown, "nobody knows");
    error.delivery = Delivery::Unknown;
    Err(error)
}

/// An intent and its outcome.
pub fn pair(number: u64) -> [Record; 2] {
    [
        Record::Intent(intent(number)),
        Record::Outcome(outcome(number, accepted())),
    ]
}

/// A file in memory.
#[derive(Clone)]
pub struct Text(pub String, pub Vec<u8>);

impl Source for Text {
    fn name(&self) -> &str {
        &self.0
    }

    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        Ok(Box::new(Cursor::new(self.1.clone())))
    }
}

pub fn check(
    files: &[Text],
    key: Option<&Key>,
    anchors: &[Anchor],
) -> Result<Report, Unverifiable> {
    let boxed = |file: &Text| Box::new(file.clone()) as Box<dyn Source>;
    let sources = files.iter().map(boxed).collect();
    let keys: Vec<Seal> = key.map(|key| Seal::new(Some(key))).into_iter().collect();
    verify(
        sources,
        &keys,
        anchors,
        Others::Refuse,
        &Progress::default(),
    )
}

/// Verifies all files of a log on a disk.
pub fn check_disk(disk: &MemoryDisk, anchors: &[Anchor]) -> Report {
    check_logs(disk.logs(), anchors)
}

/// Verifies files as they were when they were asked for.
pub fn check_logs(files: Vec<OnDisk>, anchors: &[Anchor]) -> Report {
    let boxed = |file| Box::new(file) as Box<dyn Source>;
    let sources = files.into_iter().map(boxed).collect();
    let keys = [Seal::new(Some(&key()))];
    verify(
        sources,
        &keys,
        anchors,
        Others::Refuse,
        &Progress::default(),
    )
    .unwrap()
}

pub fn anchors(notices: Vec<Notice>) -> Vec<Anchor> {
    let anchor = |notice| match notice {
        Notice::Anchor(anchor) => Some(anchor),
        _ => None,
    };
    notices.into_iter().filter_map(anchor).collect()
}
