//! Records in an order that cannot be changed: each seal covers the one before it.

use std::sync::Arc;

use uuid::Uuid;

use super::record::{Link, Record, Stamp};
use super::seal::{Mac, Seal};

/// Between the sealed part of a line and its seal.
pub(super) const SEAL_PREFIX: &str = r#","mac":""#;

/// What ends a line.
pub(super) const LINE_END: &str = "\"}\n";

/// Where a chain stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the next record, and how many there are.
    pub next: u64,
    /// The seal of the last one.
    pub mac: Option<Mac>,
}

impl Head {
    /// The last record, as one of `file`.
    #[must_use]
    pub fn link(&self, file: &str) -> Option<Link> {
        Some(Link {
            file: file.to_owned(),
            seq: self.next.checked_sub(1)?,
            mac: self.mac?,
        })
    }
}

/// A chain that grows.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Names it.
    pub id: Uuid,
    /// Where it stands.
    pub head: Head,
    seal: Arc<Seal>,
}

impl Chain {
    /// A chain without records.
    #[must_use]
    pub fn begin(seal: Arc<Seal>) -> Self {
        Self::resume(Uuid::now_v7(), Head::default(), seal)
    }

    /// A chain that goes on after the record at `head`.
    #[must_use]
    pub const fn resume(id: Uuid, head: Head, seal: Arc<Seal>) -> Self {
        Self { id, head, seal }
    }

    /// Adds the line of a record.
    pub fn append(&mut self, record: &Record, stamp: Stamp, lines: &mut String) {
        let start = lines.len();
        record.write(self.head.next, stamp, lines);
        let line = lines.get(start..).unwrap_or_default();
        let mac = self.seal.mac(self.head.mac.as_ref(), line.as_bytes());
        lines.extend([SEAL_PREFIX, mac.as_str(), LINE_END]);
        self.head = Head {
            next: self.head.next + 1,
            mac: Some(mac),
        };
    }
}
