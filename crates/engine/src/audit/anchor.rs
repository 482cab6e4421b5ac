//! Anchors: what is kept elsewhere, so that a log that lost its end can be told from one that never had it.

use std::time::Duration;

use uuid::Uuid;

use super::chain::Chain;
use super::seal::Mac;

/// Begins the first line of an anchor.
const ORIGIN: &str = "cxone-dtmf/audit/v1/";

/// An anchor is given after this many records…
pub(super) const MAX_RECORDS: u64 = 1_000;

/// …or after this long, if there are any.
pub(super) const MAX_AGE: Duration = Duration::from_secs(60);

/// A chain had this many records, and the last one this seal.
///
/// Its text has the three lines of a checkpoint (C2SP `tlog-checkpoint`): origin, size, hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The chain.
    pub chain: Uuid,
    /// How many records it had.
    pub size: u64,
    /// The seal of the last of them.
    pub mac: Mac,
}

impl Anchor {
    /// The state of a chain, unless it is empty.
    #[must_use]
    pub fn of(chain: &Chain) -> Option<Self> {
        Some(Self {
            chain: chain.id,
            size: chain.head.next,
            mac: chain.head.mac?,
        })
    }

    /// The first line.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{ORIGIN}{}", self.chain)
    }

    /// The three lines.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin(), self.size, self.mac.as_str())
    }

    /// Reads texts of anchors that follow each other. Empty lines between them do not count.
    ///
    /// The error is the number of the line that is not as it should be.
    pub fn read_all(text: &str) -> Result<Vec<Self>, usize> {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty());
        let mut anchors = Vec::new();
        while let Some((at, line)) = lines.next() {
            let chain = line.strip_prefix(ORIGIN).and_then(|id| id.parse().ok());
            let chain = chain.ok_or(at)?;
            let (at, line) = lines.next().ok_or(at)?;
            let size = line.parse().ok().filter(|size| *size > 0).ok_or(at)?;
            let (at, line) = lines.next().ok_or(at)?;
            let mac = Mac::from_text(line).ok_or(at)?;
            anchors.push(Self { chain, size, mac });
        }
        Ok(anchors)
    }
}

/// When the next anchor is due. Times are those since the log was opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    records: u64,
    first: Option<Duration>,
}

impl Pace {
    /// Records were written.
    pub(super) fn wrote(&mut self, records: u64, now: Duration) {
        self.records += records;
        self.first.get_or_insert(now);
    }

    /// Whether an anchor is due.
    #[must_use]
    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.records >= MAX_RECORDS || self.due_at().is_some_and(|due| due <= now)
    }

    /// When an anchor falls due if nothing more is written.
    #[must_use]
    pub(super) fn due_at(&self) -> Option<Duration> {
        self.first.map(|first| first + MAX_AGE)
    }

    /// Records that no anchor covers.
    #[must_use]
    pub(super) const fn records(&self) -> u64 {
        self.records
    }

    /// An anchor was given.
    pub(super) fn given(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::seal::Seal;

    fn anchor(size: u64) -> Anchor {
        Anchor {
            chain: Uuid::from_u128(7),
            size,
            mac: Seal::new(None).mac(None, b"x"),
        }
    }

    #[test]
    fn texts_come_back() {
        let texts = format!("{}\n{}", anchor(1).text(), anchor(2).text());
        assert_eq!(Anchor::read_all(&texts), Ok(vec![anchor(1), anchor(2)]));
        assert_eq!(Anchor::read_all(""), Ok(vec![]));
    }

    #[test]
    fn what_is_no_anchor_is_named_by_its_line() {
        let text = anchor(3).text();
        for (wrong, line) in [
            (text.replace("audit", "other"), 1),
            (text.replace("\n3\n", "\nthree\n"), 2),
            (text.replace("\n3\n", "\n0\n"), 2),
            (text.replace(anchor(3).mac.as_str(), "short"), 3),
            (format!("{text}{ORIGIN}{}\n4\n", Uuid::nil()), 5),
        ] {
            assert_eq!(Anchor::read_all(&wrong), Err(line), "{wrong}");
        }
    }

    #[test]
    fn an_anchor_is_due_by_records_or_by_age_but_not_when_idle() {
        let mut pace = Pace::default();
        assert!(!pace.is_due(Duration::from_secs(1_000)));
        pace.wrote(999, Duration::from_secs(10));
        assert!(!pace.is_due(Duration::from_secs(69)));
        assert!(pace.is_due(Duration::from_secs(70)));
        pace.wrote(1, Duration::from_secs(11));
        assert!(pace.is_due(Duration::from_secs(11)));
        pace.given();
        assert!(pace.records() == 0 && pace.due_at().is_none());
    }
}
