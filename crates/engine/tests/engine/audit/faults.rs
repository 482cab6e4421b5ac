//! Whatever the disk does: what was acknowledged is there, and what is there verifies.

use std::collections::HashSet;
use std::io;

use cxone_dtmf_engine::audit::anchor::Anchor;
use cxone_dtmf_engine::audit::log::Log;
use cxone_dtmf_engine::audit::verify::{Report, Verdict};
use cxone_dtmf_engine::audit::{Durability, Location, Notice, Options, Rotation};
use proptest::prelude::*;

use super::disk::{MemoryDisk, Operation};
use super::records::{anchors, at, check_disk, id, open, options, pair};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// Files that are full after a few records, so that every operation is met.
fn small_files() -> Options {
    Options {
        rotation: Rotation {
            bytes: 2_000,
            ..Rotation::default()
        },
        ..options()
    }
}

/// Writes pairs, one a commit, until `count`; gives those that were acknowledged.
fn write(log: &mut Log, count: u64, from: u64) -> Vec<u64> {
    (from..from + count)
        // Longer than the rest after a failure.
        .filter(|number| log.commit(&pair(*number), at(number * 2)).is_ok())
        .collect()
}

fn recover(disk: &MemoryDisk, options: Options, seconds: u64) -> Vec<Anchor> {
    let mut log = open(disk, options, seconds);
    log.commit(&pair(1_000_000 + seconds), at(seconds)).unwrap();
    log.close(at(seconds + 1));
    anchors(log.take_notices())
}

fn assert_there(disk: &MemoryDisk, acknowledged: &[u64]) {
    let text: String = disk
        .logs()
        .into_iter()
        .map(|file| String::from_utf8(file.1).unwrap())
        .collect();
    let there: HashSet<(&str, &str)> = text
        .lines()
        .filter_map(|line| {
            let id = line.split(r#""inj":""#).nth(1)?.split('"').next()?;
            let event = line.split(r#""ev":""#).nth(1)?.split('"').next()?;
            Some((event, id))
        })
        .collect();
    for number in acknowledged {
        let id = id(*number).to_string();
        assert!(there.contains(&("intent", &id)), "intent {number} is lost");
        assert!(
            there.contains(&("outcome", &id)),
            "outcome {number} is lost"
        );
    }
}

fn assert_sound(report: &Report) {
    assert!(
        matches!(report.verdict(), Verdict::Intact | Verdict::InDoubt),
        "{:#?}",
        (&report.files, &report.findings)
    );
}

/// The `nth` operation of a kind fails.
fn nth(kind: Operation, nth: usize, errno: i32) -> impl FnMut(Operation) -> Option<io::Error> {
    let mut seen = 0;
    move |operation| {
        seen += usize::from(operation == kind);
        (operation == kind && seen == nth).then(|| io::Error::from_raw_os_error(errno))
    }
}

#[test]
fn every_operation_may_fail_once() {
    use Operation::{Append, Create, Sync, SyncFolder};
    for place in ["/audit", "/audit/log.jsonl"] {
        let options = Options {
            location: match place {
                "/audit" => Location::Directory(place.into()),
                file => Location::File(file.into()),
            },
            ..small_files()
        };
        let healthy = MemoryDisk::default();
        write(&mut open(&healthy, options.clone(), 0), 20, 0);
        for kind in [Create, Append, Sync, SyncFolder] {
            let count = healthy
                .operations()
                .iter()
                .filter(|done| **done == kind)
                .count();
            assert!(count >= 3, "{kind:?} is met too seldom: {count}");
            for (place, errno) in (1..=count).flat_map(|nth| [(nth, EIO), (nth, ENOSPC)]) {
                let disk = MemoryDisk::default();
                disk.fail(nth(kind, place, errno));
                let mut log = open(&disk, options.clone(), 0);
                let acknowledged = write(&mut log, 20, 0);
                assert!(
                    acknowledged.len() >= 18,
                    "{kind:?} {place}: {acknowledged:?}"
                );
                let given = anchors(log.take_notices());
                drop(log);
                disk.heal();
                disk.power_failure(|_| 0);
                recover(&disk, options.clone(), 100);
                assert_there(&disk, &acknowledged);
                assert_sound(&check_disk(&disk, &given));
            }
        }
    }
}

#[test]
fn a_failed_sync_costs_no_record_and_begins_another_file() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options(), 0);
    log.commit(&pair(0), at(0)).unwrap();
    disk.fail(nth(Operation::Sync, 1, EIO));
    log.commit(&pair(1), at(1)).unwrap();
    log.close(at(2));
    let files = disk.logs();
    assert_eq!(files.len(), 2);
    let second = String::from_utf8(files[1].1.clone()).unwrap();
    assert!(
        second.contains(r#""ev":"gap","lost":0,"repeated":2"#),
        "{second}"
    );
    disk.power_failure(|_| 0);
    assert_there(&disk, &[0, 1]);
    assert_eq!(check_disk(&disk, &[]).verdict(), Verdict::Intact);
}

#[test]
fn a_full_disk_refuses_and_the_log_says_what_it_lost() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options(), 0);
    log.commit(&pair(0), at(0)).unwrap();
    disk.fail(|operation| {
        (operation == Operation::Append).then(|| io::Error::from_raw_os_error(ENOSPC))
    });
    for number in 1..4 {
        let why = log.commit(&pair(number), at(number)).unwrap_err();
        assert_eq!(
            why,
            "the disk is full: make room, or move finished files elsewhere"
        );
    }
    disk.heal();
    log.commit(&pair(4), at(4)).unwrap();
    log.close(at(5));
    let failures: Vec<Notice> = log
        .take_notices()
        .into_iter()
        .filter(|notice| !matches!(notice, Notice::Anchor(_)))
        .collect();
    // Told once, however often it fails.
    assert!(matches!(
        failures.as_slice(),
        [Notice::Failed { .. }, Notice::Restored]
    ));
    let report = check_disk(&disk, &[]);
    assert_eq!(
        (report.verdict(), report.lost, report.files.len()),
        (Verdict::Intact, 6, 1)
    );
}

#[test]
fn a_broken_disk_is_not_filled_with_beginnings() {
    let disk = MemoryDisk::default();
    disk.fail(|operation| {
        (operation == Operation::Sync).then(|| io::Error::from_raw_os_error(EIO))
    });
    let mut log = open(&disk, options(), 0);
    for number in 0..50 {
        log.commit(&pair(number), at(3)).unwrap_err();
    }
    assert_eq!(disk.names(), Vec::<String>::new());
    let created = disk
        .operations()
        .iter()
        .filter(|done| **done == Operation::Create)
        .count();
    assert_eq!(created, 1);
    log.commit(&pair(50), at(4)).unwrap_err();
    disk.heal();
    log.commit(&pair(51), at(5)).unwrap();
    log.close(at(6));
    assert_eq!(check_disk(&disk, &[]).lost, 102);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Processes follow each other on a disk that fails at random, and each ends in a power failure that keeps
    /// a random part of what was not synced.
    #[test]
    fn what_was_acknowledged_outlives_everything(
        seed in any::<u64>(),
        odds in 5_u32..60,
        file in any::<bool>(),
        durable in any::<bool>(),
    ) {
        let options = Options {
            location: if file { Location::File("/audit/a.jsonl".into()) } else { Location::Directory("/audit".into()) },
            durability: if durable { Durability::Fsync } else { Durability::Os },
            ..small_files()
        };
        let disk = MemoryDisk::default();
        let mut dice = fastrand::Rng::with_seed(seed);
        let (mut acknowledged, mut given) = (Vec::new(), Vec::new());
        for process in 0..4 {
            let mut faults = dice.fork();
            disk.fail(move |_| {
                let errno = if faults.bool() { EIO } else { ENOSPC };
                (faults.u32(0..odds) == 0).then(|| io::Error::from_raw_os_error(errno))
            });
            let mut log = open(&disk, options.clone(), process * 100);
            acknowledged.extend(write(&mut log, dice.u64(1..30), process * 100));
            given.extend(anchors(log.take_notices()));
            drop(log);
            if durable {
                disk.power_failure(|loose| dice.usize(0..=loose));
            } else {
                disk.kill();
            }
        }
        disk.heal();
        given.extend(recover(&disk, options, 1_000));
        assert_there(&disk, &acknowledged);
        assert_sound(&check_disk(&disk, &given));
    }
}
