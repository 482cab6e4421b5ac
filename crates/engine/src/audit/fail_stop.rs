//! A disk on which no sync is tried again: the system may have dropped what it could not write, and report
//! success the second time, also to a process that opens the file anew (fsyncgate).

use std::collections::HashSet;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, LogFile};

/// A disk, and its files of which one sync failed. Every later sync of these fails too.
#[derive(Clone)]
pub struct FailStop {
    disk: Arc<dyn Disk>,
    failed: Failed,
}

#[derive(Clone, Default)]
struct Failed(Arc<Mutex<HashSet<PathBuf>>>);

struct FailStopFile {
    file: Box<dyn LogFile>,
    path: PathBuf,
    failed: Failed,
}

impl FailStop {
    /// Nothing has failed yet on this disk.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self {
            disk,
            failed: Failed::default(),
        }
    }

    fn watched(&self, path: &Path, file: Box<dyn LogFile>) -> Box<dyn LogFile> {
        Box::new(FailStopFile {
            file,
            path: path.to_owned(),
            failed: self.failed.clone(),
        })
    }
}

impl Failed {
    fn paths(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for FailStop {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let file = self.disk.create(path)?;
        // Another file than the one that failed.
        self.failed.paths().remove(path);
        Ok(self.watched(path, file))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        Ok(self.watched(path, self.disk.open(path)?))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.disk.list(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }
}

impl LogFile for FailStopFile {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn read(&mut self, from: u64) -> io::Result<Box<dyn BufRead + '_>> {
        self.file.read(from)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.failed.paths().contains(&self.path) {
            return Err(io::Error::other("an earlier sync of the file failed"));
        }
        self.file.sync().inspect_err(|_| {
            self.failed.paths().insert(self.path.clone());
        })
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.truncate(len)
    }
}
