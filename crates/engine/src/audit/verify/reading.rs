//! What is found while the files are read: records that anchors name, intents and outcomes, and what the log says of itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use uuid::Uuid;

use super::line::{Parsed, Previous};
use super::pairs::Pairs;
use super::progress::Progress;
use super::report::{Gap, MAX_FINDINGS};
use crate::audit::anchor::Anchor;
use crate::audit::fields::Event;
use crate::audit::names::is_name;
use crate::audit::record::Link;
use crate::audit::seal::{Mac, is_key_id};

/// The most chains that were removed and keys that were announced which are remembered: more than any log has.
const MAX_CHAINS: usize = 50_000;
const MAX_KEYS: usize = 1_000;

/// What has to be found, and was.
pub(super) struct Reading<'a> {
    pub progress: &'a Progress,
    /// The file that is read, and what it is called.
    pub file: (usize, String),
    /// The seals that anchors name, and whether they were found.
    anchored: HashMap<Mac, bool>,
    /// Intents and outcomes.
    pub pairs: Pairs,
    /// Gaps, the first so many.
    pub gaps: Vec<Gap>,
    /// Records that the log itself says it lost.
    pub lost: u64,
    /// The last record of each chain that was removed.
    pub pruned: BTreeMap<Uuid, Link>,
    /// The keys that were announced.
    pub announced: BTreeSet<String>,
    /// How often one of either found no room.
    pub forgotten: u64,
}

impl<'a> Reading<'a> {
    pub(super) fn new(anchors: &[Anchor], progress: &'a Progress) -> Self {
        Self {
            progress,
            file: (0, String::new()),
            anchored: anchors.iter().map(|anchor| (anchor.mac, false)).collect(),
            pairs: Pairs::default(),
            gaps: Vec::new(),
            lost: 0,
            pruned: BTreeMap::new(),
            announced: BTreeSet::new(),
            forgotten: 0,
        }
    }

    /// Takes a record whose seal fits.
    pub(super) fn record(&mut self, line: u64, mac: &Mac, record: &Parsed<'_>) {
        if let Some(found) = self.anchored.get_mut(mac) {
            *found = true;
        }
        match (record.ev, record.chain, &record.previous, record.kid) {
            (Event::Gap, ..) => self.gap(line, record),
            (Event::Pruned, Some(chain), Some(last), _) => self.pruned(chain, last),
            (Event::Rekeyed, _, _, Some(key)) if is_key_id(key) => self.announced(key),
            _ => self.pairs.record(self.file.0, record),
        }
    }

    fn announced(&mut self, key: &str) {
        if self.announced.len() < MAX_KEYS {
            self.announced.insert(key.to_owned());
        } else if !self.announced.contains(key) {
            self.forgotten += 1;
        }
    }

    fn pruned(&mut self, chain: Uuid, last: &Previous) {
        // Nothing that is longer than it can be is kept.
        let Some(link) = last.link().filter(|link| is_name(&link.file)) else {
            return;
        };
        let before = self.pruned.get(&chain);
        if before.is_none() && self.pruned.len() >= MAX_CHAINS {
            self.forgotten += 1;
        } else if before.is_none_or(|before| before.seq < link.seq) {
            self.pruned.insert(chain, link);
        }
    }

    fn gap(&mut self, line: u64, record: &Parsed<'_>) {
        let lost = record.lost.unwrap_or_default();
        self.lost = self.lost.saturating_add(lost);
        if lost > 0 && self.gaps.len() < MAX_FINDINGS {
            self.gaps.push(Gap {
                file: self.file.1.clone(),
                line,
                lost,
                ids: record.first.zip(record.last),
            });
        }
    }

    /// Bytes were read. An error ends it.
    pub(super) fn read(&self, bytes: u64) -> io::Result<()> {
        self.progress.read(bytes)
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.progress.is_given_up()
    }

    /// Whether the record of an anchor was found.
    pub(super) fn has(&self, anchor: &Anchor) -> bool {
        self.anchored.get(&anchor.mac) == Some(&true)
    }

    /// Whether the log itself says that a record was removed.
    pub(super) fn is_pruned(&self, chain: Uuid, seq: u64) -> bool {
        self.pruned.get(&chain).is_some_and(|last| last.seq >= seq)
    }
}
