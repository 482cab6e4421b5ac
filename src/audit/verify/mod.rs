//! Verification: that nothing in the files of a log was altered, and which injections are in doubt.
//!
//! [`line`] takes a line apart, [`scan`] reads one file, [`pairs`] brings intents and outcomes together;
//! what holds between files, and against anchors, is here. Files are read once from front to back.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, Read};
use std::path::Path;

use uuid::Uuid;

use super::anchor::Anchor;
use super::record::Event;
use super::seal::{Mac, Seal};
use scan::{End, Scanned, Visitor};

pub use finding::{Damage, Finding};
pub use pairs::InDoubt;
pub use progress::Progress;
pub use report::{FileReport, Report, Verdict};
pub use source::{FileSource, Source};

mod finding;
pub(crate) mod line;
mod pairs;
mod progress;
mod report;
pub(crate) mod scan;
mod source;

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

/// Verifies files together. `progress` tells how far it is.
pub fn verify(
    sources: &[&dyn Source],
    keys: &[Seal],
    anchors: &[Anchor],
    progress: &Progress,
) -> Result<Report, Unverifiable> {
    let mut beginnings = sources
        .iter()
        .map(|source| Beginning::read(*source))
        .collect::<Result<Vec<_>, _>>()?;
    // In the order in which they were written, so that intents mostly come before their outcomes.
    beginnings.sort_by(|a, b| a.order.cmp(&b.order));
    let mut reading = Reading::new(&beginnings, anchors, progress);
    let mut report = Report::default();
    let mut scans = Vec::new();
    for Beginning { source, name, .. } in &beginnings {
        reading.begin(name);
        let failed = |error| Unverifiable::Io {
            file: source.name().to_owned(),
            error,
        };
        let reader = source.open().map_err(failed)?;
        let scanned = scan::scan(reader, keys, &mut reading).map_err(failed)?;
        if scanned.other_key {
            return Err(Unverifiable::Key {
                file: source.name().to_owned(),
            });
        }
        scans.push((*source, name.as_str(), scanned));
    }
    for (source, _, scanned) in &scans {
        report.files.push(file_report(source.name(), scanned));
        for (position, damage) in &scanned.damage {
            report.add(Finding {
                file: source.name().to_owned(),
                line: position.line,
                byte: position.byte,
                damage: damage.clone(),
            });
        }
    }
    reading.check(&scans, &mut report);
    check_order(&scans, &mut report);
    (report.in_doubt, report.unknown) = reading.pairs.finish();
    report.lost = reading.lost;
    Ok(report)
}

fn file_report(file: &str, scanned: &Scanned) -> FileReport {
    FileReport {
        file: file.to_owned(),
        chain: scanned.chain,
        first: scanned.first,
        records: scanned.records,
        closed: scanned.closed,
        torn: match scanned.end {
            End::Torn(at) => Some(at.line),
            // Its process ended before it wrote anything.
            End::Whole => (scanned.bytes == 0).then_some(1),
        },
    }
}

/// What the first line of a file says, before anything is known to be true.
struct Beginning<'s> {
    source: &'s dyn Source,
    /// The name by which other files know it.
    name: String,
    /// What begins with no record comes last.
    order: (bool, String, Option<Uuid>, u64),
    follows: Option<line::Previous>,
}

/// The first line of a file is never longer.
const FIRST_LINE: u64 = 4 * 1024;

impl<'s> Beginning<'s> {
    fn read(source: &'s dyn Source) -> Result<Self, Unverifiable> {
        let name = Path::new(source.name()).file_name();
        let name = name.map(|name| name.to_string_lossy().into_owned());
        let mut first = Vec::new();
        source
            .open()
            .and_then(|reader| reader.take(FIRST_LINE).read_until(b'\n', &mut first))
            .map_err(|error| Unverifiable::Io {
                file: source.name().to_owned(),
                error,
            })?;
        let record = line::parse(&first).filter(|record| record.ev == Event::Open);
        Ok(Self {
            source,
            name: name.unwrap_or_default(),
            order: record.as_ref().map_or_else(
                || (true, String::new(), None, 0),
                |record| {
                    (
                        false,
                        record.t.clone().into_owned(),
                        record.chain,
                        record.seq,
                    )
                },
            ),
            follows: record.and_then(|record| record.previous),
        })
    }
}

/// What has to be found while the files are read.
struct Reading<'a> {
    progress: &'a Progress,
    file: String,
    /// Records that other files follow: by file and number, with their seals.
    followed: HashMap<String, HashMap<u64, Vec<Wanted>>>,
    /// Records that anchors name: by chain and number.
    anchored: HashMap<(Uuid, u64), Vec<Wanted>>,
    pairs: pairs::Pairs,
    lost: u64,
}

struct Wanted {
    mac: String,
    found: bool,
}

impl<'a> Reading<'a> {
    fn new(beginnings: &[Beginning<'_>], anchors: &[Anchor], progress: &'a Progress) -> Self {
        let mut followed: HashMap<_, HashMap<_, Vec<_>>> = HashMap::new();
        for follows in beginnings.iter().filter_map(|file| file.follows.clone()) {
            followed
                .entry(follows.file)
                .or_default()
                .entry(follows.seq)
                .or_default()
                .push(Wanted {
                    mac: follows.mac,
                    found: false,
                });
        }
        let mut anchored: HashMap<_, Vec<_>> = HashMap::new();
        for Anchor { chain, size, mac } in anchors {
            anchored
                .entry((*chain, size.saturating_sub(1)))
                .or_default()
                .push(Wanted {
                    mac: mac.as_str().to_owned(),
                    found: false,
                });
        }
        Self {
            progress,
            file: String::new(),
            followed,
            anchored,
            pairs: pairs::Pairs::default(),
            lost: 0,
        }
    }

    fn begin(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// What was not found, although a file that says otherwise, or an anchor, is there.
    fn check(&self, scans: &[(&dyn Source, &str, Scanned)], report: &mut Report) {
        for (source, _, scanned) in scans {
            let Some(follows) = &scanned.previous else {
                continue;
            };
            // Files that were put away long ago need not be given.
            let given = scans.iter().any(|(_, name, _)| *name == follows.file);
            let wanted = self
                .followed
                .get(&follows.file)
                .and_then(|file| file.get(&follows.seq));
            let found = wanted
                .into_iter()
                .flatten()
                .any(|wanted| wanted.mac == follows.mac && wanted.found);
            if given && !found {
                report.add(Finding {
                    file: source.name().to_owned(),
                    line: 1,
                    byte: 0,
                    damage: Damage::BrokenLink {
                        file: follows.file.clone(),
                        seq: follows.seq,
                    },
                });
            }
        }
        let mut missing = Vec::new();
        for ((chain, seq), wanted) in &self.anchored {
            report.anchors += wanted.iter().filter(|wanted| wanted.found).count() as u64;
            if wanted.iter().any(|wanted| !wanted.found) {
                missing.push((*chain, *seq));
            }
        }
        missing.sort_unstable();
        for (chain, seq) in missing {
            let file = scans
                .iter()
                .rev()
                .find(|(_, _, scanned)| {
                    scanned.chain == Some(chain) && scanned.first.is_some_and(|first| first <= seq)
                })
                .map(|(source, _, scanned)| (source.name().to_owned(), scanned.bytes));
            let (file, byte) = file.unwrap_or_default();
            report.add(Finding {
                file,
                line: 0,
                byte,
                damage: Damage::Anchor { size: seq + 1 },
            });
        }
    }
}

impl Visitor for Reading<'_> {
    fn record(&mut self, chain: Uuid, mac: &Mac, record: &line::Parsed<'_>) {
        let mark = |wanted: &mut Vec<Wanted>| {
            for wanted in wanted
                .iter_mut()
                .filter(|wanted| wanted.mac == mac.as_str())
            {
                wanted.found = true;
            }
        };
        if let Some(file) = self.followed.get_mut(&self.file) {
            file.get_mut(&record.seq).map(mark);
        }
        if !self.anchored.is_empty() {
            self.anchored.get_mut(&(chain, record.seq)).map(mark);
        }
        self.lost += record.lost.unwrap_or_default();
        self.pairs.record(record);
    }

    fn read(&mut self, bytes: u64) -> io::Result<()> {
        self.progress.read(bytes)
    }
}

/// Files of one chain must adjoin, and a file that says where the chain goes on must be followed.
fn check_order(scans: &[(&dyn Source, &str, Scanned)], report: &mut Report) {
    let mut chains: BTreeMap<Uuid, BTreeMap<u64, (&dyn Source, &Scanned)>> = BTreeMap::new();
    for (source, _, scanned) in scans {
        if let (Some(chain), Some(first)) = (scanned.chain, scanned.first) {
            let files = chains.entry(chain).or_default();
            files.insert(first, (*source, scanned));
        }
    }
    let given = |file: &str| scans.iter().find(|(_, name, _)| *name == file);
    for files in chains.values() {
        let mut following = files.iter().skip(1);
        for (source, scanned) in files.values() {
            if let Some((first, (next, follower))) = following.next() {
                // When the file before it is there, the link says what is wrong.
                let before = follower.previous.as_ref().map(|link| &link.file);
                if let Some(file) = before
                    && scanned.head.next < *first
                    && given(file).is_none()
                {
                    report.add(missing_file(next.name(), file));
                }
            } else if let Some(file) = &scanned.next
                // A process that ended while it began the next file left it empty.
                && given(file).is_none_or(|(_, _, next)| next.first.is_some())
            {
                report.add(missing_file(source.name(), file));
            }
        }
    }
}

fn missing_file(found_in: &str, file: &str) -> Finding {
    Finding {
        file: found_in.to_owned(),
        line: 0,
        byte: 0,
        damage: Damage::MissingFile {
            file: file.to_owned(),
        },
    }
}
