//! The file that is written to, and the chain in it.

use std::io;
use std::mem;
use std::time::Duration;

use super::chain::{Chain, Head};
use super::disk::LogFile;
use super::lost::Lost;
use super::record::{Record, Stamp};

/// A file with the chain that ends in it.
pub(super) struct OpenFile {
    /// The file.
    pub file: Box<dyn LogFile>,
    /// Its name.
    pub name: String,
    /// The chain.
    pub chain: Chain,
    /// How long it is.
    pub bytes: u64,
    /// Since when it is there.
    pub since: Duration,
    /// What the disk certainly has.
    pub durable: Head,
    /// What the disk certainly has of this file.
    safe: Lost,
    /// What is in this file besides.
    loose: Lost,
}

/// How an append failed.
pub enum Broken {
    /// The file is as it was before.
    Undone(io::Error),
    /// What the file holds is not known. A sync is never tried again: the system may have dropped what it
    /// could not write and report success the second time (fsyncgate).
    Lost(io::Error),
}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Undone(error) | Broken::Lost(error) => error,
        }
    }
}

impl OpenFile {
    /// A file without a record, for a chain of which the disk has everything.
    pub(super) fn new(file: Box<dyn LogFile>, name: String, chain: Chain, since: Duration) -> Self {
        Self {
            file,
            name,
            durable: chain.head.clone(),
            chain,
            bytes: 0,
            since,
            safe: Lost::default(),
            loose: Lost::default(),
        }
    }

    /// Adds records, in one write.
    pub(super) fn append(
        &mut self,
        records: &[Record],
        now: Stamp,
        sync: bool,
    ) -> Result<(), Broken> {
        let before = self.chain.head.clone();
        let mut lines = String::new();
        for record in records {
            self.chain.append(record, now, &mut lines);
        }
        if let Err(error) = self.file.append(lines.as_bytes()) {
            self.chain.head = before;
            return Err(match self.file.truncate(self.bytes) {
                Ok(()) => Broken::Undone(error),
                Err(_) => Broken::Lost(error),
            });
        }
        self.bytes += lines.len() as u64;
        let mut added = Lost::default();
        for record in records {
            added.add(record);
        }
        if sync {
            self.sync().map_err(Broken::Lost)?;
            self.safe.merge(added);
        } else {
            self.loose.merge(added);
        }
        Ok(())
    }

    /// Makes durable what was added.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file.sync()?;
        self.durable = self.chain.head.clone();
        self.safe.merge(mem::take(&mut self.loose));
        Ok(())
    }

    /// What a power failure could take.
    pub(super) const fn loose(&self) -> &Lost {
        &self.loose
    }

    /// What goes with the file.
    pub(super) fn all(&self) -> Lost {
        let mut all = self.safe;
        all.merge(self.loose);
        all
    }
}
