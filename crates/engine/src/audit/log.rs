//! The log as its one writer sees it: records go to the end of a file, and when the file fails, is full or was
//! removed, they go to another.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::anchor::{Anchor, Pace};
use super::chain::Chain;
use super::disk::{Disk, LogFile};
use super::lost::Lost;
use super::names::new_name;
use super::notice::Notice;
use super::open_file::{Broken, OpenFile};
use super::options::{Durability, OnFailure, Options};
use super::record::{Author, Link, Record, Stamp};
use super::seal::Seal;

/// After a file could not be made, the next try is this much later: a broken disk is not to be filled with
/// beginnings of files.
pub(super) const REST: Duration = Duration::from_secs(1);

/// The log of one process.
pub struct Log {
    disk: Arc<dyn Disk>,
    options: Options,
    seal: Arc<Seal>,
    author: Author,
    current: Option<OpenFile>,
    /// What a new chain follows.
    after: Option<Link>,
    lost: Lost,
    rest: Option<(Duration, String)>,
    pace: Pace,
    failing: bool,
    notices: Vec<Notice>,
}

impl Log {
    /// A log that has not touched the disk yet.
    #[must_use]
    pub fn new(options: Options, disk: Arc<dyn Disk>) -> Self {
        Self {
            seal: Arc::new(Seal::new(options.key.as_ref())),
            disk,
            author: Author {
                host: Arc::clone(&options.host),
                pid: std::process::id(),
            },
            options,
            current: None,
            after: None,
            lost: Lost::default(),
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
            let why = why.clone();
            self.lose_all(records);
            return Err(why);
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
                self.lose_all(records);
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

    /// Takes note of records that never came: the next one is preceded by a `gap`.
    pub fn lose(&mut self, lost: Lost) {
        self.lost.merge(lost);
    }

    /// Does what is due without a record: an anchor.
    pub fn tick(&mut self, now: Stamp) {
        if self.pace.is_due(now.elapsed) {
            self.leave_if_removed();
            self.anchor();
        }
    }

    /// When the next [`tick`](Self::tick) is due.
    #[must_use]
    pub fn due_at(&self) -> Option<Duration> {
        self.pace.due_at()
    }

    /// Ends the log: nothing follows. What was lost since the last record is said before.
    pub fn close(&mut self, now: Stamp) {
        self.leave_if_removed();
        if self.current.is_none() && self.lost.records > 0 {
            // The last chance to say so. Who could not write has been told already.
            let _ = self.begin(now);
        }
        let last = self
            .gap(0)
            .into_iter()
            .chain([Record::Close { next: None }]);
        let last: Vec<Record> = last.collect();
        if let Some(current) = &mut self.current
            && current.append(&last, now, true).is_ok()
        {
            self.pace.wrote(last.len() as u64, now.elapsed);
            self.anchor();
        }
        self.current = None;
    }

    /// Takes what has to be told.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    fn write(&mut self, records: &[Record], now: Stamp) -> io::Result<()> {
        self.leave_if_removed();
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
        match self.append(records, 0, sync, now) {
            Err(Broken::Lost(_)) => {
                self.abandon();
                self.begin(now)?;
                // What may not be in the file before is written again.
                self.append(records, records.len() as u64, true, now)
                    .inspect_err(|broken| {
                        if let Broken::Lost(_) = broken {
                            self.abandon();
                        }
                    })?;
            }
            done => done?,
        }
        if self.pace.is_due(now.elapsed) {
            self.anchor();
        }
        Ok(())
    }

    /// Adds records, after what has to be said of those that are missing.
    fn append(
        &mut self,
        records: &[Record],
        repeated: u64,
        sync: bool,
        now: Stamp,
    ) -> Result<(), Broken> {
        let batch = self
            .gap(repeated)
            .into_iter()
            .chain(records.iter().cloned());
        let batch: Vec<Record> = batch.collect();
        let Some(current) = &mut self.current else {
            return Err(Broken::Undone(io::ErrorKind::NotFound.into()));
        };
        current.append(&batch, now, sync)?;
        self.lost = Lost::default();
        self.pace.wrote(batch.len() as u64, now.elapsed);
        Ok(())
    }

    fn gap(&self, repeated: u64) -> Option<Record> {
        let lost = self.lost;
        (lost.records > 0 || repeated > 0).then_some(Record::Gap { lost, repeated })
    }

    fn lose_all(&mut self, records: &[Record]) {
        let options = &self.options;
        let missed = records.iter().filter(|record| options.misses(record));
        missed.for_each(|record| self.lost.add(record));
    }

    /// Gives an anchor, for nothing but what is durable.
    fn anchor(&mut self) {
        let Some(current) = &mut self.current else {
            return;
        };
        if self.pace.records() == 0 {
            return;
        }
        if current.durable != current.chain.head && current.sync().is_err() {
            // What no sync covers may be gone. The next record begins a chain and says so.
            self.abandon();
            return;
        }
        self.notices
            .extend(Anchor::of(&current.chain).map(Notice::Anchor));
        self.pace.given();
    }

    /// Never touches the file again. What the disk certainly had of it is what the next chain follows.
    fn abandon(&mut self) {
        if let Some(current) = self.current.take() {
            self.after = current.durable.link(&current.name);
            self.lost.merge(*current.loose());
        }
        self.pace.given();
    }

    /// What is in a file without a name goes with the process.
    fn leave_if_removed(&mut self) {
        if let Some(removed) = self.current.take_if(|current| !current.file.is_linked()) {
            self.after = removed.durable.link(&removed.name);
            self.lost.merge(removed.all());
            self.pace.given();
            self.notices.push(Notice::Removed { file: removed.name });
        }
    }

    /// Begins a file, and a chain in it.
    fn begin(&mut self, now: Stamp) -> io::Result<()> {
        let (name, file) = self.make()?;
        let chain = Chain::begin(Arc::clone(&self.seal));
        let filled = self.fill(file, name.clone(), chain, self.after.clone(), now);
        filled.inspect_err(|_| self.remove(&name))
    }

    /// Makes a file that is in its folder, whatever happens now.
    fn make(&self) -> io::Result<(String, Box<dyn LogFile>)> {
        let name = new_name();
        let file = self.disk.create(&self.options.directory.join(&name))?;
        let there = self.disk.sync_folder(&self.options.directory);
        there.inspect_err(|_| self.remove(&name))?;
        Ok((name, file))
    }

    /// Removes what was just made, and holds nothing.
    fn remove(&self, name: &str) {
        let _ = self.disk.remove(&self.options.directory.join(name));
    }

    /// Writes the first record of a file.
    fn fill(
        &mut self,
        file: Box<dyn LogFile>,
        name: String,
        chain: Chain,
        previous: Option<Link>,
        now: Stamp,
    ) -> io::Result<()> {
        let open = self.author.open(chain.id, &self.seal, previous);
        let mut current = OpenFile::new(file, name, chain, now.elapsed);
        current.append(&[open], now, true)?;
        self.after = None;
        self.pace.wrote(1, now.elapsed);
        self.current = Some(current);
        Ok(())
    }

    /// Closes the file and goes on in the next.
    fn rotate(&mut self, now: Stamp) -> io::Result<()> {
        // Made first: a file that is named as the next one is there.
        let (name, file) = self.make()?;
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let next = Some(name.clone());
        if let Err(broken) = current.append(&[Record::Close { next }], now, true) {
            match broken {
                // The file may name the next one, which therefore stays.
                Broken::Lost(_) => self.abandon(),
                Broken::Undone(_) => self.remove(&name),
            }
            return Err(broken.into());
        }
        self.pace.wrote(1, now.elapsed);
        self.anchor();
        let Some(OpenFile {
            chain,
            name: before,
            ..
        }) = self.current.take()
        else {
            return Ok(());
        };
        let previous = chain.head.link(&before);
        // When it fails, the next chain follows what is closed. The file stays, since its name is in there.
        self.after.clone_from(&previous);
        self.fill(file, name, chain, previous, now)
    }
}

impl Options {
    /// Whether a record that is not written is missed. An intent that was refused led to nothing.
    pub(super) fn misses(&self, record: &Record) -> bool {
        let refused = self.on_failure == OnFailure::Block && self.durability != Durability::None;
        !(refused && matches!(record, Record::Intent(_)))
    }
}

/// Why, and what to do. Never the path, which the caller knows.
fn explain(error: &io::Error) -> String {
    let what = match error.kind() {
        io::ErrorKind::NotFound => "its folder does not exist: make it first",
        io::ErrorKind::PermissionDenied => {
            "this process must not write there: check owner and mode of the folder"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: make room, or move finished files elsewhere"
        }
        io::ErrorKind::InvalidInput => {
            "a file that is made there is open to others, or replaced at once: use a folder that this user alone writes, on a file system that keeps modes"
        }
        io::ErrorKind::WouldBlock => "another process locks its files: find out which",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only: name another place",
        _ => return format!("the disk reports an error ({error}): check it"),
    };
    what.to_owned()
}
