//! What the next record of a file may be. That is one, but after lines that were altered.

use super::finding::Damage;
use super::line::Split;
use crate::audit::seal::{Mac, Seal};

/// How many records may come into question as the next one, after lines that were altered.
const MAX_CANDIDATES: usize = 4;

/// What comes before a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Nothing,
    Sealed(Mac),
    /// A line that cannot be read.
    Unknown,
}

/// What the next record may be.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Candidate {
    seq: u64,
    before: Before,
}

impl Candidate {
    const fn after(seq: u64, before: Before) -> Self {
        Self {
            seq: seq.saturating_add(1),
            before,
        }
    }
}

/// The likeliest first. None before anything is known.
#[derive(Default)]
pub(super) struct Candidates(Vec<Candidate>);

impl Candidates {
    /// The next record has this number.
    pub(super) fn only(&mut self, seq: u64, before: Before) {
        // The usual way, without taking new memory.
        self.0.clear();
        self.0.push(Candidate { seq, before });
    }

    /// The next record follows the one with this number and seal.
    pub(super) fn only_after(&mut self, seq: u64, mac: Mac) {
        self.only(seq.saturating_add(1), Before::Sealed(mac));
    }

    /// Whether a line is one of them. Without a seal, every line has the one that it should have.
    pub(super) fn fits(&self, seal: Option<&Seal>, seq: u64, mac: Mac, split: &Split<'_>) -> bool {
        let mut of_number = self.0.iter().filter(|candidate| candidate.seq == seq);
        of_number.any(|candidate| sealed(seal, candidate, split) == Before::Sealed(mac))
    }

    /// What is wrong with a line that fits none. `None` where nothing is known.
    pub(super) fn damage(&self, seq: u64) -> Option<Damage> {
        let first = self.0.first()?;
        if seq < first.seq {
            Some(Damage::Misplaced { seq })
        } else if let (from, Some(to)) = (first.seq, seq.checked_sub(1))
            && from <= to
        {
            Some(Damage::Missing { from, to })
        } else {
            (first.before != Before::Unknown).then_some(Damage::Altered)
        }
    }

    /// A bad line may be what its number says, or stand for the record that belongs there, with either the seal that it
    /// has or the one that it should have. One that belongs before leaves everything as it was.
    pub(super) fn stand_in(
        &mut self,
        seal: Option<&Seal>,
        seq: Option<u64>,
        split: Option<&Split<'_>>,
    ) {
        let Some(first) = self.0.first().copied() else {
            return;
        };
        let stated = split.and_then(|split| split.mac).map(Before::Sealed);
        let stated = stated.into_iter().flat_map(|mac| {
            let seqs = [seq, Some(first.seq)].into_iter().flatten();
            seqs.map(move |seq| Candidate::after(seq, mac))
        });
        let follows = self.0.iter().map(|candidate| {
            let before = split.map_or(Before::Unknown, |split| sealed(seal, candidate, split));
            Candidate::after(candidate.seq, before)
        });
        let belongs_before = seq.is_some_and(|seq| seq < first.seq);
        let kept = self.0.iter().copied();
        let kept = kept.take(if belongs_before {
            MAX_CANDIDATES / 2
        } else {
            0
        });
        let mut next: Vec<Candidate> = kept.chain(stated).chain(follows).collect();
        next.dedup();
        // The last one is right where seals were altered again and again, the first ones everywhere else.
        while next.len() > MAX_CANDIDATES {
            next.remove(MAX_CANDIDATES - 1);
        }
        self.0 = next;
    }
}

/// What comes before the line after this one, if this one follows a candidate.
fn sealed(seal: Option<&Seal>, candidate: &Candidate, split: &Split<'_>) -> Before {
    let before = match (seal, candidate.before) {
        (_, Before::Unknown) => None,
        (None, _) => split.mac,
        (Some(seal), Before::Nothing) => Some(seal.mac(None, split.sealed)),
        (Some(seal), Before::Sealed(mac)) => Some(seal.mac(Some(&mac), split.sealed)),
    };
    before.map_or(Before::Unknown, Before::Sealed)
}
