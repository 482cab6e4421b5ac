//! The files of a log, as a seam: tests put a disk here that fails when they want it to.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often the lock of a new file is tried for, and the pause between.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// What others than the owner may do.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// A folder of files, on some disk.
pub trait Disk: Send + Sync + 'static {
    /// Makes a file that was not there, readable by its owner only, and locks it, so that others can tell that its
    /// process lives.
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;

    /// Makes durable which files a folder has.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// A file that this process has made. The lock goes with it.
pub trait LogFile: Send {
    /// Adds bytes at the end, all or an error.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything that was added is durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts it off.
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// Whether it still has a name: one that was removed goes with the process. Not known on Windows.
    fn is_linked(&self) -> bool;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

struct RealFile(File);

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let mut options = OpenOptions::new();
        // `create_new` follows no symbolic link (POSIX open, O_EXCL). Windows locks no file that can only be appended to.
        options.read(true).append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Box::new(take(path, options.open(path)?)?))
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

    #[cfg(unix)]
    fn is_linked(&self) -> bool {
        let links = self
            .0
            .metadata()
            .map(|file| std::os::unix::fs::MetadataExt::nlink(&file));
        links.is_ok_and(|links| links > 0)
    }

    #[cfg(not(unix))]
    fn is_linked(&self) -> bool {
        // The standard library counts no links on Windows.
        true
    }
}

/// A reader that looks whether the process lives may hold the lock of a new file, but for a moment only.
fn lock(file: &File) -> io::Result<()> {
    let mut tries = 1;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if tries < LOCK_TRIES => thread::sleep(LOCK_PAUSE),
            Err(error) => return Err(error.into()),
        }
        tries += 1;
    }
}

/// Takes a file that was just made. One that cannot be taken does not stay, unless the name is another's now.
fn take(path: &Path, file: File) -> io::Result<RealFile> {
    if let Err(error) = check(path, &file).and_then(|()| lock(&file)) {
        // Why it cannot be taken says more than why it cannot be removed.
        if matches!(has_name(path, &file), Ok(true)) {
            let _ = fs::remove_file(path);
        }
        return Err(error);
    }
    Ok(RealFile(file))
}

/// What was made is what has the name now, has no other, and is closed to others: some file systems keep no modes.
fn check(path: &Path, file: &File) -> io::Result<()> {
    let sound = has_name(path, file)?;
    #[cfg(unix)]
    let sound = {
        use std::os::unix::fs::MetadataExt;
        let made = file.metadata()?;
        sound && made.nlink() == 1 && made.mode() & OTHERS == 0
    };
    if sound {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

/// Whether the name is that of the file. On Windows, whether it is no link.
fn has_name(path: &Path, file: &File) -> io::Result<bool> {
    let (named, made) = (fs::symlink_metadata(path)?, file.metadata()?);
    #[cfg(unix)]
    let same = {
        use std::os::unix::fs::MetadataExt;
        (named.dev(), named.ino()) == (made.dev(), made.ino())
    };
    #[cfg(not(unix))]
    let same = !named.is_symlink();
    Ok(same && made.is_file())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// A file that was just made, open to others.
    fn made() -> io::Result<(std::path::PathBuf, File)> {
        let path = std::env::temp_dir().join(format!("cxone-dtmf-{}", Uuid::now_v7()));
        let file = File::create_new(&path)?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.set_permissions(mode)?;
        Ok((path, file))
    }

    #[test]
    fn a_file_that_cannot_be_taken_does_not_stay() {
        let (path, file) = made().unwrap();
        assert!(take(&path, file).is_err());
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_another_has_put_there_stays() {
        let (path, file) = made().unwrap();
        let (other, _) = made().unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(take(&path, file).is_err());
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
    }
}
