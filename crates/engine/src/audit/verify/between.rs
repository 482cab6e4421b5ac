//! What holds between the files of a log, and against anchors.

use std::collections::{BTreeMap, HashMap};
use std::io;

use uuid::Uuid;

use super::finding::{Damage, Finding};
use super::line::{Parsed, Previous};
use super::pairs::Pairs;
use super::progress::Progress;
use super::report::Report;
use super::scan::{Scanned, Visitor};
use super::source::Source;
use crate::audit::anchor::Anchor;
use crate::audit::seal::Mac;

/// A file that was read: where it came from, the name by which other files know it, and what is in it.
pub(super) type File<'s> = (&'s dyn Source, &'s str, Scanned);

/// What has to be found while the files are read.
pub(super) struct Reading<'a> {
    progress: &'a Progress,
    file: String,
    /// Records that other files follow: by file and number, with their seals.
    followed: HashMap<String, HashMap<u64, Vec<Wanted>>>,
    /// Records that anchors name: by chain and number.
    anchored: HashMap<(Uuid, u64), Vec<Wanted>>,
    /// Intents and outcomes.
    pub pairs: Pairs,
    /// Records that the log itself says it lost.
    pub lost: u64,
}

struct Wanted {
    mac: String,
    found: bool,
}

impl<'a> Reading<'a> {
    /// `follows` is what the files say they follow.
    pub(super) fn new(
        follows: impl Iterator<Item = Previous>,
        anchors: &[Anchor],
        progress: &'a Progress,
    ) -> Self {
        let mut followed: HashMap<_, HashMap<_, Vec<_>>> = HashMap::new();
        for follows in follows {
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
            pairs: Pairs::default(),
            lost: 0,
        }
    }

    /// The records of a file come next.
    pub(super) fn begin(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// What was not found, although a file that says otherwise, or an anchor, is there.
    pub(super) fn check(&self, scans: &[File<'_>], report: &mut Report) {
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
    fn record(&mut self, chain: Uuid, mac: &Mac, record: &Parsed<'_>) {
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
pub(super) fn check_order(scans: &[File<'_>], report: &mut Report) {
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
