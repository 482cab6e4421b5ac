//! Old files are removed and keys are changed, and a verification knows of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cxone_dtmf_engine::audit::upkeep::{NotDone, prune, rekey};
use cxone_dtmf_engine::audit::verify::{
    FileSource, Others, Progress, Report, Unverifiable, Verdict, verify,
};
use cxone_dtmf_engine::audit::{
    Anchor, Found, Key, Link, Log, Options, RealDisk, Record, Rotation, Seal,
};
use uuid::Uuid;

use super::disk::MemoryDisk;
use super::files::{Folder, in_directory};
use super::records::{
    Text, anchors, at, check as check_texts, check_disk, id, intent, key, open, options, pair,
};

const END: &str = "2030-01-01T00:00:00.000Z";

/// A process of several files, with its anchors.
fn process(folder: &Path, first: u64, closes: bool) -> Vec<Anchor> {
    let rotation = Rotation {
        bytes: 4_096,
        ..Rotation::default()
    };
    let options = Options {
        rotation,
        ..in_directory(folder)
    };
    let mut log = Log::new(options, Arc::new(RealDisk));
    for number in first..first + 30 {
        log.commit(&pair(number), at(number)).unwrap();
    }
    if closes {
        log.close(at(first + 30));
    }
    anchors(log.take_notices())
}

fn check(folder: &Folder, keys: &[&Key], anchors: &[Anchor]) -> Result<Report, Unverifiable> {
    let sources = FileSource::all(&folder.0).unwrap();
    let keys: Vec<Seal> = keys.iter().map(|key| Seal::new(Some(key))).collect();
    verify(
        sources,
        &keys,
        anchors,
        Others::Refuse,
        &Progress::default(),
    )
}

/// The time in the last record of the log so far, and a little later.
fn after(seconds: u64) -> String {
    humantime::format_rfc3339_micros(at(seconds).time).to_string()
}

#[test]
fn old_files_are_removed_again_and_again_and_the_log_stays_intact() {
    let folder = Folder::new();
    let mut given = Vec::new();
    for round in 0..4 {
        given.extend(process(&folder.0, round * 100, round % 2 == 0));
        let count = folder.files().len();
        let cut = after(round * 100 + 15);
        let done = prune(&folder.0, &[key()], &cut, "host", &Progress::default()).unwrap();
        assert!(!done.files.is_empty() && done.bytes > 4_000, "{done:?}");
        // And the record of it.
        assert_eq!(folder.files().len(), count - done.files.len() + 1);
        let report = check(&folder, &[&key()], &given).unwrap();
        assert_eq!(report.verdict(), Verdict::Intact, "{:?}", report.findings);
        assert!(report.pruned_anchors > 0);
        assert_eq!(report.anchors + report.pruned_anchors, given.len() as u64);
    }
    // So are the records of what was removed, and what they say stays.
    let all = Folder::new();
    let given_there = process(&all.0, 0, true);
    for _ in 0..3 {
        let done = prune(&all.0, &[key()], END, "host", &Progress::default()).unwrap();
        assert!(!done.files.is_empty());
        assert_eq!(all.files().len(), 1);
        let report = check(&all, &[&key()], &given_there).unwrap();
        assert_eq!(report.verdict(), Verdict::Intact, "{:?}", report.findings);
        assert_eq!(report.pruned_anchors, given_there.len() as u64);
    }
    // What was removed without a word is missed all the same.
    let holds = |file: &PathBuf| fs::read_to_string(file).unwrap().contains("intent");
    let oldest = folder.files().into_iter().find(holds).unwrap();
    fs::remove_file(oldest).unwrap();
    let report = check(&folder, &[&key()], &given).unwrap();
    assert_eq!(report.verdict(), Verdict::Tampered);
}

#[test]
fn what_is_new_in_doubt_or_altered_stays() {
    let folder = Folder::new();
    process(&folder.0, 0, true);
    let count = folder.files().len();
    let nothing = prune(&folder.0, &[key()], &after(0), "host", &Progress::default()).unwrap();
    assert_eq!((nothing.files.len(), folder.files().len()), (0, count));
    let mut log = Log::new(in_directory(&folder.0), Arc::new(RealDisk));
    log.commit(&[Record::Intent(intent(900))], at(0)).unwrap();
    // While its process lives, and after.
    let done = prune(&folder.0, &[key()], END, "host", &Progress::default()).unwrap();
    assert_eq!(done.files.len(), count);
    drop(log);
    let done = prune(&folder.0, &[key()], END, "host", &Progress::default()).unwrap();
    assert_eq!(done.in_doubt, 1);
    let report = check(&folder, &[&key()], &[]).unwrap();
    assert_eq!(report.in_doubt.len(), 1);
    process(&folder.0, 0, true);
    let file = folder.files().pop().unwrap();
    let text = fs::read_to_string(&file)
        .unwrap()
        .replace("accepted", "refused");
    fs::write(&file, text).unwrap();
    let count = folder.files().len();
    let altered = prune(&folder.0, &[key()], END, "host", &Progress::default());
    assert!(matches!(altered, Err(NotDone::Altered)), "{altered:?}");
    assert_eq!(folder.files().len(), count);
}

#[test]
fn what_ended_an_injection_stays_as_long_as_its_intent() {
    for end in [
        Record::Resolved {
            injection: id(1),
            call: "call-1".into(),
            found: Found::Pressed,
        },
        pair(1)[1].clone(),
    ] {
        let folder = Folder::new();
        let mut crashed = Log::new(in_directory(&folder.0), Arc::new(RealDisk));
        let intents = [1, 2].map(|number| Record::Intent(intent(number)));
        crashed.commit(&intents, at(0)).unwrap();
        drop(crashed);
        let mut other = Log::new(in_directory(&folder.0), Arc::new(RealDisk));
        other.commit(&[end], at(1)).unwrap();
        other.close(at(2));
        // Nothing of this one holds anything.
        process(&folder.0, 100, true);
        let before = check(&folder, &[&key()], &[]).unwrap();
        prune(&folder.0, &[key()], END, "host", &Progress::default()).unwrap();
        let report = check(&folder, &[&key()], &[]).unwrap();
        let ids = |report: &Report| {
            report
                .in_doubt
                .iter()
                .map(|one| one.injection_id)
                .collect::<Vec<_>>()
        };
        assert_eq!((ids(&before), ids(&report)), (vec![id(2)], vec![id(2)]));
    }
}

#[test]
fn a_change_of_the_key_is_announced_by_the_key_before() {
    let folder = Folder::new();
    process(&folder.0, 0, true);
    let next = Key::new(vec![9; 32]).unwrap();
    let options = Options {
        key: Some(next.clone()),
        ..in_directory(&folder.0)
    };
    let mut log = Log::new(options, Arc::new(RealDisk));
    log.commit(&pair(500), at(500)).unwrap();
    log.close(at(501));
    let refused = check(&folder, &[&key()], &[]);
    assert!(matches!(refused, Err(Unverifiable::Key { .. })));
    rekey(&folder.0, &[key()], std::slice::from_ref(&next), "host").unwrap();
    let report = check(&folder, &[&key()], &[]).unwrap();
    assert_eq!(report.verdict(), Verdict::Intact);
    assert_eq!(report.files.iter().filter(|file| !file.checked).count(), 1);
    let report = check(&folder, &[&key(), &next], &[]).unwrap();
    assert!(report.files.iter().all(|file| file.checked));
    // A third one is not announced by itself, and by no key that the log does not have.
    let third = Key::new(vec![8; 32]).unwrap();
    let third = std::slice::from_ref(&third);
    let refused = rekey(&folder.0, third, third, "host");
    assert!(matches!(refused, Err(NotDone::NoSuchKey)), "{refused:?}");
}

#[test]
fn nothing_is_said_of_chains_whose_key_was_announced_and_not_given() {
    let folder = Folder::new();
    process(&folder.0, 0, true);
    let next = Key::new(vec![9; 32]).unwrap();
    rekey(&folder.0, &[key()], std::slice::from_ref(&next), "host").unwrap();
    let options = Options {
        key: Some(next.clone()),
        rotation: Rotation {
            bytes: 4_096,
            ..Rotation::default()
        },
        ..in_directory(&folder.0)
    };
    let mut log = Log::new(options, Arc::new(RealDisk));
    for number in 500..530 {
        log.commit(&pair(number), at(number)).unwrap();
    }
    log.close(at(530));
    let given = anchors(log.take_notices());
    let report = check(&folder, &[&key()], &given).unwrap();
    assert_eq!(report.verdict(), Verdict::Intact, "{:?}", report.findings);
    assert!(report.files.iter().filter(|file| !file.checked).count() > 2);
    assert_eq!(report.unchecked_anchors, given.len() as u64);
    let report = check(&folder, &[&key(), &next], &given).unwrap();
    assert_eq!(
        (report.verdict(), report.anchors),
        (Verdict::Intact, given.len() as u64)
    );
    // A file that claims such a key excuses nothing in the chain of another.
    let holds = |file: &PathBuf, text: &str| fs::read_to_string(file).unwrap().contains(text);
    let old = folder.files();
    let old = old.iter().filter(|file| holds(file, r#""prev""#));
    let middle = old.into_iter().next().unwrap();
    let names = [key(), next].map(|key| Seal::new(Some(&key)).key_id().unwrap().to_owned());
    let text = fs::read_to_string(middle).unwrap();
    fs::write(middle, text.replace(&names[0], &names[1])).unwrap();
    let report = check(&folder, &[&key()], &[]).unwrap();
    assert_eq!(report.verdict(), Verdict::Tampered);
}

/// What a log says of itself is remembered in little room, whatever it says.
#[test]
fn only_names_that_can_be_are_remembered_and_only_so_many() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk, options());
    let long = "k".repeat(3_000);
    let chain = Uuid::from_u128(7);
    let mac = Seal::new(None).mac(None, b"x");
    let last = Link {
        file: long.clone(),
        seq: 9,
        mac,
    };
    let announced = Record::Rekeyed {
        key_id: long.clone(),
    };
    log.commit(&[announced, Record::Pruned { chain, last }], at(0))
        .unwrap();
    // As if it had been removed: the log says nothing of it that counts.
    let anchor = Anchor {
        chain,
        size: 10,
        mac,
    };
    let report = check_disk(&disk, &[anchor]);
    assert_eq!(
        (report.verdict(), report.pruned_anchors),
        (Verdict::Tampered, 0)
    );
    for number in 0..1_003 {
        let key_id = format!("{number:011}");
        log.commit(&[Record::Rekeyed { key_id }], at(1)).unwrap();
    }
    let report = check_disk(&disk, &[]);
    assert_eq!((report.verdict(), report.forgotten), (Verdict::Intact, 3));
    let mut files = disk.texts();
    let name = Seal::new(Some(&key())).key_id().unwrap().to_owned();
    let other = String::from_utf8(files[0].1.clone()).unwrap();
    let other = other.replace(&name, &long).into_bytes();
    files.push(Text("other.jsonl".to_owned(), other));
    let refused = check_texts(&files, Some(&key()), &[]);
    assert!(matches!(refused, Err(Unverifiable::Key { .. })));
}
