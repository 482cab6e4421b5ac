//! Whatever is changed in a log is found.

use cxone_dtmf_engine::audit::Anchor;
use cxone_dtmf_engine::audit::verify::{Damage, Report, Unverifiable, Verdict};
use cxone_dtmf_engine::audit::{Key, Options};
use proptest::prelude::*;

use super::disk::MemoryDisk;
use super::records::{Text, anchors, at, check, key, open, options, pair};

/// A log of ten injections in one file, and its last anchor.
fn sample(options: Options) -> (Vec<u8>, Anchor) {
    sample_of(10, options)
}

fn sample_of(injections: u64, options: Options) -> (Vec<u8>, Anchor) {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options);
    for number in 0..injections {
        log.commit(&pair(number), at(number)).unwrap();
    }
    log.close(at(20));
    let anchor = anchors(log.take_notices()).pop().unwrap();
    (disk.texts().remove(0).1, anchor)
}

fn verified(bytes: Vec<u8>, anchors: &[Anchor]) -> Result<Report, Unverifiable> {
    check(
        &[Text("audit.jsonl".to_owned(), bytes)],
        Some(&key()),
        anchors,
    )
}

/// What is found in a log that was altered; `None` when it cannot even be said whose key it is.
fn found(bytes: Vec<u8>) -> Option<Report> {
    verified(bytes, &[]).ok()
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

#[test]
fn what_nobody_touched_is_intact() {
    let (bytes, anchor) = sample(options());
    let report = verified(bytes, &[anchor]).unwrap();
    assert_eq!(report.verdict(), Verdict::Intact);
    assert_eq!((report.records(), report.anchors), (22, 1));
    assert!(report.files[0].closed);
}

#[test]
fn every_bit_counts_with_a_key_and_without() {
    for key in [Some(key()), None] {
        let options = Options {
            key: key.clone(),
            ..options()
        };
        let (bytes, _) = sample_of(2, options);
        let mut located = 0;
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let text = Text("audit.jsonl".to_owned(), altered);
            let Ok(report) = check(&[text], key.as_ref(), &[]) else {
                continue;
            };
            assert_ne!(report.verdict(), Verdict::Intact, "bit {bit}");
            let line = bytes[..bit / 8]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count() as u64
                + 1;
            let torn = report.files[0].torn;
            let near = |found: u64| found == line || found == line + 1;
            located += usize::from(
                report.findings.iter().any(|finding| near(finding.line)) || torn == Some(line),
            );
        }
        // All but those within the name of the key, or the end of the file.
        assert!(
            located * 1_000 >= bytes.len() * 8 * 990,
            "{located} of {}",
            bytes.len() * 8
        );
    }
}

#[test]
fn every_deleted_line_is_found_where_it_was() {
    let (bytes, _) = sample(options());
    let lines = lines(&bytes);
    for deleted in 0..lines.len() {
        let mut left = lines.clone();
        left.remove(deleted);
        let report = found(left.concat()).unwrap();
        // The last one alone leaves nothing behind: that takes an anchor.
        if deleted == lines.len() - 1 {
            assert!(!report.files[0].closed);
            continue;
        }
        assert_eq!(report.verdict(), Verdict::Tampered, "line {deleted}");
        assert_eq!(
            report.findings[0].line,
            deleted as u64 + 1,
            "{:?}",
            report.findings
        );
        if deleted > 0 {
            let seq = deleted as u64;
            assert_eq!(
                report.findings[0].damage,
                Damage::Missing { from: seq, to: seq }
            );
            assert_eq!(report.damages, 1);
        }
    }
}

#[test]
fn every_two_lines_that_were_swapped_are_found() {
    let (bytes, _) = sample(options());
    let lines = lines(&bytes);
    for first in 0..lines.len() {
        for second in first + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(first, second);
            let verdict = found(swapped.concat()).map(|report| report.verdict());
            assert_eq!(verdict, Some(Verdict::Tampered), "{first} and {second}");
        }
    }
}

#[test]
fn every_line_that_is_there_twice_is_found() {
    let (bytes, _) = sample(options());
    let lines = lines(&bytes);
    for twice in 0..lines.len() {
        for place in twice + 1..=lines.len() {
            let mut repeated = lines.clone();
            repeated.insert(place, lines[twice].clone());
            let report = found(repeated.concat()).unwrap();
            assert_eq!(
                report.verdict(),
                Verdict::Tampered,
                "{twice} again at {place}"
            );
            let damage = Damage::Misplaced { seq: twice as u64 };
            assert_eq!(report.findings[0].damage, damage);
            assert_eq!(report.findings[0].line, place as u64 + 1);
        }
    }
}

#[test]
fn whatever_is_cut_off_before_an_anchor_is_found() {
    let (bytes, anchor) = sample(options());
    for len in 0..bytes.len() {
        let report = verified(bytes[..len].to_vec(), std::slice::from_ref(&anchor)).unwrap();
        assert_eq!(report.verdict(), Verdict::Tampered, "{len} bytes left");
        let damage = Damage::Anchor { size: anchor.size };
        assert!(
            report
                .findings
                .iter()
                .any(|finding| finding.damage == damage)
        );
    }
}

#[test]
fn what_is_cut_off_after_the_last_anchor_is_not_found_but_a_torn_line_is() {
    let (bytes, _) = sample(options());
    let lines = lines(&bytes);
    let whole = lines[..lines.len() - 1].concat();
    assert_eq!(found(whole.clone()).unwrap().verdict(), Verdict::Intact);
    for torn in 1..lines[0].len().min(60) {
        let report = found(whole[..whole.len() - torn].to_vec()).unwrap();
        assert_eq!(
            report.files[0].torn,
            Some(lines.len() as u64 - 1),
            "{torn} bytes less"
        );
    }
}

#[test]
fn a_whole_last_line_that_was_altered_is_not_taken_for_a_torn_one() {
    let (bytes, _) = sample(options());
    let mut lines = lines(&bytes);
    let last = lines.last_mut().unwrap();
    let place = last
        .windows(5)
        .position(|bytes| bytes == b"\"seq\"")
        .unwrap();
    last[place + 7] ^= 1;
    assert_eq!(found(lines.concat()).unwrap().verdict(), Verdict::Tampered);
}

/// A line that breaks off excuses no line after it.
#[test]
fn whole_lines_after_a_torn_one_are_found() {
    let (bytes, _) = sample(options());
    let lines = lines(&bytes);
    for forged in 1..lines.len() - 3 {
        let at = lines.len() - 1 - forged;
        let mut altered = lines.clone();
        for line in &mut altered[at + 1..] {
            let text = String::from_utf8(line.clone()).unwrap();
            let text = text.replace("call-", "call-1").replace("close", "closed");
            *line = text.replace("\"closed\"", "\"close\" ").into_bytes();
        }
        let mut broken = lines[at].clone();
        broken[20] = 0x80;
        for torn in [broken, b"\x80\n".to_vec()] {
            altered[at] = torn;
            let report = found(altered.concat()).unwrap();
            assert_eq!(report.verdict(), Verdict::Tampered, "{forged} lines");
            assert_eq!(report.files[0].torn, None);
        }
        // Nothing but torn lines at the end are an end that a power failure may leave.
        let torn = [lines[..=at].concat(), vec![0; 5_000]].concat();
        let report = found(torn).unwrap();
        assert_eq!(
            (report.damages, report.files[0].torn),
            (0, Some(at as u64 + 2))
        );
    }
}

#[test]
fn a_log_written_anew_without_the_key_is_found() {
    let (bytes, _) = sample(Options {
        key: None,
        ..options()
    });
    let report = found(bytes).unwrap();
    assert_eq!(report.findings[0].damage, Damage::Unkeyed);
}

#[test]
fn a_log_written_anew_with_the_key_is_found_by_an_anchor() {
    let (_, anchor) = sample(options());
    let (anew, _) = sample(options());
    let report = verified(anew, &[anchor]).unwrap();
    assert_eq!(report.verdict(), Verdict::Tampered);
}

#[test]
fn a_record_of_another_log_with_the_same_key_is_found_in_its_place() {
    let (bytes, _) = sample(options());
    let (other, _) = sample(options());
    let (here, there) = (lines(&bytes), lines(&other));
    for place in 1..here.len() {
        let mut spliced = here.clone();
        spliced[place].clone_from(&there[place]);
        let report = found(spliced.concat()).unwrap();
        assert_eq!(report.verdict(), Verdict::Tampered, "line {place}");
        assert_eq!(report.findings[0].line, place as u64 + 1);
    }
}

#[test]
fn another_key_is_not_called_an_alteration() {
    let (bytes, _) = sample(options());
    let other = Key::new(vec![9; 32]).unwrap();
    for key in [Some(&other), None] {
        let file = Text("audit.jsonl".to_owned(), bytes.clone());
        assert!(matches!(
            check(&[file], key, &[]),
            Err(Unverifiable::Key { .. })
        ));
    }
}

proptest! {
    #![proptest_config(crate::support::cases(64))]

    #[test]
    fn whatever_is_put_in_or_taken_out_is_found(place in 0_usize..9_000, removed in 0_usize..600, added in proptest::collection::vec(any::<u8>(), 0..40)) {
        let (bytes, anchor) = sample(options());
        let start = place.min(bytes.len());
        let end = (start + removed).min(bytes.len());
        let altered = [&bytes[..start], &added, &bytes[end..]].concat();
        prop_assume!(altered != bytes);
        match verified(altered, &[anchor]) {
            Ok(report) => prop_assert_ne!(report.verdict(), Verdict::Intact),
            Err(error) => {
                let key = matches!(error, Unverifiable::Key { .. });
                prop_assert!(key);
            }
        }
    }
}
