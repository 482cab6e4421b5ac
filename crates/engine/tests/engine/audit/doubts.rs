//! What is in doubt, and until when.

use cxone_dtmf_engine::audit::verify::Verdict;
use cxone_dtmf_engine::audit::{Found, Log, Options, Record, Rotation, unread};
use cxone_dtmf_engine::error::Code;
use proptest::prelude::*;

use super::disk::MemoryDisk;
use super::records::{
    at, check, check_disk, check_logs, id, intent, key, open, options, outcome, pair, unknown,
};

fn resolved(number: u64) -> Record {
    Record::Resolved {
        injection: id(number),
        call: format!("call-{number}").into(),
        found: Found::NotPressed,
    }
}

/// Files of a few records.
fn rotating() -> Options {
    let rotation = Rotation {
        bytes: 1_000,
        ..Rotation::default()
    };
    Options {
        rotation,
        ..options()
    }
}

/// Twenty intents, and no outcome.
fn write_intents(log: &mut Log) {
    for number in 0..20 {
        log.commit(&[Record::Intent(intent(number))], at(number))
            .unwrap();
    }
}

/// A process that was killed: the second injection has no outcome, that of the third is unknown.
fn killed(disk: &MemoryDisk) {
    let mut log = open(disk, options());
    log.commit(&pair(1), at(0)).unwrap();
    let intents = [2, 3].map(|number| Record::Intent(intent(number)));
    log.commit(&intents, at(1)).unwrap();
    log.commit(&[Record::Outcome(outcome(3, unknown()))], at(2))
        .unwrap();
    drop(log);
    disk.kill();
}

#[test]
fn an_intent_without_an_outcome_is_in_doubt_when_its_process_has_ended() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options());
    log.commit(&[Record::Intent(intent(2))], at(1)).unwrap();
    let report = check_disk(&disk, &[]);
    assert_eq!((report.verdict(), report.under_way), (Verdict::Intact, 1));
    drop(log);
    let report = check_disk(&disk, &[]);
    assert_eq!((report.verdict(), report.under_way), (Verdict::InDoubt, 0));
    let [doubt] = &report.in_doubt[..] else {
        panic!("{:?}", report.in_doubt);
    };
    assert_eq!(
        (doubt.injection_id, doubt.call.as_str(), doubt.attempt),
        (id(2), "call-2", 1)
    );
    assert_eq!(doubt.origin, "https://api.example.com");
    assert!(doubt.time.starts_with("2026-09-21T"));
}

#[test]
fn another_process_resolves_what_one_left() {
    let disk = MemoryDisk::default();
    killed(&disk);
    let report = check_disk(&disk, &[]);
    let unknown: Vec<_> = report.unknown.iter().map(|one| one.injection_id).collect();
    assert_eq!((report.verdict(), unknown), (Verdict::InDoubt, vec![id(3)]));
    let mut second = open(&disk, options());
    second.commit(&[resolved(2), resolved(3)], at(9)).unwrap();
    second.close(at(10));
    let report = check_disk(&disk, &[]);
    assert_eq!(
        (report.verdict(), report.unknown),
        (Verdict::Intact, vec![])
    );
}

#[test]
fn what_is_under_way_when_a_process_changes_its_file_is_not_in_doubt() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, rotating());
    write_intents(&mut log);
    let mut files = disk.logs();
    assert!(files.len() > 2);
    let report = check_disk(&disk, &[]);
    assert_eq!((report.verdict(), report.under_way), (Verdict::Intact, 20));
    // The newest was begun after the files were named, and the one before was written when it was looked at.
    files.pop();
    files.last_mut().unwrap().written = true;
    let report = check_logs(files, &[]);
    assert_eq!(report.verdict(), Verdict::Intact);
    assert!(report.under_way > 0);
    assert!(report.files.last().unwrap().next.is_some());
}

/// Who removes the newest file of a process that has ended does not hide what it left.
#[test]
fn what_a_file_that_is_missing_may_tell_is_in_doubt() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, rotating());
    write_intents(&mut log);
    drop(log);
    let mut files = disk.texts();
    let newest = files.pop().unwrap();
    let newest = String::from_utf8(newest.1).unwrap();
    let report = check(&files, Some(&key()), &[]).unwrap();
    let left = 20 - newest.matches("\"intent\"").count();
    assert_eq!(
        (report.verdict(), report.under_way, report.in_doubt.len()),
        (Verdict::InDoubt, 0, left)
    );
}

/// The next file is there before the one before names it, and says nothing yet.
#[test]
fn what_is_under_way_while_the_next_file_is_empty_is_not_in_doubt() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, rotating());
    write_intents(&mut log);
    let mut files = disk.logs();
    files.truncate(2);
    files[1].text.1.clear();
    (files[0].written, files[1].written) = (false, true);
    let report = check_logs(files, &[]);
    assert_eq!(report.verdict(), Verdict::Intact);
    assert!(report.under_way > 0);
}

#[test]
fn an_end_that_is_just_being_written_is_not_torn() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options());
    log.commit(&pair(1), at(0)).unwrap();
    let name = disk.names().remove(0);
    let mut bytes = disk.texts().remove(0).1;
    bytes.truncate(bytes.len() - 9);
    disk.rewrite(&name, bytes);
    assert_eq!(check_disk(&disk, &[]).files[0].torn, None);
    disk.kill();
    let report = check_disk(&disk, &[]);
    assert_eq!((report.files[0].torn, report.damages), (Some(3), 0));
}

#[test]
fn a_file_that_was_never_written_says_nothing() {
    let disk = MemoryDisk::default();
    killed(&disk);
    disk.put("audit-0.jsonl", Vec::new());
    assert_eq!(check_disk(&disk, &[]).damages, 0);
}

#[test]
fn far_more_than_can_be_in_flight_is_counted() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options());
    for thousand in 0..11 {
        let intents = (0..1_000).map(|number| Record::Intent(intent(thousand * 1_000 + number)));
        log.commit(&intents.collect::<Vec<_>>(), at(thousand))
            .unwrap();
    }
    drop(log);
    let report = check_disk(&disk, &[]);
    assert_eq!(
        (report.in_doubt.len(), report.more_in_doubt),
        (10_000, 1_000)
    );
    let error = unread(&report).unwrap();
    assert_eq!(error.code, Code::Audit);
    assert!(error.message.contains("can be listed: 1000 "), "{error:?}");
    let all = MemoryDisk::default();
    killed(&all);
    assert_eq!(unread(&check_disk(&all, &[])), None);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Intent,
    Outcome,
    Unknown,
    Resolved,
}

fn commit(log: &mut Log, step: Step, number: u64, seconds: u64) {
    let record = match step {
        Step::Intent => Record::Intent(intent(number)),
        Step::Outcome => pair(number)[1].clone(),
        Step::Unknown => Record::Outcome(outcome(number, unknown())),
        Step::Resolved => resolved(number),
    };
    log.commit(&[record], at(seconds)).unwrap();
}

proptest! {
    #![proptest_config(crate::support::cases(200))]

    /// Whatever order the files are read in: the outcome and what was found out count, wherever they stand.
    #[test]
    fn the_order_of_the_files_makes_no_difference(
        ends in proptest::collection::vec((0..3_usize, any::<bool>(), any::<bool>()), 1..12),
    ) {
        let mut of_processes = [(); 3].map(|()| Vec::new());
        let (mut in_doubt, mut unknown) = (Vec::new(), Vec::new());
        for (number, (process, known, is_resolved)) in (1..).zip(&ends) {
            of_processes[0].push((Step::Intent, number));
            match process {
                0 => in_doubt.push(number),
                _ if *known => of_processes[*process].push((Step::Outcome, number)),
                _ => {
                    of_processes[*process].push((Step::Unknown, number));
                    unknown.push(number);
                }
            }
            if *is_resolved {
                of_processes[(*process + 1) % 3].push((Step::Resolved, number));
                in_doubt.retain(|one| *one != number);
                unknown.retain(|one| *one != number);
            }
        }
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let disk = MemoryDisk::default();
            for (place, process) in (0..).zip(order) {
                let mut log = open(&disk, options());
                for (step, number) in &of_processes[process] {
                    commit(&mut log, *step, *number, place * 100);
                }
                drop(log);
            }
            let report = check_disk(&disk, &[]);
            let ids = |list: &[u64]| list.iter().map(|number| id(*number)).collect::<Vec<_>>();
            let sorted = |list: &[cxone_dtmf_engine::audit::verify::InDoubt]| {
                let mut ids: Vec<_> = list.iter().map(|one| one.injection_id).collect();
                ids.sort();
                ids
            };
            prop_assert_eq!(sorted(&report.in_doubt), ids(&in_doubt));
            prop_assert_eq!(sorted(&report.unknown), ids(&unknown));
        }
    }
}
