//! The files that other processes left: those that ended are closed, and one is gone on with.

use std::io;
use std::sync::Arc;

use super::anchor::Anchor;
use super::chain::Chain;
use super::disk::{Disk, LogFile};
use super::location::{self, Location, Names};
use super::notice::Notice;
use super::open_file::OpenFile;
use super::record::{Author, Link, Record, Stamp};
use super::recovery::{self, Found};
use super::seal::Seal;
use super::verify::scan::Scanned;

/// How often the newest file is looked for while another process makes newer ones.
const NEWEST_TRIES: u32 = 5;

/// What is done about files that were left.
pub(super) struct OrphanedFiles<'a> {
    /// Where they are.
    pub disk: &'a dyn Disk,
    /// Where they are on it.
    pub location: &'a Location,
    /// What they must be sealed with.
    pub seal: &'a Arc<Seal>,
    /// Who looks.
    pub writer: &'a Author,
    /// When.
    pub now: Stamp,
    /// What has to be told.
    pub notices: &'a mut Vec<Notice>,
}

/// What became of the newest file.
pub(super) enum Resumed {
    /// It is written to.
    Open(Box<OpenFile>),
    /// It names a next file, which was there before and is not there any more: its place is not taken.
    Ended(Link),
}

impl OrphanedFiles<'_> {
    /// Closes all files of a directory whose processes have ended.
    pub(super) fn finish_all(&mut self) -> io::Result<()> {
        let mut names = self.disk.list(self.location.folder())?;
        self.sync_folder()?;
        names.retain(|name| location::is_of_directory(name));
        names.sort_unstable();
        for name in names {
            self.finish(&name, location::predecessor(&name).as_deref());
        }
        Ok(())
    }

    /// A process that was killed may have made its last file without making it durable that it is there.
    fn sync_folder(&self) -> io::Result<()> {
        self.disk.sync_folder(self.location.folder())
    }

    /// Closes a file if its process has ended. What cannot be opened or mended is left as it is: it must not
    /// keep this log from being written.
    fn finish(&mut self, name: &str, before: Option<&str>) {
        if let Ok(mut file) = self.disk.open(&self.location.path(name)) {
            let _ = self.close(name, before, &mut *file);
        }
    }

    fn close(
        &mut self,
        name: &str,
        before: Option<&str>,
        file: &mut dyn LogFile,
    ) -> io::Result<()> {
        if recovery::is_closed(file)? {
            return Ok(());
        }
        let Some(scanned) = self.sound(name, file)? else {
            return Ok(());
        };
        let recovered = self.put_aside(name, file, &scanned)?;
        let (mut chain, previous) = self.chain_in(name, before, &scanned)?;
        let empty = scanned.records == 0;
        let open = empty.then(|| self.writer.open(chain.id, self.seal, previous));
        let close = Record::Close { next: None };
        let mut lines = String::new();
        for record in open.into_iter().chain(recovered).chain([close]) {
            chain.append(&record, self.now, &mut lines);
        }
        file.append(lines.as_bytes())?;
        file.sync()?;
        self.notices.extend(Anchor::of(&chain).map(Notice::Anchor));
        Ok(())
    }

    /// The file with the highest number, locked.
    pub(super) fn newest(&self, names: &Names) -> io::Result<Option<(u64, Box<dyn LogFile>)>> {
        let newest = || -> io::Result<Option<u64>> {
            let there = self.disk.list(self.location.folder())?;
            Ok(there.iter().filter_map(|name| names.number(name)).max())
        };
        for _ in 0..NEWEST_TRIES {
            let Some(number) = newest()? else {
                return Ok(None);
            };
            let file = self.disk.open(&self.location.path(&names.name(number)))?;
            // Another process may have gone on to a newer one before the lock was got.
            if newest()? == Some(number) {
                self.sync_folder()?;
                return Ok(Some((number, file)));
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Goes on in a file, and closes those before it. `None` when it cannot be gone on with: altered, of another
    /// key, or on a disk that fails. Then it is not touched again, nor vouched for: what the disk has of it is
    /// not known.
    pub(super) fn adopt(
        &mut self,
        number: u64,
        file: Box<dyn LogFile>,
        names: &Names,
    ) -> Option<Resumed> {
        let before = |number: u64| number.checked_sub(1).map(|before| names.name(before));
        for older in 0..number {
            self.finish(&names.name(older), before(older).as_deref());
        }
        self.go_on(names.name(number), before(number).as_deref(), file)
            .ok()
            .flatten()
    }

    fn go_on(
        &mut self,
        name: String,
        before: Option<&str>,
        mut file: Box<dyn LogFile>,
    ) -> io::Result<Option<Resumed>> {
        let Some(scanned) = self.sound(&name, &mut *file)? else {
            return Ok(None);
        };
        let (chain, previous) = self.chain_in(&name, before, &scanned)?;
        if scanned.next.is_some() {
            file.sync()?;
            return Ok(previous.map(Resumed::Ended));
        }
        let recovered = self.put_aside(&name, &mut *file, &scanned)?;
        let records: Vec<Record> = std::iter::once(self.writer.open(chain.id, self.seal, previous))
            .chain(recovered)
            .collect();
        let bytes = file.size()?;
        let mut open = OpenFile::new(file, name, chain, bytes, self.now.elapsed);
        open.append(&records, self.now, true)?;
        Ok(Some(Resumed::Open(Box::new(open))))
    }

    /// What is in a file, if this log may have written it.
    fn sound(&mut self, name: &str, file: &mut dyn LogFile) -> io::Result<Option<Scanned>> {
        Ok(match recovery::inspect(file, self.seal)? {
            Found::Sound(scanned) => Some(*scanned),
            Found::OtherKey => None,
            Found::Altered => {
                let file = name.to_owned();
                self.notices.push(Notice::Altered { file });
                None
            }
        })
    }

    /// The chain of a file and its last record. Without any, the chain is that of the file before if it goes on
    /// here, else a new one.
    fn chain_in(
        &self,
        name: &str,
        before: Option<&str>,
        scanned: &Scanned,
    ) -> io::Result<(Chain, Option<Link>)> {
        if let (Some(chain), true) = (scanned.chain, scanned.records > 0) {
            let chain = Chain::resume(chain, scanned.head.clone(), Arc::clone(self.seal));
            return Ok((chain, scanned.head.link(name)));
        }
        if let Some(before) = before
            && let Some(chain) =
                recovery::chain_into(self.disk, self.location, before, name, self.seal)?
        {
            let link = chain.head.link(before);
            return Ok((chain, link));
        }
        Ok((Chain::begin(Arc::clone(self.seal)), None))
    }

    fn put_aside(
        &mut self,
        name: &str,
        file: &mut dyn LogFile,
        scanned: &Scanned,
    ) -> io::Result<Option<Record>> {
        let recovered = recovery::put_aside(self.disk, self.location, name, file, scanned)?;
        if let Some(Record::Recovered { bytes, .. }) = &recovered {
            self.notices.push(Notice::Recovered {
                file: name.to_owned(),
                bytes: *bytes,
            });
        }
        Ok(recovered)
    }
}
