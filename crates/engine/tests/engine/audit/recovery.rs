//! A process finds what others left.

use cxone_dtmf_engine::audit::Record;
use cxone_dtmf_engine::audit::verify::Verdict;
use cxone_dtmf_engine::audit::{Key, Location, Notice, Options, Rotation};

use super::disk::MemoryDisk;
use super::records::{
    at, check, check_disk, id, intent, key, open, options, outcome, pair, unknown,
};

/// A process that wrote some pairs and was killed.
fn killed(disk: &MemoryDisk, options: &Options, seconds: u64) -> String {
    let before = disk.names();
    let mut log = open(disk, options.clone(), seconds);
    for number in 0..3 {
        log.commit(&pair(seconds + number), at(seconds)).unwrap();
    }
    drop(log);
    disk.kill();
    let new = disk.names().into_iter().find(|name| !before.contains(name));
    new.unwrap_or_else(|| before[0].clone())
}

fn next_process(disk: &MemoryDisk, options: &Options, seconds: u64) -> Vec<Notice> {
    let mut log = open(disk, options.clone(), seconds);
    log.commit(&pair(seconds), at(seconds)).unwrap();
    let mut notices = log.take_notices();
    log.close(at(seconds + 1));
    notices.retain(|notice| !matches!(notice, Notice::Anchor(_)));
    notices
}

fn in_a_file() -> Options {
    Options {
        location: Location::File("/audit/audit.jsonl".into()),
        ..options()
    }
}

#[test]
fn a_torn_line_is_put_aside_and_written_down() {
    for options in [options(), in_a_file()] {
        let disk = MemoryDisk::default();
        let name = killed(&disk, &options, 0);
        let whole = disk.bytes(&name);
        let torn = br#"{"v":1,"seq":7,"t":"20"#;
        disk.put(&name, [&whole[..], torn].concat());
        let report = check_disk(&disk, &[]);
        assert_eq!(
            (report.verdict(), report.files[0].torn),
            (Verdict::Torn, Some(8))
        );
        let notices = next_process(&disk, &options, 100);
        let (file, bytes) = (name.clone(), torn.len() as u64);
        assert_eq!(notices, [Notice::Recovered { file, bytes }]);
        assert_eq!(disk.bytes(&format!("{name}.torn")), torn);
        let mended = String::from_utf8(disk.bytes(&name)).unwrap();
        assert!(mended.as_bytes().starts_with(&whole));
        assert!(mended.contains(r#""ev":"recovered","bytes":22,"sha256":""#));
        let report = check_disk(&disk, &[]);
        assert_eq!(report.verdict(), Verdict::Intact);
        assert!(report.files.iter().all(|file| file.closed));
    }
}

#[test]
fn blocks_that_never_reached_the_disk_are_torn_too() {
    let disk = MemoryDisk::default();
    let name = killed(&disk, &options(), 0);
    disk.put(&name, [disk.bytes(&name), vec![0; 5_000]].concat());
    next_process(&disk, &options(), 100);
    assert_eq!(disk.bytes(&format!("{name}.torn")).len(), 5_000);
    assert_eq!(check_disk(&disk, &[]).verdict(), Verdict::Intact);
}

#[test]
fn what_was_altered_is_left_as_it_is() {
    for options in [options(), in_a_file()] {
        let disk = MemoryDisk::default();
        let name = killed(&disk, &options, 0);
        let mut altered = disk.bytes(&name);
        let place = altered.iter().position(|byte| *byte == b'\n').unwrap() + 60;
        altered[place] ^= 1;
        disk.put(&name, altered.clone());
        let notices = next_process(&disk, &options, 100);
        assert_eq!(notices, [Notice::Altered { file: name.clone() }]);
        assert_eq!(disk.bytes(&name), altered);
        assert_eq!(disk.logs().len(), 2);
        let report = check_disk(&disk, &[]);
        assert_eq!(report.verdict(), Verdict::Tampered);
        assert_eq!(report.damages, 1);
    }
}

#[test]
fn a_log_with_another_key_is_left_as_it_is() {
    let other = Key::new(vec![3; 16]).unwrap();
    for before in [Some(other), None] {
        for options in [options(), in_a_file()] {
            let disk = MemoryDisk::default();
            let former = Options {
                key: before.clone(),
                ..options.clone()
            };
            let name = killed(&disk, &former, 0);
            let bytes = disk.bytes(&name);
            assert_eq!(next_process(&disk, &options, 100), []);
            assert_eq!(disk.bytes(&name), bytes);
            let mut files = disk.logs();
            assert_eq!(files.len(), 2);
            files.retain(|file| file.0 != name);
            let report = check(&files, Some(&key()), &[]).unwrap();
            assert_eq!(report.verdict(), Verdict::Intact);
        }
    }
}

#[test]
fn a_log_that_another_process_writes_is_left_to_it() {
    let disk = MemoryDisk::default();
    let mut first = open(&disk, options(), 0);
    first.commit(&pair(0), at(0)).unwrap();
    assert_eq!(next_process(&disk, &options(), 100), []);
    first.commit(&pair(1), at(200)).unwrap();
    first.close(at(201));
    let report = check_disk(&disk, &[]);
    assert_eq!((report.verdict(), report.files.len()), (Verdict::Intact, 2));
}

#[test]
fn a_file_that_another_process_writes_is_refused() {
    let disk = MemoryDisk::default();
    let mut first = open(&disk, in_a_file(), 0);
    first.commit(&pair(0), at(0)).unwrap();
    let mut second = open(&disk, in_a_file(), 0);
    let why = second.commit(&pair(1), at(0)).unwrap_err();
    assert!(why.starts_with("another process writes to it"), "{why}");
    drop(first);
    second.commit(&pair(2), at(2)).unwrap();
}

#[test]
fn a_process_that_ended_between_two_files_is_continued() {
    for place in [options().location, in_a_file().location] {
        let options = Options {
            location: place,
            rotation: Rotation {
                bytes: 1_500,
                ..Rotation::default()
            },
            ..options()
        };
        let disk = MemoryDisk::default();
        let mut log = open(&disk, options.clone(), 0);
        let mut number = 0;
        while disk.logs().len() < 2 {
            log.commit(&pair(number), at(number)).unwrap();
            number += 1;
        }
        drop(log);
        disk.kill();
        let second = disk.logs().into_iter().map(|file| file.0).find(|name| {
            !String::from_utf8(disk.bytes(name))
                .unwrap()
                .contains(r#""seq":0,"#)
        });
        let second = second.unwrap();
        let bytes = disk.bytes(&second);
        // Nothing of its first line, a part of it, and all but its end.
        let line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        for len in [0, 30, line] {
            disk.put(&second, bytes[..len].to_vec());
            assert_eq!(check_disk(&disk, &[]).files[1].torn, Some(1));
            let disk = copy(&disk);
            next_process(&disk, &options, 100);
            let report = check_disk(&disk, &[]);
            assert_eq!(
                report.verdict(),
                Verdict::Intact,
                "{len}: {:?}",
                report.findings
            );
            assert_eq!(report.files[1].chain, report.files[0].chain);
        }
    }
}

fn copy(disk: &MemoryDisk) -> MemoryDisk {
    let copy = MemoryDisk::default();
    for name in disk.names() {
        copy.put(&name, disk.bytes(&name));
    }
    copy
}

#[test]
fn an_intent_without_an_outcome_is_in_doubt() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options(), 0);
    log.commit(&pair(1), at(0)).unwrap();
    log.commit(
        &[Record::Intent(intent(2)), Record::Intent(intent(3))],
        at(1),
    )
    .unwrap();
    log.commit(&[Record::Outcome(outcome(3, unknown()))], at(2))
        .unwrap();
    drop(log);
    disk.kill();
    next_process(&disk, &options(), 100);
    let report = check_disk(&disk, &[]);
    assert_eq!(report.verdict(), Verdict::InDoubt);
    let [doubt] = &report.in_doubt[..] else {
        panic!("{:?}", report.in_doubt);
    };
    assert_eq!(
        (doubt.injection_id, doubt.call.as_str(), doubt.attempt),
        (id(2), "call-2", 1)
    );
    assert_eq!(doubt.origin, "https://api.example.com");
    assert!(doubt.time.starts_with("2026-09-21T"));
    let unknown: Vec<_> = report.unknown.iter().map(|one| one.injection_id).collect();
    assert_eq!(unknown, [id(3)]);
}
