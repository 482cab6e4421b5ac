//! Files to verify, as a seam: whatever can be read from the beginning.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

/// Large enough that reading costs little, small enough for the cache.
const BUFFER: usize = 256 * 1024;

/// A file to verify.
pub trait Source {
    /// The file, as the caller calls it.
    fn name(&self) -> &str;
    /// Begins to read it.
    fn open(&self) -> io::Result<Box<dyn BufRead>>;
}

/// A file on the disk of this machine, by its path.
#[derive(Clone, Debug)]
pub struct FileSource(pub String);

impl Source for FileSource {
    fn name(&self) -> &str {
        &self.0
    }

    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        let file = File::open(&self.0)?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
    }
}
