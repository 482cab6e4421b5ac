//! What holds between the files of a log, and against anchors.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use super::File;
use super::finding::{Damage, Finding};
use super::line::Previous;
use super::reading::Reading;
use super::report::Report;
use crate::audit::anchor::Anchor;
use crate::audit::seal::Mac;

/// The files, by the names by which others know them and by the chains they are of.
pub(super) struct Between<'a> {
    files: &'a [File],
    reading: &'a Reading<'a>,
    named: HashMap<&'a str, usize>,
    chains: BTreeMap<Uuid, Vec<&'a File>>,
    /// Chains with a key that was not given. A process has one key, so nothing of them is known.
    unchecked: HashSet<Uuid>,
}

impl<'a> Between<'a> {
    pub(super) fn new(files: &'a [File], reading: &'a Reading<'a>) -> Self {
        let mut chains: BTreeMap<Uuid, Vec<&File>> = BTreeMap::new();
        let mut unchecked = HashSet::new();
        for file in files {
            if file.scanned.other_key.is_some() {
                unchecked.extend(file.scanned.chain);
            } else if let (Some(chain), Some(_)) = (file.scanned.chain, file.scanned.first) {
                chains.entry(chain).or_default().push(file);
            }
        }
        for files in chains.values_mut() {
            files.sort_by_key(|file| file.scanned.first);
        }
        unchecked.retain(|chain| !chains.contains_key(chain));
        let named = files.iter().enumerate();
        let named = named.map(|(at, file)| (file.name.as_str(), at)).collect();
        Self {
            files,
            reading,
            named,
            chains,
            unchecked,
        }
    }

    /// The file of that name.
    pub(super) fn named(&self, name: &str) -> Option<&'a File> {
        self.named.get(name).and_then(|at| self.files.get(*at))
    }

    /// Files of one chain must adjoin, and what a file follows must be there if that file is.
    pub(super) fn check(&self, report: &mut Report) {
        for files in self.chains.values() {
            let mut before: Option<&File> = None;
            for file in files {
                self.check_start(file, before, report);
                let reach = |file: &File| file.scanned.head.next;
                if before.is_none_or(|before| reach(before) <= reach(file)) {
                    before = Some(file);
                }
            }
            if let Some(last) = before
                && let Some(next) = &last.scanned.next
                // A process that ended while it began the next file left it empty.
                && self.named(next).is_some_and(|next| next.scanned.first.is_some())
            {
                report.add(missing_file(last.source.name(), next));
            }
        }
    }

    fn check_start(&self, file: &File, before: Option<&File>, report: &mut Report) {
        let (Some(chain), Some(first)) = (file.scanned.chain, file.scanned.first) else {
            return;
        };
        if let Some(before) = before.filter(|before| first < before.scanned.head.next) {
            report.add(Finding {
                file: file.source.name().to_owned(),
                line: 0,
                byte: 0,
                damage: Damage::Twice {
                    file: before.source.name().to_owned(),
                },
            });
            return;
        }
        let Some(link) = &file.scanned.previous else {
            return;
        };
        let named = self.named(&link.file);
        let follows = if first > 0 {
            // It goes on in the chain, exactly where the file before ended: what that is called proves nothing.
            before.is_some_and(|before| before.ends_with(link))
        } else {
            named.is_some_and(|named| named.reaches(link))
        };
        if follows {
            return;
        }
        if named.is_some() {
            report.add(Finding {
                file: file.source.name().to_owned(),
                line: 1,
                byte: 0,
                damage: Damage::BrokenLink {
                    file: link.file.clone(),
                    seq: link.seq,
                },
            });
        } else if before.is_some() && first > 0 && !self.reading.is_pruned(chain, link.seq) {
            // Files that were put away long ago need not be given; those in the middle must be.
            report.add(missing_file(file.source.name(), &link.file));
        }
    }

    /// What anchors name must be there, unless the log says that it was removed.
    pub(super) fn check_anchors(&self, anchors: &[Anchor], report: &mut Report) {
        let mut missing = Vec::new();
        for anchor in anchors {
            let (chain, seq) = (anchor.chain, anchor.size.saturating_sub(1));
            if self.reading.has(anchor) {
                report.anchors += 1;
            } else if self.reading.is_pruned(chain, seq) {
                report.pruned_anchors += 1;
            } else if self.unchecked.contains(&chain) {
                report.unchecked_anchors += 1;
            } else {
                missing.push((chain, seq));
            }
        }
        missing.sort_unstable();
        missing.dedup();
        for (chain, seq) in missing {
            let of_chain = self.chains.get(&chain).into_iter().flatten().rev();
            let mut of_chain = of_chain.filter(|file| file.scanned.first <= Some(seq));
            let file = of_chain.next();
            report.add(Finding {
                file: file.map_or_else(String::new, |file| file.source.name().to_owned()),
                line: 0,
                byte: file.map_or(0, |file| file.scanned.bytes),
                damage: Damage::Anchor { size: seq + 1 },
            });
        }
    }

    /// The chains of which more may come, as a living process writes them. `unread` are files that it writes and that were
    /// left out.
    pub(super) fn going_on(&self, unread: &HashSet<String>) -> HashSet<Uuid> {
        let goes_on = |files: &[&File]| {
            let Some(last) = files.last() else {
                return false;
            };
            let next = last.scanned.next.as_ref();
            last.written
                || next.is_some_and(|next| match self.named(next) {
                    Some(next) => next.written,
                    // Begun after the files were named, by a process that lived then.
                    None => unread.contains(next) || files.iter().any(|file| file.written),
                })
        };
        let last = self.chains.iter().filter(|(_, files)| goes_on(files));
        let mut found: Vec<Uuid> = last.map(|(chain, _)| *chain).collect();
        let mut going_on: HashSet<Uuid> = found.iter().copied().collect();
        // A process that could not go on in a chain began another, and its outcomes are there.
        while let Some(chain) = found.pop() {
            let first = self.chains.get(&chain).and_then(|files| files.first());
            let link = first.and_then(|file| file.scanned.previous.as_ref());
            let before = link.and_then(|link| self.named(&link.file)?.scanned.chain);
            found.extend(before.filter(|before| going_on.insert(*before)));
        }
        going_on
    }
}

impl File {
    /// Whether it ends with a record that another file names, as its seal shows.
    fn ends_with(&self, link: &Previous) -> bool {
        let head = &self.scanned.head;
        head.next.checked_sub(1) == Some(link.seq)
            && head.mac.as_ref().map(Mac::as_str) == Some(&link.mac)
    }

    /// Whether it may have a record that a file of another chain names: where more follow, the process did not know that
    /// the disk had them.
    fn reaches(&self, link: &Previous) -> bool {
        self.ends_with(link) || self.scanned.head.next.checked_sub(1) > Some(link.seq)
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
