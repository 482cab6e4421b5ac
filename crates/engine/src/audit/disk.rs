//! The files of a log, as a seam: tests put a disk here that fails when they want it to.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often the lock of a new file is tried for, and the pause between.
const NEW_LOCK_TRIES: u32 = 50;
const NEW_LOCK_PAUSE: Duration = Duration::from_millis(10);

/// A folder of files, on some disk.
pub trait Disk: Send + Sync + 'static {
    /// Makes a file that was not there, readable by its owner only, and locks it.
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;

    /// Opens a file that is there, and locks it. `WouldBlock` when another process holds the lock.
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;

    /// The names of the files in a folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Makes durable which files a folder has.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// An open file. The lock goes with it.
pub trait LogFile: Send {
    /// How long it is.
    fn size(&self) -> io::Result<u64>;

    /// Reads it from a byte on.
    fn read(&mut self, from: u64) -> io::Result<Box<dyn BufRead + '_>>;

    /// Adds bytes at the end, all or an error.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything that was added is durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts it off.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

struct RealFile(File);

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let mut options = OpenOptions::new();
        // `create_new` follows no symbolic link (POSIX open, O_EXCL).
        options.read(true).append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        lock_new(&file)?;
        Ok(Box::new(RealFile(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let file = OpenOptions::new().read(true).append(true).open(path)?;
        refuse_link(path, &file)?;
        lock(&file)?;
        Ok(Box::new(RealFile(file)))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Windows has no such operation, and NTFS keeps a journal of its folders.
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// Closing is not enough: a process that is just being started from this one has the file too, until its program runs.
impl Drop for RealFile {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl LogFile for RealFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&mut self, from: u64) -> io::Result<Box<dyn BufRead + '_>> {
        self.0.seek(SeekFrom::Start(from))?;
        Ok(Box::new(BufReader::with_capacity(64 * 1024, &self.0)))
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        // The length counts as data (POSIX fdatasync: what is needed to read it back).
        self.0.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
}

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => io::Error::from(io::ErrorKind::WouldBlock),
        TryLockError::Error(error) => error,
    })
}

/// Another process that looks for files to recover may hold the lock of a new one, but for a moment only.
fn lock_new(file: &File) -> io::Result<()> {
    for _ in 0..NEW_LOCK_TRIES {
        match lock(file) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(NEW_LOCK_PAUSE);
            }
            done => return done,
        }
    }
    lock(file)
}

/// A link would let the log be written anywhere. Compared after opening, so that none can be put in between.
fn refuse_link(path: &Path, file: &File) -> io::Result<()> {
    let (named, opened) = (fs::symlink_metadata(path)?, file.metadata()?);
    #[cfg(unix)]
    let same = {
        use std::os::unix::fs::MetadataExt;
        named.dev() == opened.dev() && named.ino() == opened.ino()
    };
    #[cfg(not(unix))]
    let same = !named.is_symlink();
    if same && opened.is_file() {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a link, or no file",
        ))
    }
}
