//! Files to verify, as a seam: whatever can be read from the beginning.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::audit::names::is_name;

/// Large enough that reading costs little, small enough for the cache.
const BUFFER: usize = 256 * 1024;

/// A file to verify.
pub trait Source {
    /// The file, as the caller calls it.
    fn name(&self) -> &str;

    /// The name by which other files know it.
    fn file_name(&self) -> String {
        let name = Path::new(self.name()).file_name();
        name.map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// Begins to read it.
    fn open(&self) -> io::Result<Box<dyn BufRead>>;

    /// Whether a living process writes it.
    fn is_written(&self) -> bool {
        false
    }

    /// The file of a log beside it that has this name, if there is one.
    fn beside(&self, _name: &str) -> Option<Box<dyn Source>> {
        None
    }
}

/// A file on the disk of this machine, by its path.
#[derive(Clone, Debug)]
pub struct FileSource {
    path: PathBuf,
    name: String,
}

impl FileSource {
    /// The file, whether it is there or not.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.to_string_lossy().into_owned();
        Self { path, name }
    }

    /// The files of a log in a folder, or what is no folder itself.
    pub fn all(path: impl Into<PathBuf>) -> io::Result<Vec<Box<dyn Source>>> {
        let path = path.into();
        if path.is_dir() {
            Self::in_folder(&path)
        } else {
            Ok(vec![Box::new(Self::new(path))])
        }
    }

    /// The files of a log in a folder. Nothing else that lies in it is looked at.
    pub fn in_folder(folder: &Path) -> io::Result<Vec<Box<dyn Source>>> {
        let mut files: Vec<Box<dyn Source>> = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let is_log = entry.file_name().to_str().is_some_and(is_name);
            if is_log && entry.file_type()?.is_file() {
                files.push(Box::new(Self::new(entry.path())));
            }
        }
        Ok(files)
    }
}

impl Source for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        let file = open(&self.path)?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
    }

    fn is_written(&self) -> bool {
        // Given back at once: whoever makes a file tries for its lock more than once.
        let locked = open(&self.path).map(|file| file.try_lock_shared());
        matches!(locked, Ok(Err(TryLockError::WouldBlock)))
    }

    fn beside(&self, name: &str) -> Option<Box<dyn Source>> {
        let path = is_name(name).then(|| self.path.with_file_name(name))?;
        let is_file = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        is_file.then(|| Box::new(Self::new(path)) as Box<dyn Source>)
    }
}

/// Opens what is a file and nothing else, and waits for nothing: a pipe or a device never ends, and a link leads elsewhere.
fn open(path: &Path) -> io::Result<File> {
    let refused = |is_dir| {
        if is_dir {
            io::Error::from(io::ErrorKind::IsADirectory)
        } else {
            io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")
        }
    };
    // Windows opens neither a pipe nor a link by the flags below.
    let named = fs::symlink_metadata(path)?;
    if !named.is_file() {
        return Err(refused(named.is_dir()));
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        libc::O_NOFOLLOW | libc::O_NONBLOCK,
    );
    let file = options.open(path)?;
    let opened = file.metadata()?;
    if opened.is_file() {
        Ok(file)
    } else {
        Err(refused(opened.is_dir()))
    }
}
