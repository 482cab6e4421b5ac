//! What is found while the files are read: records that others name, intents and outcomes, and what the log says of itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use uuid::Uuid;

use super::line::{Parsed, Previous};
use super::pairs::Pairs;
use super::progress::Progress;
use super::report::{Gap, MAX_FINDINGS};
use crate::audit::anchor::Anchor;
use crate::audit::fields::Event;
use crate::audit::record::Link;
use crate::audit::seal::Mac;

/// The most chains and keys that are remembered: more than any log has.
const MAX_NAMED: usize = 100_000;

/// What has to be found, and was.
pub(super) struct Reading<'a> {
    progress: &'a Progress,
    /// The file that is read, and what it is called.
    pub file: (usize, String),
    /// Records that files follow or anchors name: by number, with their seals and whether they were found.
    wanted: HashMap<u64, HashMap<Mac, bool>>,
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
}

impl<'a> Reading<'a> {
    /// `follows` is what the files say they follow.
    pub(super) fn new<'p>(
        follows: impl Iterator<Item = &'p Previous>,
        anchors: &[Anchor],
        progress: &'a Progress,
    ) -> Self {
        let followed = follows.filter_map(|link| Some((link.seq, Mac::from_text(&link.mac)?)));
        let anchored = anchors
            .iter()
            .map(|anchor| (anchor.size.saturating_sub(1), anchor.mac));
        let mut wanted: HashMap<_, HashMap<_, _>> = HashMap::new();
        for (seq, mac) in followed.chain(anchored) {
            wanted.entry(seq).or_default().insert(mac, false);
        }
        Self {
            progress,
            file: (0, String::new()),
            wanted,
            pairs: Pairs::default(),
            gaps: Vec::new(),
            lost: 0,
            pruned: BTreeMap::new(),
            announced: BTreeSet::new(),
        }
    }

    /// Takes a record whose seal fits.
    pub(super) fn record(&mut self, line: u64, mac: &Mac, record: &Parsed<'_>) {
        if let Some(found) = self
            .wanted
            .get_mut(&record.seq)
            .and_then(|macs| macs.get_mut(mac))
        {
            *found = true;
        }
        match (record.ev, record.chain, &record.previous, record.kid) {
            (Event::Gap, ..) => self.gap(line, record),
            (Event::Pruned, Some(chain), Some(last), _) => self.pruned(chain, last),
            (Event::Rekeyed, _, _, Some(key)) if self.announced.len() < MAX_NAMED => {
                self.announced.insert(key.to_owned());
            }
            _ => self.pairs.record(self.file.0, record),
        }
    }

    fn pruned(&mut self, chain: Uuid, last: &Previous) {
        let later = self
            .pruned
            .get(&chain)
            .is_none_or(|before| before.seq < last.seq);
        if let Some(mac) = Mac::from_text(&last.mac)
            && later
            && self.pruned.len() < MAX_NAMED
        {
            let link = Link {
                file: last.file.clone(),
                seq: last.seq,
                mac,
            };
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

    /// Whether a record was found.
    pub(super) fn has(&self, seq: u64, mac: &Mac) -> bool {
        let macs = self.wanted.get(&seq);
        macs.and_then(|macs| macs.get(mac))
            .is_some_and(|found| *found)
    }

    /// Whether the log itself says that a record was removed.
    pub(super) fn is_pruned(&self, chain: Uuid, seq: u64) -> bool {
        self.pruned.get(&chain).is_some_and(|last| last.seq >= seq)
    }

    /// Whether the log itself says that files with this key follow.
    pub(super) fn is_announced(&self, key_id: &str) -> bool {
        self.announced.contains(key_id)
    }
}
