//! A disk in memory that fails when it is told to, and forgets at a power failure what was not synced.

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use cxone_dtmf_engine::audit::verify::Source;
use cxone_dtmf_engine::audit::{Disk, LogFile};

use super::records::Text;

/// What the log asks of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    Append,
    Sync,
    SyncFolder,
    Truncate,
}

type Fault = Box<dyn FnMut(Operation) -> Option<io::Error> + Send>;

#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: BTreeMap<String, Contents>,
    fault: Option<Fault>,
    operations: Vec<Operation>,
}

#[derive(Default)]
struct Contents {
    bytes: Vec<u8>,
    durable: usize,
    listed: bool,
    locked: bool,
    /// A sync failed: what was not durable then never will be, whatever a later sync says.
    poisoned: bool,
}

/// A file as it was when it was asked for.
pub struct OnDisk {
    pub text: Text,
    pub written: bool,
}

impl Source for OnDisk {
    fn name(&self) -> &str {
        self.text.name()
    }

    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        self.text.open()
    }

    fn is_written(&self) -> bool {
        self.written
    }
}

pub struct MemoryFile {
    disk: MemoryDisk,
    name: String,
}

impl MemoryDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// From now on, asks `fault` before every operation.
    pub fn fail(&self, fault: impl FnMut(Operation) -> Option<io::Error> + Send + 'static) {
        self.state().fault = Some(Box::new(fault));
    }

    pub fn heal(&self) {
        self.fail(|_| None);
    }

    pub fn operations(&self) -> Vec<Operation> {
        self.state().operations.clone()
    }

    pub fn names(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    /// The files, as one reads them.
    pub fn logs(&self) -> Vec<OnDisk> {
        let state = self.state();
        let files = state.files.iter();
        files
            .map(|(name, file)| OnDisk {
                text: Text(name.clone(), file.bytes.clone()),
                written: file.locked,
            })
            .collect()
    }

    pub fn texts(&self) -> Vec<Text> {
        self.logs().into_iter().map(|file| file.text).collect()
    }

    pub fn remove_all(&self) {
        self.state().files.clear();
    }

    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let file = Contents {
            durable: bytes.len(),
            bytes,
            listed: true,
            ..Contents::default()
        };
        self.state().files.insert(name.to_owned(), file);
    }

    pub fn rewrite(&self, name: &str, bytes: Vec<u8>) {
        self.state().files.get_mut(name).unwrap().bytes = bytes;
    }

    /// Whether a sync failed since the last power failure.
    pub fn lies(&self) -> bool {
        self.state().files.values().any(|file| file.poisoned)
    }

    /// The process is gone, and its locks with it.
    pub fn kill(&self) {
        for file in self.state().files.values_mut() {
            file.locked = false;
        }
    }

    /// Of what was not synced, `kept` says how much is there afterwards.
    pub fn power_failure(&self, mut kept: impl FnMut(usize) -> usize) {
        let mut state = self.state();
        state.files.retain(|_, file| file.listed || kept(1) > 0);
        for file in state.files.values_mut() {
            let loose = file.bytes.len() - file.durable;
            let kept = if file.poisoned { 0 } else { kept(loose) };
            file.bytes.truncate(file.durable + kept);
            file.durable = file.bytes.len();
            // What is read after the start is what the disk has.
            (file.locked, file.listed, file.poisoned) = (false, true, false);
        }
    }

    fn before(&self, operation: Operation) -> io::Result<()> {
        let fault = {
            let mut state = self.state();
            state.operations.push(operation);
            state.fault.take()
        };
        // It may wait, while others look at the disk.
        let Some(mut fault) = fault else {
            return Ok(());
        };
        let failed = fault(operation);
        self.state().fault.get_or_insert(fault);
        failed.map_or(Ok(()), Err)
    }

    fn name(path: &Path) -> String {
        path.file_name().unwrap().to_str().unwrap().to_owned()
    }
}

impl Disk for MemoryDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        self.before(Operation::Create)?;
        let name = Self::name(path);
        let mut state = self.state();
        if state.files.contains_key(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = Contents {
            locked: true,
            ..Contents::default()
        };
        state.files.insert(name.clone(), file);
        let disk = self.clone();
        Ok(Box::new(MemoryFile { disk, name }))
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        self.before(Operation::SyncFolder)?;
        for file in self.state().files.values_mut() {
            file.listed = true;
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state().files.remove(&Self::name(path));
        Ok(())
    }
}

impl MemoryFile {
    fn with<T>(&self, use_file: impl FnOnce(&mut Contents) -> T) -> io::Result<T> {
        let mut state = self.disk.state();
        let file = state
            .files
            .get_mut(&self.name)
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(use_file(file))
    }
}

impl LogFile for MemoryFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.disk.before(Operation::Append) {
            // A full disk takes a part.
            self.with(|file| file.bytes.extend_from_slice(&bytes[..bytes.len() / 2]))?;
            return Err(error);
        }
        self.with(|file| file.bytes.extend_from_slice(bytes))
    }

    fn sync(&mut self) -> io::Result<()> {
        if let Err(error) = self.disk.before(Operation::Sync) {
            self.with(|file| file.poisoned = true)?;
            return Err(error);
        }
        self.with(|file| {
            if !file.poisoned {
                file.durable = file.bytes.len();
            }
        })
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.before(Operation::Truncate)?;
        self.with(|file| {
            file.bytes.truncate(usize::try_from(len).unwrap());
            file.durable = file.durable.min(file.bytes.len());
        })
    }

    fn is_linked(&self) -> bool {
        self.with(|_| ()).is_ok()
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        let _ = self.with(|file| file.locked = false);
    }
}
