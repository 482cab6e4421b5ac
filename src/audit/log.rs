//! The log as its one writer sees it: records go to the end of a file, and when the file fails or is full
//! they go to another.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::anchor::{Anchor, Pace};
use super::chain::{Chain, Head};
use super::disk::{Disk, LogFile};
use super::notice::Notice;
use super::options::{Durability, Options};
use super::place::{self, Names, Place};
use super::record::{Link, Open, Record, Stamp};
use super::recovery::{self, Found};
use super::seal::Seal;

/// After a file could not be made, the next try is this much later: a broken disk is not to be filled with
/// beginnings of files.
pub const REST: Duration = Duration::from_secs(1);

/// How often the newest file is looked for while another process makes newer ones.
const NEWEST_TRIES: u32 = 5;

/// The log of one process.
pub struct Log {
    disk: Arc<dyn Disk>,
    options: Options,
    seal: Arc<Seal>,
    names: Names,
    /// The number of the next file.
    number: u64,
    pid: u32,
    started: bool,
    current: Option<Current>,
    /// The file that was named as the next one, and could not be begun.
    promised: Option<Beginning>,
    /// What a new chain follows.
    after: Option<Link>,
    lost: u64,
    rest: Option<(Duration, String)>,
    pace: Pace,
    failing: bool,
    notices: Vec<Notice>,
}

/// The file that is written to.
struct Current {
    file: Box<dyn LogFile>,
    name: String,
    chain: Chain,
    bytes: u64,
    since: Duration,
    /// What the disk certainly has.
    durable: Head,
}

/// A file to begin.
struct Beginning {
    name: String,
    chain: Chain,
    previous: Option<Link>,
}

/// How an append failed.
enum Broken {
    /// The file is as it was before.
    Undone(io::Error),
    /// Nobody knows what the file holds. A sync is never tried again: the system may have dropped what it
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

impl Log {
    /// A log that has not touched the disk yet.
    #[must_use]
    pub fn new(options: Options, disk: Arc<dyn Disk>, start: SystemTime) -> Self {
        let pid = std::process::id();
        Self {
            seal: Arc::new(Seal::new(options.key.as_ref())),
            names: options.place.names(&options.host, pid, start),
            disk,
            options,
            number: 0,
            pid,
            started: false,
            current: None,
            promised: None,
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
        let full = |current: &Current| {
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
        let batch: Vec<Record> = std::iter::once(gap).chain(records.iter().cloned()).collect();
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
        let beginning = self.promised.take().unwrap_or_else(|| Beginning {
            name: self.names.name(self.number),
            chain: Chain::begin(Arc::clone(&self.seal)),
            previous: self.after.clone(),
        });
        let path = self.options.place.path(&beginning.name);
        let file = self.disk.create(&path).inspect_err(|error| {
            // Somebody else's, or one that could not be removed: the next one has another name.
            if error.kind() == io::ErrorKind::AlreadyExists {
                self.number += 1;
            }
        })?;
        self.fill(file, beginning, now, Vec::new())
    }

    /// Writes the first records of a file.
    fn fill(
        &mut self,
        file: Box<dyn LogFile>,
        beginning: Beginning,
        now: Stamp,
        more: Vec<Record>,
    ) -> io::Result<()> {
        let Beginning {
            name,
            chain,
            previous,
        } = beginning;
        let open = self.open_record(&chain, previous.clone());
        let mut current = Current {
            file,
            name: name.clone(),
            durable: chain.head.clone(),
            chain,
            bytes: 0,
            since: now.elapsed,
        };
        let before = current.chain.clone();
        let records: Vec<Record> = std::iter::once(open).chain(more).collect();
        let written = self
            .disk
            .sync_folder(self.options.place.folder())
            .and_then(|()| current.append(&records, now, true).map_err(io::Error::from));
        if let Err(error) = written {
            drop(current);
            // Without a record that counts it would only be in the way.
            let _ = self.disk.remove(&self.options.place.path(&name));
            if before.head.next > 0 {
                self.promised = Some(Beginning {
                    name,
                    chain: before,
                    previous,
                });
            }
            return Err(error);
        }
        self.number = self.names.number(&name).map_or(self.number, |number| number + 1);
        self.after = None;
        self.pace.wrote(records.len() as u64, now.elapsed);
        self.current = Some(current);
        Ok(())
    }

    /// Closes the file and goes on in the next.
    fn rotate(&mut self, now: Stamp) -> io::Result<()> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let next = self.names.name(self.number);
        let path = self.options.place.path(&next);
        // Made first: a file that is named as the next one is there, whatever happens now.
        let file = self.disk.create(&path)?;
        let closed = self
            .disk
            .sync_folder(self.options.place.folder())
            .map_err(Broken::Undone)
            .and_then(|()| {
                let next = Some(next.clone());
                current.append(&[Record::Close { next }], now, true)
            });
        if let Err(broken) = closed {
            drop(file);
            let _ = self.disk.remove(&path);
            if let Broken::Lost(_) = broken {
                self.abandon();
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
        self.fill(file, beginning, now, Vec::new())
    }

    fn open_record(&self, chain: &Chain, previous: Option<Link>) -> Record {
        Record::Open(Open {
            chain: chain.id,
            algorithm: self.seal.algorithm(),
            key_id: self.seal.key_id().map(str::to_owned),
            host: Arc::clone(&self.options.host),
            pid: self.pid,
            previous,
        })
    }

    /// Looks at what is there already.
    fn start(&mut self, now: Stamp) -> io::Result<()> {
        match self.options.place {
            Place::Directory(_) => self.finish_others(now),
            Place::File(_) => self.go_on(now),
        }
    }

    /// Closes the files of processes that ended without doing so.
    fn finish_others(&mut self, now: Stamp) -> io::Result<()> {
        let mut left = self.disk.list(self.options.place.folder())?;
        left.retain(|name| place::is_of_directory(name));
        left.sort_unstable();
        for name in left {
            // What cannot be opened or mended is left as it is: it must not keep this log from being written.
            if let Ok(mut file) = self.disk.open(&self.options.place.path(&name)) {
                let _ = self.finish(&name, &mut *file, now);
            }
        }
        Ok(())
    }

    fn finish(&mut self, name: &str, file: &mut dyn LogFile, now: Stamp) -> io::Result<()> {
        if recovery::is_closed(file)? {
            return Ok(());
        }
        let scanned = match recovery::inspect(file, &self.seal)? {
            Found::Sound(scanned) => scanned,
            Found::OtherKey => return Ok(()),
            Found::Altered => {
                let file = name.to_owned();
                self.notices.push(Notice::Altered { file });
                return Ok(());
            }
        };
        let recovered = self.put_aside(name, file, &scanned)?;
        let mut records: Vec<Record> = recovered.into_iter().collect();
        let mut chain = if let (Some(chain), Some(_)) = (scanned.chain, &scanned.head.mac) {
            Chain::resume(chain, scanned.head, Arc::clone(&self.seal))
        } else {
            let before = place::predecessor(name);
            let (chain, previous) = self.chain_into(before.as_deref(), name)?;
            records.insert(0, self.open_record(&chain, previous));
            chain
        };
        records.push(Record::Close { next: None });
        let mut lines = String::new();
        for record in &records {
            chain.append(record, now, &mut lines);
        }
        file.append(lines.as_bytes())?;
        file.sync()?;
        self.notices.extend(Anchor::of(&chain).map(Notice::Anchor));
        Ok(())
    }

    /// Goes on in the newest file, or in a new one after it.
    fn go_on(&mut self, now: Stamp) -> io::Result<()> {
        let Some((number, mut file)) = self.newest()? else {
            return Ok(());
        };
        let name = self.names.name(number);
        self.number = number + 1;
        let scanned = match recovery::inspect(&mut *file, &self.seal)? {
            Found::Sound(scanned) => scanned,
            Found::OtherKey => return Ok(()),
            Found::Altered => {
                self.notices.push(Notice::Altered { file: name });
                return Ok(());
            }
        };
        let (chain, previous) = match (scanned.chain, &scanned.head.mac) {
            (Some(chain), Some(_)) => (
                Chain::resume(chain, scanned.head.clone(), Arc::clone(&self.seal)),
                scanned.head.link(&name),
            ),
            _ => {
                let before = number.checked_sub(1).map(|before| self.names.name(before));
                self.chain_into(before.as_deref(), &name)?
            }
        };
        if let Some(next) = scanned.next {
            // The next file was removed, or never got there.
            self.promised = Some(Beginning {
                name: next,
                chain,
                previous,
            });
            return Ok(());
        }
        let recovered = self.put_aside(&name, &mut *file, &scanned)?;
        let records: Vec<Record> = std::iter::once(self.open_record(&chain, previous))
            .chain(recovered)
            .collect();
        let mut current = Current {
            bytes: file.len()?,
            file,
            name,
            durable: chain.head.clone(),
            chain,
            since: now.elapsed,
        };
        if let Err(broken) = current.append(&records, now, true) {
            if let Broken::Lost(_) = broken {
                // What comes next begins a file of its own.
                self.started = true;
                self.after = current.durable.link(&current.name);
            }
            return Err(broken.into());
        }
        self.pace.wrote(records.len() as u64, now.elapsed);
        self.current = Some(current);
        Ok(())
    }

    fn newest(&self) -> io::Result<Option<(u64, Box<dyn LogFile>)>> {
        let newest = || -> io::Result<Option<u64>> {
            let there = self.disk.list(self.options.place.folder())?;
            Ok(there.iter().filter_map(|name| self.names.number(name)).max())
        };
        for _ in 0..NEWEST_TRIES {
            let Some(number) = newest()? else {
                return Ok(None);
            };
            let file = self.disk.open(&self.options.place.path(&self.names.name(number)))?;
            // Another process may have gone on to a newer one before the lock was got.
            if newest()? == Some(number) {
                return Ok(Some((number, file)));
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// The chain of a file without records: that of the file before if it goes on here, else a new one.
    fn chain_into(&self, before: Option<&str>, name: &str) -> io::Result<(Chain, Option<Link>)> {
        let (disk, place) = (&*self.disk, &self.options.place);
        let before = match before {
            Some(before) => recovery::chain_into(disk, place, before, name, &self.seal)?
                .map(|chain| (chain.head.link(before), chain)),
            None => None,
        };
        Ok(match before {
            Some((link, chain)) => (chain, link),
            None => (Chain::begin(Arc::clone(&self.seal)), None),
        })
    }

    fn put_aside(
        &mut self,
        name: &str,
        file: &mut dyn LogFile,
        scanned: &super::verify::scan::Scanned,
    ) -> io::Result<Option<Record>> {
        let (disk, place) = (&*self.disk, &self.options.place);
        let recovered = recovery::put_aside(disk, place, name, file, scanned)?;
        if let Some(Record::Recovered { bytes, .. }) = &recovered {
            self.notices.push(Notice::Recovered {
                file: name.to_owned(),
                bytes: *bytes,
            });
        }
        Ok(recovered)
    }
}

impl Current {
    fn append(&mut self, records: &[Record], now: Stamp, sync: bool) -> Result<(), Broken> {
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

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()?;
        self.durable = self.chain.head.clone();
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
