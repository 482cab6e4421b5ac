//! The log as its one writer sees it: records go to the end of a file, and when the file fails or is full
//! they go to another.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::anchor::{Anchor, Pace};
use super::chain::Chain;
use super::disk::{Disk, LogFile};
use super::fail_stop::FailStop;
use super::location::{Location, Names};
use super::notice::Notice;
use super::open_file::{Broken, OpenFile};
use super::options::{Durability, Options};
use super::orphaned_files::{OrphanedFiles, Resumed};
use super::record::{Author, Link, Record, Stamp};
use super::seal::Seal;

/// After a file could not be made, the next try is this much later: a broken disk is not to be filled with
/// beginnings of files.
pub(super) const REST: Duration = Duration::from_secs(1);

/// The log of one process.
pub struct Log {
    disk: FailStop,
    options: Options,
    seal: Arc<Seal>,
    names: Names,
    /// The number of the next file.
    number: u64,
    author: Author,
    started: bool,
    current: Option<OpenFile>,
    /// What a new chain follows.
    after: Option<Link>,
    lost: u64,
    rest: Option<(Duration, String)>,
    pace: Pace,
    failing: bool,
    notices: Vec<Notice>,
}

/// A file to begin.
struct Beginning {
    name: String,
    chain: Chain,
    previous: Option<Link>,
}

impl Log {
    /// A log that has not touched the disk yet.
    #[must_use]
    pub fn new(options: Options, disk: FailStop, start: SystemTime) -> Self {
        let author = Author {
            host: Arc::clone(&options.host),
            pid: std::process::id(),
        };
        Self {
            seal: Arc::new(Seal::new(options.key.as_ref())),
            names: options.location.names(&options.host, author.pid, start),
            disk,
            options,
            number: 0,
            author,
            started: false,
            current: None,
            after: None,
            lost: 0,
            rest: None,
            pace: Pace::default(),
            failing: false,
            notices: Vec::new(),
        }
    }

    /// Writes records, and returns when they are as durable as was asked for. The error says why not, and what to do.
    pub fn commit(&mut self, records: &[Record], now: Stamp) -> Result<(), String> {
        if let Some((until, why)) = &self.rest
            && now.elapsed < *until
        {
            self.lost += records.len() as u64;
            return Err(why.clone());
        }
        self.rest = None;
        match self.write(records, now) {
            Ok(()) => {
                if std::mem::take(&mut self.failing) {
                    self.notices.push(Notice::Restored);
                }
                Ok(())
            }
            Err(error) => {
                self.lost += records.len() as u64;
                let why = explain(&error);
                if self.current.is_none() {
                    self.rest = Some((now.elapsed + REST, why.clone()));
                }
                if !std::mem::replace(&mut self.failing, true) {
                    self.notices.push(Notice::Failed { why: why.clone() });
                }
                Err(why)
            }
        }
    }

    /// Does what is due without a record: an anchor.
    pub fn tick(&mut self, now: Stamp) {
        if self.pace.is_due(now.elapsed) {
            self.anchor(now);
        }
    }

    /// When the next [`tick`](Self::tick) is due.
    #[must_use]
    pub fn due_at(&self) -> Option<Duration> {
        self.pace.due_at()
    }

    /// Ends the log: nothing follows.
    pub fn close(&mut self, now: Stamp) {
        let Some(current) = &mut self.current else {
            return;
        };
        let close = Record::Close { next: None };
        if current.append(&[close], now, true).is_ok() {
            self.pace.wrote(1, now.elapsed);
            self.anchor(now);
        }
        self.current = None;
    }

    /// Takes what has to be told.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    fn write(&mut self, records: &[Record], now: Stamp) -> io::Result<()> {
        if self.current.is_none() {
            self.begin(now)?;
        }
        let rotation = self.options.rotation;
        let full = |current: &OpenFile| {
            rotation.is_due(current.bytes, now.elapsed.saturating_sub(current.since))
        };
        if self.current.as_ref().is_some_and(full) {
            self.rotate(now).or_else(|error| match self.current {
                // As long as the old file can be written, it is longer than it should be.
                Some(_) => Ok(()),
                None => Err(error),
            })?;
        }
        let sync = self.options.durability == Durability::Fsync;
        let lost = (self.lost > 0).then_some(Record::Gap {
            lost: self.lost,
            repeated: 0,
        });
        let batch: Vec<Record> = lost.into_iter().chain(records.iter().cloned()).collect();
        let Some(current) = &mut self.current else {
            return Err(io::ErrorKind::NotFound.into());
        };
        match current.append(&batch, now, sync) {
            Ok(()) => self.wrote(batch.len(), now),
            Err(Broken::Undone(error)) => return Err(error),
            Err(Broken::Lost(_)) => {
                self.abandon();
                self.begin(now)?;
                self.repeat(records, now)?;
            }
        }
        if self.pace.is_due(now.elapsed) {
            self.anchor(now);
        }
        Ok(())
    }

    fn wrote(&mut self, records: usize, now: Stamp) {
        self.lost = 0;
        self.pace.wrote(records as u64, now.elapsed);
    }

    /// Writes again what may not be in the file before.
    fn repeat(&mut self, records: &[Record], now: Stamp) -> io::Result<()> {
        let gap = Record::Gap {
            lost: self.lost,
            repeated: records.len() as u64,
        };
        let batch: Vec<Record> = std::iter::once(gap)
            .chain(records.iter().cloned())
            .collect();
        let Some(current) = &mut self.current else {
            return Err(io::ErrorKind::NotFound.into());
        };
        if let Err(broken) = current.append(&batch, now, true) {
            if let Broken::Lost(_) = broken {
                self.abandon();
            }
            return Err(broken.into());
        }
        self.wrote(batch.len(), now);
        Ok(())
    }

    /// Gives an anchor, for nothing but what is durable.
    fn anchor(&mut self, now: Stamp) {
        let Some(current) = &mut self.current else {
            return;
        };
        if self.pace.records() == 0 {
            return;
        }
        if current.durable != current.chain.head && current.sync().is_err() {
            // What no sync covers may be gone. The next record begins a chain and says so.
            self.lost += self.pace.records();
            self.abandon();
            return;
        }
        self.notices
            .extend(Anchor::of(&current.chain).map(Notice::Anchor));
        self.pace.given();
        let _ = now;
    }

    /// Never touches the file again. What the disk certainly had of it is what the next chain follows.
    fn abandon(&mut self) {
        if let Some(current) = self.current.take() {
            self.after = current.durable.link(&current.name);
        }
        self.pace.given();
    }

    fn begin(&mut self, now: Stamp) -> io::Result<()> {
        if !self.started {
            self.start(now)?;
            self.started = true;
            if self.current.is_some() {
                return Ok(());
            }
        }
        let beginning = Beginning {
            name: self.names.name(self.number),
            chain: Chain::begin(Arc::clone(&self.seal)),
            previous: self.after.clone(),
        };
        let path = self.options.location.path(&beginning.name);
        let file = self.disk.create(&path).inspect_err(|error| {
            // Another process's, or one that could not be removed: the next one has another name.
            if error.kind() == io::ErrorKind::AlreadyExists {
                self.number += 1;
            }
        })?;
        self.fill(file, beginning, now)
    }

    /// Writes the first record of a file.
    fn fill(&mut self, file: Box<dyn LogFile>, beginning: Beginning, now: Stamp) -> io::Result<()> {
        let Beginning {
            name,
            chain,
            previous,
        } = beginning;
        let open = self.author.open(chain.id, &self.seal, previous.clone());
        let mut current = OpenFile::new(file, name.clone(), chain, 0, now.elapsed);
        let continues = current.durable.next > 0;
        let written = self
            .disk
            .sync_folder(self.options.location.folder())
            .and_then(|()| current.append(&[open], now, true).map_err(io::Error::from));
        if let Err(error) = written {
            drop(current);
            if continues {
                // The file before names it, so it stays, and another is tried.
                self.number += 1;
                self.after = previous;
            } else {
                let _ = self.disk.remove(&self.options.location.path(&name));
            }
            return Err(error);
        }
        self.number += 1;
        self.after = None;
        self.pace.wrote(1, now.elapsed);
        self.current = Some(current);
        Ok(())
    }

    /// Closes the file and goes on in the next.
    fn rotate(&mut self, now: Stamp) -> io::Result<()> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let next = self.names.name(self.number);
        let path = self.options.location.path(&next);
        // Made first: a file that is named as the next one is there, whatever happens now.
        let file = self.disk.create(&path)?;
        let closed = self
            .disk
            .sync_folder(self.options.location.folder())
            .map_err(Broken::Undone)
            .and_then(|()| {
                let next = Some(next.clone());
                current.append(&[Record::Close { next }], now, true)
            });
        if let Err(broken) = closed {
            drop(file);
            if let Broken::Lost(_) = broken {
                // The file may name the next one, which therefore stays.
                self.number += 1;
                self.abandon();
            } else {
                let _ = self.disk.remove(&path);
            }
            return Err(broken.into());
        }
        self.pace.wrote(1, now.elapsed);
        self.anchor(now);
        let Some(current) = self.current.take() else {
            return Ok(());
        };
        let beginning = Beginning {
            name: next,
            previous: current.chain.head.link(&current.name),
            chain: current.chain,
        };
        self.fill(file, beginning, now)
    }

    /// Looks at what is there already.
    fn start(&mut self, now: Stamp) -> io::Result<()> {
        let location = &self.options.location;
        let mut leftovers = OrphanedFiles {
            disk: &self.disk,
            location,
            seal: &self.seal,
            writer: &self.author,
            now,
            notices: &mut self.notices,
        };
        if let Location::Directory(_) = location {
            return leftovers.finish_all();
        }
        if let Some((number, file)) = leftovers.newest(&self.names)? {
            self.number = number + 1;
            match leftovers.adopt(number, file, &self.names) {
                Some(Resumed::Open(file)) => self.current = Some(*file),
                Some(Resumed::Ended(link)) => self.after = Some(link),
                None => {}
            }
        }
        Ok(())
    }
}

/// Why, and what to do. Never the path, which the caller knows.
fn explain(error: &io::Error) -> String {
    let what = match error.kind() {
        io::ErrorKind::WouldBlock => {
            "another process writes to it: give each process a file of its own, or use a directory"
        }
        io::ErrorKind::NotFound => "its folder does not exist: make it first",
        io::ErrorKind::PermissionDenied => {
            "this process must not write there: check owner and mode of the folder"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: make room, or move finished files elsewhere"
        }
        io::ErrorKind::InvalidInput => "it is a link or no regular file: name another one",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only: name another place",
        _ => return format!("the disk reports an error ({error}): check it"),
    };
    what.to_owned()
}
