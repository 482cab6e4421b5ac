//! What a verification says in the end.

use uuid::Uuid;

use super::finding::Finding;
use super::pairs::InDoubt;

/// The sum of a verification, worst first. Its number is the exit code of `audit verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Something was altered.
    Tampered = 1,
    /// Nothing was altered, and injections are in doubt.
    InDoubt = 4,
    /// Nothing was altered, and the log says that it could not take records.
    Gap = 5,
    /// Nothing was altered; a file ends in the middle of a line.
    Torn = 2,
    /// All is as it was written, and every intent has its outcome.
    Intact = 0,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// The file, as it was given.
    pub file: String,
    /// The chain it is of.
    pub chain: Option<Uuid>,
    /// The first record.
    pub first: Option<u64>,
    /// How many records have a seal that fits.
    pub records: u64,
    /// Whether it was closed: its process ended, or went on in another file.
    pub closed: bool,
    /// Whether a living process writes it. What is neither closed nor written is of a process that ended without closing it.
    pub written: bool,
    /// The file in which the log goes on, which was neither given nor found.
    pub next: Option<String>,
    /// The line that was torn.
    pub torn: Option<u64>,
    /// Whether its seals were checked. Not where another key was announced, and that key was not given.
    pub checked: bool,
}

/// Records that the log itself says it could not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The file that says so.
    pub file: String,
    /// The line.
    pub line: u64,
    /// How many.
    pub lost: u64,
    /// The smallest and the greatest id of their injections.
    pub ids: Option<(Uuid, Uuid)>,
}

/// Everything that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The files, in the order in which they were written.
    pub files: Vec<FileReport>,
    /// What was altered: the first so many.
    pub findings: Vec<Finding>,
    /// How much was altered in all.
    pub damages: u64,
    /// Intents without an outcome, of processes that ended.
    pub in_doubt: Vec<InDoubt>,
    /// Injections whose outcome is known to be unknown.
    pub unknown: Vec<InDoubt>,
    /// Injections of either kind that are beyond what is listed.
    pub more_in_doubt: u64,
    /// Intents without an outcome, of processes that live.
    pub under_way: u64,
    /// The first so many gaps.
    pub gaps: Vec<Gap>,
    /// Records that the log itself says it lost.
    pub lost: u64,
    /// Anchors that were found to hold.
    pub anchors: u64,
    /// Anchors of records that were removed, as the log itself says.
    pub pruned_anchors: u64,
    /// Anchors of files that were not checked, as their key was announced and not given.
    pub unchecked_anchors: u64,
    /// Removed chains and announced keys that found no room: their anchors and files look missing or unknown.
    pub forgotten: u64,
    /// Files that were left out, as they cannot be read or are sealed with another key.
    pub skipped: u64,
}

/// More findings than this are only counted.
pub(super) const MAX_FINDINGS: usize = 200;

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tampered => "tampered",
            Self::InDoubt => "in-doubt",
            Self::Gap => "gap",
            Self::Torn => "torn",
            Self::Intact => "intact",
        }
    }
}

impl Report {
    /// The sum.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.damages > 0 {
            Verdict::Tampered
        } else if !self.in_doubt.is_empty() || self.more_in_doubt > 0 {
            Verdict::InDoubt
        } else if self.lost > 0 {
            Verdict::Gap
        } else if self.files.iter().any(|file| file.torn.is_some()) {
            Verdict::Torn
        } else {
            Verdict::Intact
        }
    }

    /// Records in all files.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.files.iter().map(|file| file.records).sum()
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.damages += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }
}
