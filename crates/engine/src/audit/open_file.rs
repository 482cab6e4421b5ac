//! The file that is written to, and the chain in it.

use std::io;
use std::time::Duration;

use super::chain::{Chain, Head};
use super::disk::LogFile;
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
    /// Since when this process writes to it.
    pub since: Duration,
    /// What the disk certainly has.
    pub durable: Head,
}

/// How an append failed.
pub enum Broken {
    /// The file is as it was before.
    Undone(io::Error),
    /// What the file holds is not known. A sync is never tried again: the system may have dropped what it
    /// could not write and report success the second time.
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
    /// A file that is `bytes` long already, of which the disk has everything up to where the chain stands.
    pub(super) fn new(
        file: Box<dyn LogFile>,
        name: String,
        chain: Chain,
        bytes: u64,
        since: Duration,
    ) -> Self {
        Self {
            file,
            name,
            durable: chain.head.clone(),
            chain,
            bytes,
            since,
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
        if sync {
            self.sync().map_err(Broken::Lost)?;
        }
        Ok(())
    }

    /// Makes durable what was added.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file.sync()?;
        self.durable = self.chain.head.clone();
        Ok(())
    }
}
