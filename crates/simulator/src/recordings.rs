//! Which recordings are masked, and since when.

use std::collections::VecDeque;

use super::record::MaskChange;

/// Every change of a mask, oldest first, within a bound.
pub(super) struct Recordings {
    changes: VecDeque<MaskChange>,
    limit: usize,
}

impl Recordings {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            changes: VecDeque::new(),
            limit,
        }
    }

    pub(super) fn change(&mut self, change: MaskChange) {
        if self.changes.len() >= self.limit {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }

    /// The changes of one contact.
    pub(super) fn changes(&self, contact: &str) -> Vec<MaskChange> {
        let of_contact = self.of(contact).cloned();
        of_contact.collect()
    }

    pub(super) fn is_masked(&self, contact: &str) -> bool {
        self.of(contact).next_back().is_some_and(|last| last.masked)
    }

    /// Whether the recording was masked from the first of these milliseconds to the last.
    pub(super) fn covered(&self, contact: &str, from_ms: f64, to_ms: f64) -> bool {
        let before = self.of(contact).rfind(|change| change.at_ms <= from_ms);
        let within = |change: &&MaskChange| change.at_ms > from_ms && change.at_ms < to_ms;
        before.is_some_and(|change| change.masked)
            && self.of(contact).filter(within).all(|change| change.masked)
    }

    fn of<'a>(&'a self, contact: &'a str) -> impl DoubleEndedIterator<Item = &'a MaskChange> {
        self.changes
            .iter()
            .filter(move |change| change.contact_id == contact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_covered_when_the_mask_spans_them() {
        let mut recordings = Recordings::new(10);
        for (at_ms, masked) in [(10.0, true), (20.0, false), (30.0, true)] {
            recordings.change(MaskChange {
                contact_id: "c".to_owned(),
                masked,
                at_ms,
                request_seq: Some(1),
            });
        }
        for (from, to, covered) in [
            (5.0, 15.0, false),
            (10.0, 20.0, true),
            (12.0, 21.0, false),
            (20.0, 22.0, false),
            (30.0, 90.0, true),
        ] {
            assert_eq!(recordings.covered("c", from, to), covered, "{from} {to}");
        }
        assert!(!recordings.covered("d", 10.0, 20.0));
        assert!(recordings.is_masked("c") && !recordings.is_masked("d"));
        assert_eq!(recordings.changes("c").len(), 3);
    }
}
