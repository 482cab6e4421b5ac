//! Real files on a real disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cxone_dtmf_engine::audit::Seal;
use cxone_dtmf_engine::audit::verify::{FileSource, Progress, Report, Source, Verdict, verify};
use cxone_dtmf_engine::audit::{AuditLog, AuditSink, Key, Location, Notice, Observer, Options};
use cxone_dtmf_engine::error::Code;
use uuid::Uuid;

use super::clock::still;
use super::records::{accepted, intent, key, outcome};

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("cxone-dtmf-{}", Uuid::now_v7()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }

    pub fn check(&self) -> Report {
        let logs = self.files().into_iter();
        let sources: Vec<FileSource> = logs
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .map(|path| FileSource(path.to_str().unwrap().to_owned()))
            .collect();
        let sources: Vec<&dyn Source> = sources.iter().map(|file| file as &dyn Source).collect();
        verify(
            &sources,
            &[Seal::new(Some(&key()))],
            &[],
            &Progress::default(),
        )
        .unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Deaf;

impl Observer for Deaf {
    fn notice(&self, _: &Notice) {}
}

pub fn in_directory(path: &Path) -> Options {
    Options {
        key: Some(key()),
        ..Options::at(Location::Directory(path.to_owned()))
    }
}

pub fn in_file(path: &Path) -> Options {
    Options {
        key: Some(key()),
        ..Options::at(Location::File(path.join("audit.jsonl")))
    }
}

async fn one(log: &AuditLog, number: u64) {
    log.intent(intent(number)).await.unwrap();
    assert!(log.outcome(outcome(number, accepted())).await);
}

#[tokio::test(start_paused = true)]
async fn all_injectors_of_a_process_write_one_chain() {
    let _clock = still();
    let folder = Folder::new();
    let logs: Vec<AuditLog> = (0..3)
        .map(|_| AuditLog::open(in_directory(&folder.0), Arc::new(Deaf)).unwrap())
        .collect();
    for (log, number) in logs.iter().zip(0..) {
        one(log, number).await;
    }
    for log in &logs {
        assert!(!folder.check().files[0].closed);
        log.close().await;
    }
    let report = folder.check();
    assert_eq!((report.files.len(), report.records()), (1, 8));
    assert!(report.files[0].closed);
    assert_eq!(report.verdict(), Verdict::Intact);
}

#[tokio::test(start_paused = true)]
async fn the_same_place_with_other_settings_is_refused() {
    let _clock = still();
    let folder = Folder::new();
    let log = AuditLog::open(in_directory(&folder.0), Arc::new(Deaf)).unwrap();
    let other = Options {
        key: Some(Key::new(vec![8; 32]).unwrap()),
        ..in_directory(&folder.0)
    };
    let error = AuditLog::open(other.clone(), Arc::new(Deaf)).err().unwrap();
    assert_eq!(error.code, Code::Invalid);
    assert!(error.message.contains("other settings"));
    log.close().await;
    assert!(AuditLog::open(other, Arc::new(Deaf)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_closed_is_opened_again() {
    let _clock = still();
    let folder = Folder::new();
    for number in 0..5 {
        let log = AuditLog::open(in_file(&folder.0), Arc::new(Deaf)).unwrap();
        one(&log, number).await;
        // One waits for it, the next does not.
        if number % 2 == 0 {
            log.close().await;
        }
    }
    let log = AuditLog::open(in_file(&folder.0), Arc::new(Deaf)).unwrap();
    one(&log, 9).await;
    log.close().await;
    let report = folder.check();
    assert_eq!((report.files.len(), report.verdict()), (1, Verdict::Intact));
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn only_the_owner_reads_it_and_links_are_refused() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let _clock = still();
    let folder = Folder::new();
    let log = AuditLog::open(in_file(&folder.0), Arc::new(Deaf)).unwrap();
    one(&log, 1).await;
    log.close().await;
    let file = folder.0.join("audit.jsonl");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let elsewhere = Folder::new();
    fs::rename(&file, elsewhere.0.join("log")).unwrap();
    symlink(elsewhere.0.join("log"), &file).unwrap();
    let log = AuditLog::open(in_file(&folder.0), Arc::new(Deaf)).unwrap();
    let error = log.intent(intent(2)).await.unwrap_err();
    assert!(error.message.contains("it is a link"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_is_not_there_is_named_as_the_cause() {
    let _clock = still();
    let folder = Folder::new();
    let nowhere = folder.0.join("nowhere");
    for options in [in_directory(&nowhere), in_file(&nowhere)] {
        let log = AuditLog::open(options, Arc::new(Deaf)).unwrap();
        let error = log.intent(intent(1)).await.unwrap_err();
        assert!(
            error
                .message
                .ends_with("its folder does not exist: make it first")
        );
    }
}

/// Another process: this test program, told to hold a log until its input ends.
#[tokio::test(start_paused = true)]
async fn a_second_process_on_the_same_file_is_told() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let _clock = still();
    let folder = Folder::new();
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "audit::kill::child", "--ignored", "--nocapture"])
        .env("AUDIT_CHILD", in_file(&folder.0).location.folder())
        .env("AUDIT_PLACE", "file")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Kept to the end: the other process goes when nobody listens.
    let mut output = BufReader::new(other.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("ack ") {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0);
    }
    let log = AuditLog::open(in_file(&folder.0), Arc::new(Deaf)).unwrap();
    let error = log.intent(intent(1)).await.unwrap_err();
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(
        error.message.ends_with(
            "another process writes to it: give each process a file of its own, or use a directory"
        ),
        "{error}"
    );
}

/// A file system of a few pages, which only root may make.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_disk_that_is_really_full_refuses_and_then_goes_on() {
    let _clock = still();
    let folder = Folder::new();
    let mount = |args: &[&str]| {
        let done = Command::new("mount").args(args).arg(&folder.0).output();
        done.is_ok_and(|done| done.status.success())
    };
    if !mount(&["-t", "tmpfs", "-o", "size=64k", "tmpfs"]) {
        eprintln!("SKIPPED: mounting a small file system needs root");
        return;
    }
    let _unmount = Unmount(&folder.0);
    let log = AuditLog::open(in_directory(&folder.0), Arc::new(Deaf)).unwrap();
    let mut number = 0;
    let error = loop {
        match log.intent(intent(number)).await {
            Ok(()) => number += 1,
            Err(error) => break error,
        }
    };
    assert!(number > 20, "{number}");
    assert!(error.message.contains("the disk is full"), "{error}");
    assert!(!log.outcome(outcome(0, accepted())).await);
    assert!(mount(&["-o", "remount,size=1m", "tmpfs"]));
    for number in 0..number {
        assert!(log.outcome(outcome(number, accepted())).await);
    }
    log.close().await;
    let report = folder.check();
    assert_eq!((report.verdict(), report.lost), (Verdict::Intact, 2));
    assert_eq!(report.files.len(), 1);
}

#[cfg(target_os = "linux")]
struct Unmount<'a>(&'a Path);

#[cfg(target_os = "linux")]
impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}
