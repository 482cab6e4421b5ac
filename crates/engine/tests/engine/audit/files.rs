//! Real files on a real disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cxone_dtmf_engine::audit::Seal;
use cxone_dtmf_engine::audit::verify::{FileSource, Others, Progress, Report, Verdict, verify};
use cxone_dtmf_engine::audit::{AuditLog, AuditSink, Key, Notice, Observer, Options};
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
        let sources = FileSource::all(&self.0).unwrap();
        let keys = [Seal::new(Some(&key()))];
        verify(sources, &keys, &[], Others::Refuse, &Progress::default()).unwrap()
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
        ..Options::at(path)
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
async fn a_log_that_was_closed_is_opened_again_in_another_file() {
    let _clock = still();
    let folder = Folder::new();
    for number in 0..5 {
        let log = AuditLog::open(in_directory(&folder.0), Arc::new(Deaf)).unwrap();
        one(&log, number).await;
        log.close().await;
    }
    let report = folder.check();
    assert_eq!((report.files.len(), report.verdict()), (5, Verdict::Intact));
    assert!(report.files.iter().all(|file| file.closed && !file.written));
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn only_the_owner_reads_it_and_others_see_that_it_is_written() {
    use std::os::unix::fs::MetadataExt;
    let _clock = still();
    let folder = Folder::new();
    let log = AuditLog::open(in_directory(&folder.0), Arc::new(Deaf)).unwrap();
    one(&log, 1).await;
    let [file] = &folder.files()[..] else {
        panic!("{:?}", folder.files())
    };
    assert_eq!(fs::metadata(file).unwrap().mode() & 0o777, 0o600);
    log.intent(intent(2)).await.unwrap();
    let report = folder.check();
    assert!(report.files[0].written);
    // What is under way is not in doubt.
    assert_eq!((report.verdict(), report.under_way), (Verdict::Intact, 1));
    log.close().await;
    let report = folder.check();
    assert!(!report.files[0].written);
    assert_eq!(report.verdict(), Verdict::InDoubt);
}

/// What lies in a folder is neither read nor touched, whatever it is, and what is no file is not opened by a verification either.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn what_is_found_there_is_left_alone() {
    use std::os::unix::fs::symlink;
    let _clock = still();
    let folder = Folder::new();
    let log = AuditLog::open(in_directory(&folder.0), Arc::new(Deaf)).unwrap();
    one(&log, 1).await;
    log.close().await;
    let name = |end: &str| folder.0.join(format!("audit-{}{end}", Uuid::now_v7()));
    let found = [
        (name(".jsonl"), fs::read(&folder.files()[0]).unwrap()),
        (name(".jsonl"), b"{\"v\":1,\"se".to_vec()),
        (name(".18446744073709551615.jsonl"), Vec::new()),
    ];
    for (path, bytes) in &found {
        fs::write(path, bytes).unwrap();
    }
    let (pipe, link) = (name(".jsonl"), name(".jsonl"));
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    symlink("/dev/zero", &link).unwrap();
    let log = AuditLog::open(in_directory(&folder.0), Arc::new(Deaf)).unwrap();
    one(&log, 2).await;
    log.close().await;
    for (path, bytes) in &found {
        assert_eq!(&fs::read(path).unwrap(), bytes);
    }
    let damages: Vec<_> = folder
        .check()
        .findings
        .into_iter()
        .map(|one| one.damage.as_str())
        .collect();
    assert_eq!(damages, ["twice"]);
    for path in [&pipe, &link] {
        let sources = FileSource::all(path).unwrap();
        let refused = verify(sources, &[], &[], Others::Refuse, &Progress::default());
        assert!(refused.is_err(), "{}", path.display());
    }
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_file_that_is_removed_is_noticed() {
    let _clock = still();
    let folder = Folder::new();
    let log = AuditLog::open(in_directory(&folder.0), Arc::new(Deaf)).unwrap();
    one(&log, 1).await;
    fs::remove_file(&folder.files()[0]).unwrap();
    one(&log, 2).await;
    log.close().await;
    let report = folder.check();
    assert_eq!((report.verdict(), report.lost), (Verdict::Gap, 3));
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_is_not_there_is_named_as_the_cause() {
    let _clock = still();
    let folder = Folder::new();
    let options = in_directory(&folder.0.join("nowhere"));
    let log = AuditLog::open(options, Arc::new(Deaf)).unwrap();
    let error = log.intent(intent(1)).await.unwrap_err();
    let remedy = "its folder does not exist: make it first";
    assert!(error.message.ends_with(remedy));
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
    // The last bytes may still take shorter records.
    let mut ended = 0;
    while log.outcome(outcome(ended, accepted())).await {
        ended += 1;
    }
    assert!(mount(&["-o", "remount,size=1m", "tmpfs"]));
    for number in ended..number {
        assert!(log.outcome(outcome(number, accepted())).await);
    }
    log.close().await;
    let report = folder.check();
    // The intent was refused, so it is not missed.
    assert_eq!((report.verdict(), report.lost), (Verdict::Gap, 1));
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
