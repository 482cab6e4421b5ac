//! Whatever the disk does: what was acknowledged is there, and what is there verifies.

use std::collections::HashSet;
use std::io;

use cxone_dtmf_engine::audit::Anchor;
use cxone_dtmf_engine::audit::Log;
use cxone_dtmf_engine::audit::verify::{Report, Verdict};
use cxone_dtmf_engine::audit::{Durability, Lost, Notice, Options, Rotation};
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

fn follow(disk: &MemoryDisk, options: Options, seconds: u64) -> Vec<Anchor> {
    let mut log = open(disk, options);
    log.commit(&pair(1_000_000 + seconds), at(seconds)).unwrap();
    log.close(at(seconds + 1));
    anchors(log.take_notices())
}

fn assert_there(disk: &MemoryDisk, acknowledged: &[u64]) {
    let text: String = disk
        .texts()
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

/// Nothing that was written can be taken for altered. What a process or the disk lost is said.
fn assert_sound(report: &Report) {
    assert_eq!(
        report.damages,
        0,
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
    let healthy = MemoryDisk::default();
    write(&mut open(&healthy, small_files()), 20, 0);
    for kind in [Create, Append, Sync, SyncFolder] {
        let operations = healthy.operations();
        let count = operations.iter().filter(|done| **done == kind).count();
        assert!(count >= 3, "{kind:?} is met too seldom: {count}");
        for (place, errno) in (1..=count).flat_map(|nth| [(nth, EIO), (nth, ENOSPC)]) {
            let disk = MemoryDisk::default();
            disk.fail(nth(kind, place, errno));
            let mut log = open(&disk, small_files());
            let acknowledged = write(&mut log, 20, 0);
            assert!(
                acknowledged.len() >= 18,
                "{kind:?} {place}: {acknowledged:?}"
            );
            let given = anchors(log.take_notices());
            drop(log);
            disk.heal();
            disk.power_failure(|_| 0);
            follow(&disk, small_files(), 100);
            assert_there(&disk, &acknowledged);
            assert_sound(&check_disk(&disk, &given));
        }
    }
}

#[test]
fn a_failed_sync_costs_no_record_and_begins_another_file() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options());
    log.commit(&pair(0), at(0)).unwrap();
    disk.fail(nth(Operation::Sync, 1, EIO));
    log.commit(&pair(1), at(1)).unwrap();
    log.close(at(2));
    let files = disk.logs();
    assert_eq!(files.len(), 2);
    let second = String::from_utf8(files[1].text.1.clone()).unwrap();
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
    let mut log = open(&disk, options());
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
    // The refused intents led to nothing; what came of them is missing.
    assert_eq!(
        (report.verdict(), report.lost, report.files.len()),
        (Verdict::Gap, 3, 1)
    );
    let [gap] = &report.gaps[..] else {
        panic!("{:?}", report.gaps)
    };
    assert_eq!((gap.lost, gap.ids), (3, Some((id(1), id(3)))));
}

#[test]
fn a_broken_disk_is_not_filled_with_beginnings() {
    let disk = MemoryDisk::default();
    disk.fail(|operation| {
        (operation == Operation::Sync).then(|| io::Error::from_raw_os_error(EIO))
    });
    let mut log = open(&disk, options());
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
    assert_eq!(check_disk(&disk, &[]).lost, 51);
}

#[test]
fn what_was_lost_is_said_at_the_latest_when_the_log_is_closed() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options());
    log.commit(&pair(0), at(0)).unwrap();
    log.lose(Lost {
        records: 7,
        ids: Some((id(3), id(9))),
    });
    log.close(at(1));
    let never = MemoryDisk::default();
    never.fail(|_| Some(io::Error::from_raw_os_error(EIO)));
    let mut second = open(&never, options());
    second.commit(&pair(1), at(0)).unwrap_err();
    never.heal();
    second.close(at(1));
    for (disk, lost) in [(disk, 7), (never, 1)] {
        let report = check_disk(&disk, &[]);
        assert_eq!((report.verdict(), report.lost), (Verdict::Gap, lost));
        assert!(report.files[0].closed);
    }
}

#[test]
fn a_file_that_is_removed_is_noticed_and_what_was_in_it_is_a_gap() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options());
    log.commit(&pair(1), at(0)).unwrap();
    log.commit(&pair(2), at(0)).unwrap();
    let name = disk.names().remove(0);
    disk.remove_all();
    log.commit(&pair(3), at(1)).unwrap();
    log.close(at(2));
    let removed = Notice::Removed { file: name };
    assert!(log.take_notices().contains(&removed));
    let report = check_disk(&disk, &[]);
    // Its open record too.
    assert_eq!((report.verdict(), report.lost), (Verdict::Gap, 5));
    assert_eq!(report.gaps[0].ids, Some((id(1), id(2))));
    assert_there(&disk, &[3]);
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
fn outlives(seed: u64, odds: u32, durability: Durability, end: End) {
    let options = Options {
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
        let mut log = open(&disk, options.clone());
        acknowledged.extend(write(&mut log, rng.u64(1..30), process * 100));
        given.extend(anchors(log.take_notices()));
        drop(log);
        end.of_process(&disk, &mut rng);
    }
    disk.heal();
    given.extend(follow(&disk, options.clone(), 1_000));
    if end != End::Kill {
        disk.power_failure(|_| 0);
        given.extend(follow(&disk, options, 2_000));
    }
    if durability == Durability::Fsync || end == End::Kill {
        assert_there(&disk, &acknowledged);
    }
    // Whatever was promised of records, an anchor outlives everything.
    assert_sound(&check_disk(&disk, &given));
}

#[test]
fn what_a_process_left_is_vouched_for_by_nobody() {
    let seed = 12_426_541_359_109_931_210;
    outlives(seed, 15, Durability::Fsync, End::PowerFailure);
}

proptest! {
    #![proptest_config(crate::support::cases(400))]

    #[test]
    fn what_was_acknowledged_outlives_everything(
        seed in any::<u64>(),
        odds in 5_u32..60,
        durable in any::<bool>(),
    ) {
        let (durability, end) = if durable {
            (Durability::Fsync, End::PowerFailure)
        } else {
            (Durability::Os, End::Kill)
        };
        outlives(seed, odds, durability, end);
    }

    #[test]
    fn what_was_anchored_outlives_every_end(
        seed in any::<u64>(),
        odds in 5_u32..60,
        durability in prop_oneof![Just(Durability::Fsync), Just(Durability::Os)],
        end in prop_oneof![Just(End::PowerFailure), Just(End::Either)],
    ) {
        outlives(seed, odds, durability, end);
    }
}
