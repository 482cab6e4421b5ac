//! Files follow each other, and a file that is missing is missed.

use std::cell::RefCell;
use std::io::{self, BufRead, Cursor};
use std::time::Duration;

use cxone_dtmf_engine::audit::verify::{Damage, Others, Progress, Source, Verdict, verify};
use cxone_dtmf_engine::audit::{Options, Rotation, Seal};

use super::disk::MemoryDisk;
use super::records::{Text, anchors, at, check, check_disk, key, open, options, pair};

fn rotating() -> Options {
    Options {
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
    let mut log = open(&disk, rotating());
    for number in 0..60 {
        log.commit(&pair(number), at(number)).unwrap();
    }
    log.close(at(61));
    (disk, anchors(log.take_notices()))
}

#[test]
fn a_chain_goes_on_through_all_its_files() {
    let (disk, given) = several();
    let mut files = disk.texts();
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
fn a_file_that_is_missing_is_missed_but_for_those_at_the_ends() {
    let (disk, given) = several();
    let all = disk.texts();
    for missing in 0..all.len() {
        let mut files = all.clone();
        files.remove(missing);
        let report = check(&files, Some(&key()), &[]).unwrap();
        if missing == 0 {
            assert_eq!(report.verdict(), Verdict::Intact);
        } else if missing == all.len() - 1 {
            // It may just have been begun. It is named, and an anchor tells more.
            assert_eq!(report.verdict(), Verdict::Intact);
            let last = report.files.last().unwrap();
            assert_eq!(last.next.as_ref(), Some(&all[missing].0));
        } else {
            assert_eq!(report.verdict(), Verdict::Tampered, "file {missing}");
            let file = all[missing].0.clone();
            assert_eq!(report.findings[0].damage, Damage::MissingFile { file });
        }
        let anchored = check(&files, Some(&key()), &given).unwrap();
        assert_eq!(anchored.verdict(), Verdict::Tampered, "file {missing}");
    }
}

#[test]
fn a_name_stands_for_no_file_that_is_missing() {
    let (disk, _) = several();
    let all = disk.texts();
    let longer = MemoryDisk::default();
    let mut log = open(&longer, options());
    for number in 100..300 {
        log.commit(&pair(number), at(number)).unwrap();
    }
    log.close(at(301));
    let longer = longer.texts().remove(0).1;
    for missing in 1..all.len() - 1 {
        let name = &all[missing].0;
        // A later file of the chain has the name.
        let mut files = all.clone();
        files[missing].1 = files.pop().unwrap().1;
        let mut by_another = all.clone();
        by_another[missing].1.clone_from(&longer);
        for files in [files, by_another] {
            let report = check(&files, Some(&key()), &[]).unwrap();
            assert_eq!(report.verdict(), Verdict::Tampered, "file {missing}");
            assert!(report.findings.iter().any(|finding| matches!(
                &finding.damage,
                Damage::BrokenLink { file, .. } if file == name
            )));
        }
    }
}

#[test]
fn a_file_that_is_there_twice_is_found() {
    let (disk, _) = several();
    let all = disk.texts();
    for twice in 0..all.len() {
        let mut files = all.clone();
        files.push(Text("copy.jsonl".to_owned(), all[twice].1.clone()));
        let report = check(&files, Some(&key()), &[]).unwrap();
        assert_eq!(report.verdict(), Verdict::Tampered, "file {twice}");
        let damages = report
            .findings
            .iter()
            .map(|finding| finding.damage.as_str());
        assert_eq!(damages.collect::<Vec<_>>(), ["twice"], "file {twice}");
    }
}

#[test]
fn a_file_in_the_middle_that_lost_its_end_is_found() {
    let (disk, _) = several();
    let mut files = disk.texts();
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

/// A file that grows after it was read for the first time.
struct Growing(Text, RefCell<usize>);

impl Source for Growing {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        let len = self.1.replace(self.0.1.len());
        Ok(Box::new(Cursor::new(self.0.1[..len].to_vec())))
    }

    fn is_written(&self) -> bool {
        true
    }
}

#[test]
fn a_file_that_gets_its_end_while_it_is_verified_is_no_finding() {
    let (disk, _) = several();
    let all = disk.texts();
    for growing in 0..all.len() - 1 {
        let text = &all[growing];
        let len = text.1.len();
        // Nothing of the last record, or a part of it.
        let close = text.1.iter().rposition(|byte| *byte == b'{').unwrap();
        for read in [close, close + 1, len - 1] {
            let mut sources: Vec<Box<dyn Source>> = Vec::new();
            for (at, text) in all.iter().enumerate() {
                sources.push(if at == growing {
                    Box::new(Growing(text.clone(), RefCell::new(read)))
                } else {
                    Box::new(text.clone())
                });
            }
            let keys = [Seal::new(Some(&key()))];
            let progress = Progress::default();
            let report = verify(sources, &keys, &[], Others::Refuse, &progress).unwrap();
            assert_eq!(report.verdict(), Verdict::Intact, "{:?}", report.findings);
            assert_eq!(report.files[growing].torn, None);
        }
    }
}

#[test]
fn a_file_grows_old() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, rotating());
    for (number, seconds) in [(0, 0), (1, 999), (2, 1_000), (3, 1_999), (4, 2_000)] {
        log.commit(&pair(number), at(seconds)).unwrap();
    }
    assert_eq!(disk.logs().len(), 3);
    assert_eq!(check_disk(&disk, &[]).verdict(), Verdict::Intact);
}

#[test]
fn an_anchor_is_given_every_thousand_records_and_every_minute() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options());
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
