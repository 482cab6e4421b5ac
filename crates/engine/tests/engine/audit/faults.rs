//! Whatever the disk does: what was acknowledged is there, and what is there verifies.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use cxone_dtmf_engine::audit::Anchor;
use cxone_dtmf_engine::audit::Disk;
use cxone_dtmf_engine::audit::FailStop;
use cxone_dtmf_engine::audit::Log;
use cxone_dtmf_engine::audit::verify::{Damage, Finding, Report, Verdict};
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

/// How processes end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// What was written is there, and no safer than before.
    Kill,
    /// A random part of what was not synced is there.
    PowerFailure,
    /// One or the other. A process that is killed takes with it what it knew of failed syncs, and the next
    /// one cannot find out: after these it is a power failure.
    Either,
}

impl End {
    fn of_process(self, disk: &MemoryDisk, rng: &mut fastrand::Rng) {
        match self {
            Self::Kill => disk.kill(),
            Self::PowerFailure => disk.power_failure(|loose| rng.usize(0..=loose)),
            Self::Either if rng.bool() && !disk.lies() => disk.kill(),
            Self::Either => Self::PowerFailure.of_process(disk, rng),
        }
    }
}

/// Processes follow each other on a disk that fails at random, and each ends in the middle.
fn outlives(seed: u64, odds: u32, file: bool, durability: Durability, end: End) {
    let options = Options {
        location: if file {
            Location::File("/audit/a.jsonl".into())
        } else {
            Location::Directory("/audit".into())
        },
        durability,
        ..small_files()
    };
    let disk = MemoryDisk::default();
    let mut rng = fastrand::Rng::with_seed(seed);
    let (mut acknowledged, mut given) = (Vec::new(), Vec::new());
    for process in 0..4 {
        let mut faults = rng.fork();
        disk.fail(move |_| {
            let errno = if faults.bool() { EIO } else { ENOSPC };
            (faults.u32(0..odds) == 0).then(|| io::Error::from_raw_os_error(errno))
        });
        let mut log = open(&disk, options.clone(), process * 100);
        acknowledged.extend(write(&mut log, rng.u64(1..30), process * 100));
        given.extend(anchors(log.take_notices()));
        drop(log);
        end.of_process(&disk, &mut rng);
    }
    disk.heal();
    given.extend(recover(&disk, options.clone(), 1_000));
    if end != End::Kill {
        disk.power_failure(|_| 0);
        given.extend(recover(&disk, options, 2_000));
    }
    if durability == Durability::Fsync || end == End::Kill {
        assert_there(&disk, &acknowledged);
    }
    // Whatever was promised of records, an anchor outlives everything.
    assert_sound(&check_disk(&disk, &given));
}

/// What a process left that was killed before it synced anything.
fn left(disk: &MemoryDisk, name: &str, bytes: &[u8]) {
    let mut file = disk.create(&Path::new("/audit").join(name)).unwrap();
    file.append(bytes).unwrap();
}

fn in_file() -> Options {
    Options {
        location: Location::File("/audit/a.jsonl".into()),
        ..small_files()
    }
}

#[test]
fn a_file_that_was_left_is_in_its_folder_before_anything_in_it_is_acknowledged() {
    let disk = MemoryDisk::default();
    left(&disk, "a.jsonl", b"");
    let mut log = open(&disk, in_file(), 0);
    assert_eq!(write(&mut log, 1, 0), [0]);
    drop(log);
    disk.power_failure(|_| 0);
    assert_there(&disk, &[0]);
}

#[test]
fn a_file_that_was_left_is_in_its_folder_before_it_is_anchored() {
    let disk = MemoryDisk::default();
    left(&disk, "audit-host-1-19700101T000000000000Z-0.jsonl", b"");
    disk.fail(|operation| {
        (operation == Operation::SyncFolder).then(|| io::Error::from_raw_os_error(EIO))
    });
    let mut log = open(&disk, small_files(), 0);
    assert!(write(&mut log, 1, 0).is_empty());
    let given = anchors(log.take_notices());
    drop(log);
    disk.heal();
    disk.power_failure(|_| 0);
    recover(&disk, small_files(), 100);
    assert_sound(&check_disk(&disk, &given));
}

#[test]
fn a_record_that_a_chain_follows_is_durable() {
    let whole = MemoryDisk::default();
    let mut log = open(&whole, in_file(), 0);
    write(&mut log, 20, 0);
    drop(log);
    let disk = MemoryDisk::default();
    // Its next file was moved elsewhere.
    left(&disk, "a.jsonl", &whole.bytes("a.jsonl"));
    let mut log = open(&disk, in_file(), 100);
    assert_eq!(write(&mut log, 1, 100), [100]);
    drop(log);
    disk.power_failure(|_| 0);
    let broken = |finding: &Finding| matches!(finding.damage, Damage::BrokenLink { .. });
    assert!(!check_disk(&disk, &[]).findings.iter().any(broken));
}

#[test]
fn a_failed_sync_of_what_was_left_is_not_tried_again() {
    let whole = MemoryDisk::default();
    let mut log = open(&whole, small_files(), 0);
    write(&mut log, 60, 0);
    drop(log);
    // A power failure took the end of one file, and what was in the next.
    let disk = MemoryDisk::default();
    for name in whole.names() {
        let bytes = whole.bytes(&name);
        if name.contains("-9.") {
            let end = bytes
                .trim_ascii_end()
                .iter()
                .rposition(|byte| *byte == b'\n');
            disk.put(&name, bytes[..=end.unwrap()].to_vec());
        } else if name.contains("-10.") {
            disk.put(&name, Vec::new());
        }
    }
    assert_eq!(disk.names().len(), 2);
    // The empty one comes first by its name, and has the one before it synced.
    disk.fail(nth(Operation::Sync, 1, EIO));
    let mut log = open(&disk, small_files(), 100);
    assert_eq!(write(&mut log, 1, 100), [100]);
    let given = anchors(log.take_notices());
    drop(log);
    disk.heal();
    disk.power_failure(|_| 0);
    recover(&disk, small_files(), 200);
    assert_sound(&check_disk(&disk, &given));
}

#[test]
fn a_failed_sync_is_remembered_by_the_next_log_of_the_process() {
    let disk = MemoryDisk::default();
    let shared = FailStop::new(Arc::new(disk.clone()));
    let log = |seconds| Log::new(options(), shared.clone(), at(seconds).time);
    let mut first = log(0);
    assert_eq!(write(&mut first, 1, 0), [0]);
    disk.fail(nth(Operation::Sync, 1, EIO));
    assert_eq!(write(&mut first, 1, 1), [1]);
    drop(first);
    let mut second = log(100);
    assert_eq!(write(&mut second, 1, 100), [100]);
    let given = anchors(second.take_notices());
    drop(second);
    disk.power_failure(|_| 0);
    recover(&disk, options(), 200);
    assert_sound(&check_disk(&disk, &given));
}

#[test]
fn a_failed_sync_of_a_leftover_is_remembered_until_the_process_ends() {
    outlives(
        12_426_541_359_109_931_210,
        15,
        false,
        Durability::Fsync,
        End::PowerFailure,
    );
}

proptest! {
    #![proptest_config(crate::support::cases(400))]

    #[test]
    fn what_was_acknowledged_outlives_everything(
        seed in any::<u64>(),
        odds in 5_u32..60,
        file in any::<bool>(),
        durable in any::<bool>(),
    ) {
        let (durability, end) = if durable {
            (Durability::Fsync, End::PowerFailure)
        } else {
            (Durability::Os, End::Kill)
        };
        outlives(seed, odds, file, durability, end);
    }

    #[test]
    fn what_was_anchored_outlives_every_end(
        seed in any::<u64>(),
        odds in 5_u32..60,
        file in any::<bool>(),
        durability in prop_oneof![Just(Durability::Fsync), Just(Durability::Os)],
        end in prop_oneof![Just(End::PowerFailure), Just(End::Either)],
    ) {
        outlives(seed, odds, file, durability, end);
    }
}
