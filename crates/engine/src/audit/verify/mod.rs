//! Verification: that nothing in the files of a log was altered, and which injections are in doubt.
//!
//! [`line`] takes a line apart, [`scan`] reads one file, [`reading`] keeps what is found, [`pairs`] brings intents and
//! outcomes together, [`between`] knows what holds between files and against anchors. Files are read once, from front to
//! back, and none is written to.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::io::{self, BufRead, Read};
use std::path::Path;

use uuid::Uuid;

use super::anchor::Anchor;
use super::fields::Event;
use super::record::Link;
use super::seal::Seal;
use between::Between;
use reading::Reading;
use scan::{Checks, MAX_LINE, Scanned};

pub use finding::{Damage, Finding};
pub use pairs::InDoubt;
pub use progress::Progress;
pub use report::{FileReport, Gap, Report, Verdict};
pub use source::{FileSource, Source};

mod between;
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
struct File {
    source: Box<dyn Source>,
    /// The name by which other files know it.
    name: String,
    /// Whether a living process writes it.
    written: bool,
    /// Whether its key was given.
    checked: bool,
    scanned: Scanned,
}

/// What a log says of itself, for whoever keeps it.
pub(super) struct Kept {
    pub report: Report,
    /// The files that hold a chain, in the order in which they were written.
    pub files: Vec<KeptFile>,
    /// The last record of each chain that was removed.
    pub pruned: BTreeMap<Uuid, Link>,
    /// The keys that were announced.
    pub announced: BTreeSet<String>,
}

/// One file of a log.
pub(super) struct KeptFile {
    pub chain: Uuid,
    /// Its last record.
    pub last: Link,
    /// When that was written, as the log has it.
    pub time: String,
    pub bytes: u64,
    pub written: bool,
    /// Which of the keys that were given it is sealed with.
    pub key: Option<usize>,
    /// Whether an injection in it is in doubt, or may still come to be.
    pub in_doubt: bool,
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
    let mut report = Report::default();
    let mut beginnings = Vec::new();
    for source in sources {
        match Beginning::read(source) {
            Ok(beginning) => beginnings.push(beginning),
            Err(Unverifiable::Io { .. }) if others == Others::Skip => report.skipped += 1,
            Err(error) => return Err(error),
        }
    }
    // In the order in which they were written, so that intents mostly come before their outcomes.
    beginnings.sort_by(|a, b| a.order.cmp(&b.order));
    let follows = beginnings.iter().filter_map(|file| file.follows.as_ref());
    let reading = Reading::new(follows, anchors, progress);
    let checks = Checks {
        keys,
        trust: others == Others::Trust,
    };
    let mut readers = Readers {
        checks,
        others,
        reading,
        files: Vec::new(),
        skipped: report.skipped,
    };
    readers.read_all(beginnings)?;
    readers.report(anchors)
}

/// Reads files, one after the other.
struct Readers<'a> {
    checks: Checks<'a>,
    others: Others,
    reading: Reading<'a>,
    files: Vec<File>,
    skipped: u64,
}

impl Readers<'_> {
    fn read_all(&mut self, beginnings: Vec<Beginning>) -> Result<(), Unverifiable> {
        let given: HashSet<String> = beginnings.iter().map(|file| file.name.clone()).collect();
        let mut waiting: VecDeque<Beginning> = beginnings.into();
        let mut followed = 0;
        while let Some(beginning) = waiting.pop_front() {
            let Some(file) = self.read(beginning)? else {
                continue;
            };
            // A log may have gone on in another file since the files were named.
            if let Some(next) = file
                .scanned
                .next
                .as_ref()
                .filter(|next| !given.contains(*next))
                && followed < MAX_FOLLOWED
                && let Some(Ok(next)) = file.source.beside(next).map(Beginning::read)
            {
                followed += 1;
                waiting.push_back(next);
            }
            self.files.push(file);
        }
        Ok(())
    }

    fn read(&mut self, beginning: Beginning) -> Result<Option<File>, Unverifiable> {
        let Beginning { source, name, .. } = beginning;
        // Asked before: a file whose process ends meanwhile may get its last records meanwhile.
        let written = source.is_written();
        self.reading.file = (self.files.len(), source.name().to_owned());
        let reader = source.open();
        let read = reader.and_then(|reader| scan::scan(reader, self.checks, &mut self.reading));
        let mut scanned = match read {
            Ok(scanned) => scanned,
            Err(_) if self.others == Others::Skip && !self.reading.is_given_up() => {
                self.skipped += 1;
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
            self.skipped += 1;
            return Ok(None);
        }
        Ok(Some(File {
            checked: scanned.other_key.is_none(),
            source,
            name,
            written,
            scanned,
        }))
    }

    fn report(mut self, anchors: &[Anchor]) -> Result<Kept, Unverifiable> {
        let pairs = std::mem::take(&mut self.reading.pairs);
        let mut report = Report {
            gaps: std::mem::take(&mut self.reading.gaps),
            lost: self.reading.lost,
            skipped: self.skipped,
            ..Report::default()
        };
        let between = Between::new(&self.files, &self.reading);
        for file in &self.files {
            let key = file.scanned.other_key.as_ref();
            if key.is_some_and(|key| !self.reading.is_announced(key)) {
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
        let going_on = between.going_on();
        let chain_of = |file: usize| self.files.get(file)?.scanned.chain;
        let goes_on = |file| chain_of(file).is_some_and(|chain| going_on.contains(&chain));
        let doubts = pairs.finish(goes_on);
        let in_doubt = [&doubts.open, &doubts.unknown, &doubts.under_way];
        let in_doubt = in_doubt.into_iter().flatten().map(|doubt| doubt.file);
        let in_doubt: HashSet<usize> = in_doubt.collect();
        report.more_in_doubt = doubts.more;
        report.under_way = doubts.under_way.len() as u64;
        (report.in_doubt, report.unknown) = (doubts.open, doubts.unknown);
        let files = self.files.iter().enumerate();
        Ok(Kept {
            files: files
                .filter_map(|(at, file)| file.kept(in_doubt.contains(&at)))
                .collect(),
            pruned: self.reading.pruned,
            announced: self.reading.announced,
            report,
        })
    }
}

impl File {
    fn kept(&self, in_doubt: bool) -> Option<KeptFile> {
        let scanned = &self.scanned;
        Some(KeptFile {
            chain: scanned.chain?,
            last: scanned.head.link(&self.name)?,
            time: scanned.time.clone(),
            bytes: scanned.bytes,
            written: self.written,
            key: scanned.key,
            in_doubt,
        })
    }

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
            checked: self.checked,
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

/// What the first line of a file says, before anything is known to be true.
struct Beginning {
    source: Box<dyn Source>,
    /// The name by which other files know it.
    name: String,
    /// What begins with no record comes last.
    order: (bool, String, Option<Uuid>, u64),
    follows: Option<line::Previous>,
}

impl Beginning {
    fn read(source: Box<dyn Source>) -> Result<Self, Unverifiable> {
        let name = Path::new(source.name()).file_name();
        let name = name.map(|name| name.to_string_lossy().into_owned());
        let mut first = Vec::new();
        source
            .open()
            .and_then(|reader| reader.take(MAX_LINE as u64).read_until(b'\n', &mut first))
            .map_err(|error| Unverifiable::Io {
                file: source.name().to_owned(),
                error,
            })?;
        let record = line::parse(&first).filter(|record| record.ev == Event::Open);
        Ok(Self {
            order: record.as_ref().map_or_else(
                || (true, String::new(), None, 0),
                |record| (false, record.t.to_owned(), record.chain, record.seq),
            ),
            follows: record.and_then(|record| record.previous),
            source,
            name: name.unwrap_or_default(),
        })
    }
}
