//! Where the files of a log are, and their names.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::timestamp;

/// Where a log is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// A folder in which every process makes files of its own, named after machine, process and time.
    Directory(PathBuf),
    /// One file, and when it is full others beside it: `audit.jsonl`, `audit.1.jsonl`, `audit.2.jsonl`…
    File(PathBuf),
}

/// Ends the names of files in a directory.
const EXTENSION: &str = "jsonl";

/// Begins the names of files in a directory.
const PREFIX: &str = "audit-";

/// The longest part of the machine's name that becomes part of a file's name.
const MAX_HOST: usize = 64;

impl Location {
    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        match self {
            Self::Directory(folder) => folder,
            Self::File(file) => match file.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            },
        }
    }

    /// Where the file with a name is.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// How the files of one process are called.
    #[must_use]
    pub fn names(&self, host: &str, pid: u32, start: SystemTime) -> Names {
        match self {
            Self::Directory(_) => {
                let host: String = host
                    .chars()
                    .take(MAX_HOST)
                    .map(|letter| {
                        if letter.is_ascii_alphanumeric() {
                            letter
                        } else {
                            '_'
                        }
                    })
                    .collect();
                let start = timestamp::compact(start);
                Names {
                    stem: format!("{PREFIX}{host}-{pid}-{start}-"),
                    end: format!(".{EXTENSION}"),
                    bare: None,
                }
            }
            Self::File(file) => {
                let text = |part: Option<&std::ffi::OsStr>| {
                    part.map(|part| part.to_string_lossy().into_owned())
                };
                let stem = text(file.file_stem()).unwrap_or_default();
                Names {
                    stem: format!("{stem}."),
                    end: text(file.extension()).map_or_else(String::new, |end| format!(".{end}")),
                    bare: text(file.file_name()),
                }
            }
        }
    }
}

/// Whether a file in a directory is one of a log.
#[must_use]
pub(super) fn is_of_directory(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(EXTENSION))
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some()
}

/// The names of the files of one process, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    stem: String,
    end: String,
    /// The name of number 0, if it has no number.
    bare: Option<String>,
}

impl Names {
    /// The name of a file.
    #[must_use]
    pub fn name(&self, number: u64) -> String {
        match &self.bare {
            Some(bare) if number == 0 => bare.clone(),
            _ => format!("{}{number}{}", self.stem, self.end),
        }
    }

    /// The number of a file, if it is one of these.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        if self.bare.as_deref() == Some(name) {
            return Some(0);
        }
        let digits = name.strip_prefix(&self.stem)?.strip_suffix(&self.end)?;
        digits
            .parse()
            .ok()
            // Neither `07` nor `+7`, which are not written here.
            .filter(|number| self.name(*number) == name)
    }
}

/// The file whose chain may go on in another one in a directory: that with the number before.
#[must_use]
pub(super) fn predecessor(name: &str) -> Option<String> {
    let stem = name.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    let (stem, number) = stem.rsplit_once('-')?;
    let before = number.parse::<u64>().ok()?.checked_sub(1)?;
    Some(format!("{stem}-{before}.{EXTENSION}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_directory_are_named_after_machine_process_and_time() {
        let location = Location::Directory("/logs".into());
        let names = location.names("web.1/../x", 42, SystemTime::UNIX_EPOCH);
        let name = names.name(3);
        assert_eq!(name, "audit-web_1____x-42-19700101T000000000000Z-3.jsonl");
        assert_eq!(location.path(&name), Path::new("/logs").join(&name));
        assert_eq!(names.number(&name), Some(3));
        assert!(is_of_directory(&name) && !is_of_directory(&format!("{name}.torn")));
        assert_eq!(predecessor(&name), Some(names.name(2)));
        assert_eq!(predecessor(&names.name(0)), None);
    }

    #[test]
    fn the_first_file_has_the_name_that_was_given() {
        for (file, first, second) in [
            ("/logs/audit.jsonl", "audit.jsonl", "audit.1.jsonl"),
            ("dtmf.audit.log", "dtmf.audit.log", "dtmf.audit.1.log"),
            ("plain", "plain", "plain.1"),
        ] {
            let location = Location::File(file.into());
            let names = location.names("h", 1, SystemTime::UNIX_EPOCH);
            assert_eq!(
                (names.name(0).as_str(), names.name(1).as_str()),
                (first, second)
            );
            assert_eq!(
                (names.number(first), names.number(second)),
                (Some(0), Some(1))
            );
            assert_eq!(location.path(first), location.folder().join(first));
        }
    }

    #[test]
    fn names_that_nobody_gave_have_no_number() {
        let names = Location::File("audit.jsonl".into()).names("h", 1, SystemTime::UNIX_EPOCH);
        for name in [
            "audit.01.jsonl",
            "audit.+1.jsonl",
            "audit.0.jsonl",
            "audit.x.jsonl",
            "other.1.jsonl",
        ] {
            assert_eq!(names.number(name), None, "{name}");
        }
    }
}
