//! What is done to a log from outside, by whoever keeps it: old files are removed, and a change of the key is announced.
//! Either is written down first, in a file of its own, so that a verification knows of it.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::disk::{Disk, RealDisk};
use super::ends;
use super::log::Log;
use super::options::Options;
use super::record::{Link, Record, Stamp};
use super::seal::{Key, Seal};
use super::verify::{FileSource, Kept, Others, Progress, Unverifiable, survey};

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The files.
    pub files: Vec<String>,
    /// The bytes in them.
    pub bytes: u64,
    /// Files that are old enough, and stay: they hold injections in doubt, or say what became of one in a file that stays.
    pub in_doubt: u64,
}

/// Why a log was left as it is.
#[derive(Debug)]
pub enum NotDone {
    /// It cannot be verified.
    Unverifiable(Unverifiable),
    /// It was altered, or has more than can be kept in mind.
    Altered,
    /// No file is sealed with the key that is to be followed by another.
    NoSuchKey,
    /// What was to be done cannot be written down. Says why, and what to do.
    NotWritten(String),
    /// Files cannot be removed, although the log says so already.
    NotRemoved(io::Error),
}

/// Removes the files of a folder whose last record is older than `before`, a time as the log has it, from the beginning
/// of each chain on. A file stays that a living process writes, that holds an injection in doubt, or that says what became of
/// an injection in a file that stays, and with it all that follow in its chain. The key of the newest file seals the record of it.
pub fn prune(
    directory: &Path,
    keys: &[Key],
    before: &str,
    host: &str,
    progress: &Progress,
) -> Result<Pruned, NotDone> {
    let seals: Vec<Seal> = keys.iter().map(|key| Seal::new(Some(key))).collect();
    let files = FileSource::in_folder(directory).map_err(|error| unreadable(directory, error))?;
    let kept =
        survey(files, &seals, &[], Others::Refuse, progress).map_err(NotDone::Unverifiable)?;
    let report = &kept.report;
    if report.damages > 0 || report.more_in_doubt > 0 || report.forgotten > 0 {
        return Err(NotDone::Altered);
    }
    let key = kept.key_of_newest(keys);
    let mut needed = HashSet::new();
    let (mut done, last, goes) = loop {
        let mut done = Pruned::default();
        let mut last: BTreeMap<Uuid, Link> = BTreeMap::new();
        let goes = going(&kept, before, &needed, &mut last, &mut done);
        let names = goes.iter().map(|(name, _)| name.clone()).collect();
        let more = ends::needed(directory, &seals, &kept.report, &names, progress)
            .map_err(NotDone::Unverifiable)?;
        if more.is_empty() {
            break (done, last, goes);
        }
        needed.extend(more);
    };
    if goes.is_empty() {
        return Ok(done);
    }
    let chains = kept.pruned.into_iter().chain(last);
    // What is removed may hold the record of what was removed before.
    let chains: BTreeMap<Uuid, Link> = chains.collect();
    let pruned = chains
        .into_iter()
        .map(|(chain, last)| Record::Pruned { chain, last });
    let rekeyed = kept
        .announced
        .into_iter()
        .map(|key_id| Record::Rekeyed { key_id });
    let records: Vec<Record> = pruned.chain(rekeyed).collect();
    write_down(directory, key, host, &records).map_err(NotDone::NotWritten)?;
    for (name, bytes) in goes {
        RealDisk
            .remove(&directory.join(&name))
            .map_err(NotDone::NotRemoved)?;
        done.files.push(name);
        done.bytes += bytes;
    }
    RealDisk
        .sync_folder(directory)
        .map_err(NotDone::NotRemoved)?;
    Ok(done)
}

/// Names and lengths of the files to remove.
fn going(
    kept: &Kept,
    before: &str,
    needed: &HashSet<String>,
    last: &mut BTreeMap<Uuid, Link>,
    done: &mut Pruned,
) -> Vec<(String, u64)> {
    let mut stays: HashSet<Uuid> = HashSet::new();
    let mut goes = Vec::new();
    for file in &kept.files {
        let scanned = &file.scanned;
        let (Some(chain), Some(end)) = (scanned.chain, scanned.head.link(&file.name)) else {
            continue;
        };
        let old = scanned.time.as_str() < before;
        let is_needed = file.in_doubt || needed.contains(&file.name);
        if stays.contains(&chain) || !old || file.written || is_needed {
            done.in_doubt += u64::from(old && is_needed);
            stays.insert(chain);
            continue;
        }
        goes.push((file.name.clone(), scanned.bytes));
        last.insert(chain, end);
    }
    goes
}

/// Writes down in a folder that files with one of the keys `next` will follow. It is sealed with that of `now` which the
/// newest file has that has any.
pub fn rekey(directory: &Path, now: &[Key], next: &[Key], host: &str) -> Result<(), NotDone> {
    let seals: Vec<Seal> = now.iter().map(|key| Seal::new(Some(key))).collect();
    let files = FileSource::in_folder(directory).map_err(|error| unreadable(directory, error))?;
    let kept = survey(files, &seals, &[], Others::Skip, &Progress::default());
    let kept = kept.map_err(NotDone::Unverifiable)?;
    let key = kept.key_of_newest(now).ok_or(NotDone::NoSuchKey)?;
    let next = next.iter().map(|key| Seal::new(Some(key)));
    let records = next.filter_map(|seal| {
        let key_id = seal.key_id()?.to_owned();
        Some(Record::Rekeyed { key_id })
    });
    let records: Vec<Record> = records.collect();
    write_down(directory, Some(key), host, &records).map_err(NotDone::NotWritten)
}

impl Kept {
    fn key_of_newest<'k>(&self, keys: &'k [Key]) -> Option<&'k Key> {
        let files = self.files.iter().map(|file| &file.scanned);
        let keyed = files.filter(|scanned| scanned.key.is_some());
        let newest = keyed.max_by_key(|scanned| &scanned.time)?;
        newest.key.and_then(|at| keys.get(at))
    }
}

/// Writes records into a file of their own. They are on the disk when it returns.
fn write_down(
    directory: &Path,
    key: Option<&Key>,
    host: &str,
    records: &[Record],
) -> Result<(), String> {
    let options = Options {
        key: key.cloned(),
        host: host.into(),
        ..Options::at(directory)
    };
    let mut log = Log::new(options, Arc::new(RealDisk));
    let now = Stamp {
        time: SystemTime::now(),
        elapsed: Duration::ZERO,
    };
    log.commit(records, now)?;
    log.close(now);
    Ok(())
}

fn unreadable(directory: &Path, error: io::Error) -> NotDone {
    let file = directory.to_string_lossy().into_owned();
    NotDone::Unverifiable(Unverifiable::Io { file, error })
}
