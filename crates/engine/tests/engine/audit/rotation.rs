//! Files follow each other, and a file that is missing is missed.

use std::time::Duration;

use cxone_dtmf_engine::audit::verify::{Damage, Verdict};
use cxone_dtmf_engine::audit::{Location, Options, Rotation};

use super::disk::MemoryDisk;
use super::records::{Text, anchors, at, check, check_disk, key, open, options, pair};

fn rotating(location: Location) -> Options {
    Options {
        location,
        rotation: Rotation {
            bytes: 3_000,
            age: Duration::from_secs(1_000),
        },
        ..options()
    }
}

/// Files that follow each other, and the anchors given meanwhile.
fn several() -> (MemoryDisk, Vec<cxone_dtmf_engine::audit::Anchor>) {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, rotating(options().location), 0);
    for number in 0..60 {
        log.commit(&pair(number), at(number)).unwrap();
    }
    log.close(at(61));
    (disk, anchors(log.take_notices()))
}

#[test]
fn a_chain_goes_on_through_all_its_files() {
    let (disk, given) = several();
    let mut files = disk.logs();
    assert!(files.len() > 5, "{}", files.len());
    // One at each end of a file.
    assert_eq!(given.len(), files.len());
    assert!(files.iter().all(|file| file.1.len() < 4_000));
    // The order in which they are given does not matter.
    files.reverse();
    let report = check(&files, Some(&key()), &given).unwrap();
    assert_eq!((report.verdict(), report.damages), (Verdict::Intact, 0));
    assert_eq!(report.anchors, given.len() as u64);
    let chains: Vec<_> = report.files.iter().map(|file| file.chain).collect();
    assert!(chains.iter().all(|chain| *chain == chains[0]));
    let mut expected = 0;
    for file in &report.files {
        assert_eq!(file.first, Some(expected));
        expected += file.records;
    }
}

#[test]
fn a_file_that_is_missing_is_missed_but_for_those_put_away() {
    let (disk, given) = several();
    let all = disk.logs();
    let without = |missing: usize| -> Vec<Text> {
        let mut files = disk.logs();
        files.remove(missing);
        files
    };
    for missing in 0..all.len() {
        let report = check(&without(missing), Some(&key()), &[]).unwrap();
        if missing == 0 {
            assert_eq!(report.verdict(), Verdict::Intact);
        } else {
            assert_eq!(report.verdict(), Verdict::Tampered, "file {missing}");
            let file = all[missing].0.clone();
            assert_eq!(report.findings[0].damage, Damage::MissingFile { file });
        }
        let anchored = check(&without(missing), Some(&key()), &given).unwrap();
        assert_eq!(anchored.verdict(), Verdict::Tampered, "file {missing}");
    }
}

#[test]
fn a_file_in_the_middle_that_lost_its_end_is_found() {
    let (disk, _) = several();
    let mut files = disk.logs();
    let cut = files[2].1.iter().rposition(|byte| *byte == b'{').unwrap();
    files[2].1.truncate(cut);
    let report = check(&files, Some(&key()), &[]).unwrap();
    let broken = |damage: &Damage| matches!(damage, Damage::BrokenLink { .. });
    assert!(
        report
            .findings
            .iter()
            .any(|finding| broken(&finding.damage))
    );
}

#[test]
fn a_file_grows_old() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, rotating(options().location), 0);
    for (number, seconds) in [(0, 0), (1, 999), (2, 1_000), (3, 1_999), (4, 2_000)] {
        log.commit(&pair(number), at(seconds)).unwrap();
    }
    assert_eq!(disk.logs().len(), 3);
    assert_eq!(check_disk(&disk, &[]).verdict(), Verdict::Intact);
}

#[test]
fn files_beside_a_file_are_numbered_and_the_next_process_goes_on() {
    let disk = MemoryDisk::default();
    let options = rotating(Location::File("/audit/audit.jsonl".into()));
    for process in 0..3 {
        let mut log = open(&disk, options.clone(), process * 100);
        for number in 0..15 {
            log.commit(&pair(process * 100 + number), at(process * 100 + number))
                .unwrap();
        }
        if process != 1 {
            log.close(at(process * 100 + 50));
        }
    }
    let names = disk.names();
    assert!(
        names.contains(&"audit.jsonl".to_owned()) && names.contains(&"audit.1.jsonl".to_owned())
    );
    let report = check_disk(&disk, &[]);
    assert_eq!(report.verdict(), Verdict::Intact, "{:?}", report.findings);
    let chain = report.files[0].chain;
    assert!(report.files.iter().all(|file| file.chain == chain));
}

#[test]
fn an_anchor_is_given_every_thousand_records_and_every_minute() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options(), 0);
    for number in 0..499 {
        log.commit(&pair(number), at(1)).unwrap();
    }
    assert_eq!(anchors(log.take_notices()).len(), 0);
    log.commit(&pair(499), at(1)).unwrap();
    let by_number = anchors(log.take_notices());
    assert_eq!(by_number.len(), 1);
    log.commit(&pair(500), at(10)).unwrap();
    log.tick(at(69));
    assert_eq!(anchors(log.take_notices()).len(), 0);
    log.tick(at(70));
    let by_time = anchors(log.take_notices());
    assert_eq!(by_time.len(), 1);
    // Nothing was written meanwhile.
    log.tick(at(1_000));
    assert_eq!(log.take_notices(), vec![]);
    assert_eq!(log.due_at(), None);
    let report = check_disk(&disk, &[by_number, by_time].concat());
    assert_eq!((report.verdict(), report.anchors), (Verdict::Intact, 2));
}
