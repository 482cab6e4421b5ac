//! What the log could not take.

use uuid::Uuid;

use super::record::Record;

/// Records that are not in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// How many.
    pub records: u64,
    /// The smallest and the greatest id of their injections.
    pub ids: Option<(Uuid, Uuid)>,
}

impl Lost {
    /// One more.
    pub fn add(&mut self, record: &Record) {
        let ids = record.injection().map(|id| (id, id));
        self.merge(Self { records: 1, ids });
    }

    /// All of the other too.
    pub fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.ids = match (self.ids, other.ids) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (ids, None) | (None, ids) => ids,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_holds_all_of_both() {
        let of = |records, ids: Option<(u128, u128)>| Lost {
            records,
            ids: ids.map(|(from, to)| (Uuid::from_u128(from), Uuid::from_u128(to))),
        };
        let mut lost = of(1, None);
        lost.merge(of(2, Some((4, 5))));
        lost.merge(of(3, Some((1, 2))));
        lost.merge(of(0, None));
        assert_eq!(lost, of(6, Some((1, 5))));
    }
}
