//! Verification: that nothing in the files of a log was altered, and which injections are in doubt.
//!
//! [`line`] takes a line apart, [`scan`] reads one file, [`candidates`] knows what its next record may be, [`reading`] keeps what is found, [`pairs`] brings intents and
//! outcomes together, [`between`] knows what holds between files and against anchors. Files are read once, from front to
//! back, and none is written to.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::io;

use uuid::Uuid;

use super::anchor::Anchor;
use super::record::Link;
use super::seal::Seal;
use between::Between;
use reading::Reading;
use scan::{Checks, Scanned};

pub use finding::{Damage, Finding};
pub use pairs::InDoubt;
pub use progress::Progress;
pub use report::{FileReport, Gap, Report, Verdict};
pub use source::{FileSource, Source};

mod between;
mod candidates;
mod finding;
pub(super) mod line;
mod pairs;
mod progress;
mod reading;
mod report;
mod scan;
mod source;

/// How many files are read besides those that were given, as a log went on in them meanwhile.
const MAX_FOLLOWED: usize = 1_000;

/// Why nothing can be said.
#[derive(Debug)]
pub enum Unverifiable {
    /// A file cannot be read.
    Io {
        /// The file.
        file: String,
        /// Why not.
        error: io::Error,
    },
    /// The file is sealed with a key, and none of those given is it.
    Key {
        /// The file.
        file: String,
    },
}

/// What is done about files that cannot be read or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Nothing is said of any file.
    Refuse,
    /// They are left out, and counted.
    Skip,
    /// Those with a key that was not given are read without a check. The others are refused.
    Trust,
}

/// A file that was read.
pub(super) struct File {
    source: Box<dyn Source>,
    /// The name by which other files know it.
    pub name: String,
    /// Whether a living process writes it.
    pub written: bool,
    /// Whether an injection in it is in doubt, or may still come to be.
    pub in_doubt: bool,
    /// What is in it.
    pub scanned: Scanned,
}

/// What a log says of itself, for whoever keeps it.
pub(super) struct Kept {
    pub report: Report,
    /// The files, those of each chain in its order.
    pub files: Vec<File>,
    /// The last record of each chain that was removed.
    pub pruned: BTreeMap<Uuid, Link>,
    /// The keys that were announced.
    pub announced: BTreeSet<String>,
}

/// Verifies files together. `progress` tells how far it is.
pub fn verify(
    sources: Vec<Box<dyn Source>>,
    keys: &[Seal],
    anchors: &[Anchor],
    others: Others,
    progress: &Progress,
) -> Result<Report, Unverifiable> {
    survey(sources, keys, anchors, others, progress).map(|kept| kept.report)
}

/// The same, with what whoever keeps the log has to know.
pub(super) fn survey(
    sources: Vec<Box<dyn Source>>,
    keys: &[Seal],
    anchors: &[Anchor],
    others: Others,
    progress: &Progress,
) -> Result<Kept, Unverifiable> {
    let mut readers = Readers {
        checks: Checks {
            plain: &Seal::new(None),
            keys,
            trust: others == Others::Trust,
        },
        others,
        reading: Reading::new(anchors, progress),
        files: Vec::new(),
        skipped: 0,
        unread: HashSet::new(),
    };
    readers.read_all(sources)?;
    readers.read_ends();
    readers.report(anchors)
}

/// Reads files, one after the other.
struct Readers<'a> {
    checks: Checks<'a>,
    others: Others,
    reading: Reading<'a>,
    files: Vec<File>,
    skipped: u64,
    /// Those left out that a living process writes.
    unread: HashSet<String>,
}

impl Readers<'_> {
    fn read_all(&mut self, mut sources: Vec<Box<dyn Source>>) -> Result<(), Unverifiable> {
        // In the order in which they were begun, as their names have it: intents mostly come before their outcomes.
        sources.sort_by_cached_key(|source| source.file_name());
        let mut known: HashSet<String> = sources.iter().map(|source| source.file_name()).collect();
        let mut waiting: VecDeque<Box<dyn Source>> = sources.into();
        let mut followed = 0;
        while let Some(source) = waiting.pop_front() {
            let Some(file) = self.read(source)? else {
                continue;
            };
            // A log may have gone on in another file since the files were named.
            let next = file.scanned.next.as_ref();
            if let Some(next) =
                next.filter(|next| followed < MAX_FOLLOWED && !known.contains(*next))
                && let Some(source) = file.source.beside(next)
            {
                known.insert(next.clone());
                followed += 1;
                waiting.push_back(source);
            }
            self.files.push(file);
        }
        Ok(())
    }

    fn read(&mut self, source: Box<dyn Source>) -> Result<Option<File>, Unverifiable> {
        // Asked before: a file whose process ends meanwhile may get its last records meanwhile.
        let written = source.is_written();
        self.reading.file = (self.files.len(), source.name().to_owned());
        let reader = source.open();
        let read = reader.and_then(|reader| scan::scan(reader, self.checks, &mut self.reading));
        let mut scanned = match read {
            Ok(scanned) => scanned,
            Err(_) if self.others == Others::Skip && !self.reading.is_given_up() => {
                self.skip(&*source, written);
                return Ok(None);
            }
            Err(error) => {
                let file = source.name().to_owned();
                return Err(Unverifiable::Io { file, error });
            }
        };
        if written {
            // Its end is just being written.
            scanned.torn = None;
        }
        if scanned.other_key.is_some() && self.others == Others::Skip {
            self.skip(&*source, written);
            return Ok(None);
        }
        Ok(Some(File {
            name: source.file_name(),
            source,
            written,
            in_doubt: false,
            scanned,
        }))
    }

    /// A file may have got its end after it was read, before one that follows it was read: it is read again for that end,
    /// and the records in it are left to the next verification.
    fn read_ends(&mut self) {
        let mut followed: HashMap<&str, u64> = HashMap::new();
        for link in self
            .files
            .iter()
            .filter_map(|file| file.scanned.previous.as_ref())
        {
            let last = followed.entry(&link.file).or_default();
            *last = link.seq.max(*last);
        }
        let behind = |file: &File| {
            let reached = file.scanned.head.next;
            file.written
                && followed
                    .get(&*file.name)
                    .is_some_and(|last| reached <= *last)
        };
        let files = self.files.iter().enumerate();
        let behind = files.filter(|(_, file)| behind(file)).map(|(at, _)| at);
        for at in behind.collect::<Vec<_>>() {
            let Some(file) = self.files.get_mut(at) else {
                continue;
            };
            let mut aside = Reading::new(&[], self.reading.progress);
            let reader = file.source.open();
            let read = reader.and_then(|reader| scan::scan(reader, self.checks, &mut aside));
            // What cannot be read any more is what was read before.
            if let Ok(scanned) = read {
                let torn = None;
                file.scanned = Scanned { torn, ..scanned };
            }
        }
    }

    fn skip(&mut self, source: &dyn Source, written: bool) {
        self.skipped += 1;
        self.unread.extend(written.then(|| source.file_name()));
    }

    fn report(mut self, anchors: &[Anchor]) -> Result<Kept, Unverifiable> {
        let pairs = std::mem::take(&mut self.reading.pairs);
        let mut report = Report {
            gaps: std::mem::take(&mut self.reading.gaps),
            lost: self.reading.lost,
            forgotten: self.reading.forgotten,
            skipped: self.skipped,
            ..Report::default()
        };
        let between = Between::new(&self.files, &self.reading);
        for file in &self.files {
            let key = file.scanned.other_key.as_ref();
            if key.is_some_and(|key| !self.reading.announced.contains(key)) {
                return Err(Unverifiable::Key {
                    file: file.source.name().to_owned(),
                });
            }
            let next = file.scanned.next.as_ref();
            let next = next.filter(|next| between.named(next).is_none());
            report.files.push(file.report(next.cloned()));
            file.tell_damage(&mut report);
        }
        between.check(&mut report);
        between.check_anchors(anchors, &mut report);
        let going_on = between.going_on(&self.unread);
        let chain_of = |file: usize| self.files.get(file)?.scanned.chain;
        let goes_on = |file| chain_of(file).is_some_and(|chain| going_on.contains(&chain));
        let doubts = pairs.finish(goes_on);
        let in_doubt = [&doubts.open, &doubts.unknown, &doubts.under_way];
        for doubt in in_doubt.into_iter().flatten() {
            if let Some(file) = self.files.get_mut(doubt.file) {
                file.in_doubt = true;
            }
        }
        report.more_in_doubt = doubts.more;
        report.under_way = doubts.under_way.len() as u64;
        (report.in_doubt, report.unknown) = (doubts.open, doubts.unknown);
        self.files.sort_by_key(|file| file.scanned.first);
        Ok(Kept {
            files: self.files,
            pruned: self.reading.pruned,
            announced: self.reading.announced,
            report,
        })
    }
}

impl File {
    fn report(&self, next: Option<String>) -> FileReport {
        let scanned = &self.scanned;
        FileReport {
            file: self.source.name().to_owned(),
            chain: scanned.chain,
            first: scanned.first,
            records: scanned.records,
            closed: scanned.closed,
            written: self.written,
            next,
            torn: scanned.torn,
            checked: scanned.other_key.is_none(),
        }
    }

    fn tell_damage(&self, report: &mut Report) {
        let damage = &self.scanned.damage;
        for (position, damage) in &damage.list {
            report.add(Finding {
                file: self.source.name().to_owned(),
                line: position.line,
                byte: position.byte,
                damage: damage.clone(),
            });
        }
        report.damages += damage.count - damage.list.len() as u64;
    }
}
