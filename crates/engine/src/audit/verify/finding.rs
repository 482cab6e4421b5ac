//! What a verification finds wrong.

use std::fmt;

/// What was altered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The line is not a record.
    Unreadable,
    /// The line is longer than any record.
    TooLong,
    /// The seal does not fit the line and those before it.
    Altered,
    /// Records are missing before this one.
    Missing {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// A record stands here that belongs before, or is there twice.
    Misplaced {
        /// The record.
        seq: u64,
    },
    /// The file does not begin as one does.
    NoBeginning,
    /// Records of this file are in another one too: it is a copy, or was given twice.
    Twice {
        /// That file.
        file: String,
    },
    /// Sealed without the key, as anybody could.
    Unkeyed,
    /// The file says that it follows a record with which that file does not end: its end is missing, or another file has
    /// its name.
    BrokenLink {
        /// That file.
        file: String,
        /// That record.
        seq: u64,
    },
    /// A file of the chain is not there.
    MissingFile {
        /// Its name.
        file: String,
    },
    /// An anchor says otherwise: records were removed from the end, or the chain was written anew.
    Anchor {
        /// How many records there were.
        size: u64,
    },
}

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, as it was given. Empty when none has the chain.
    pub file: String,
    /// The line, counted from 1; 0 for the file as a whole.
    pub line: u64,
    /// Where the line begins.
    pub byte: u64,
    /// What it is.
    pub damage: Damage,
}

impl Damage {
    /// A word for machines.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLong => "too-long",
            Self::Altered => "altered",
            Self::Missing { .. } => "missing",
            Self::Misplaced { .. } => "misplaced",
            Self::NoBeginning => "no-beginning",
            Self::Twice { .. } => "twice",
            Self::Unkeyed => "unkeyed",
            Self::BrokenLink { .. } => "broken-link",
            Self::MissingFile { .. } => "missing-file",
            Self::Anchor { .. } => "anchor",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("the line is not a record of an audit log"),
            Self::TooLong => f.write_str("the line is longer than any record of an audit log"),
            Self::Altered => f.write_str("the record was altered: its seal does not fit (bad MAC)"),
            Self::Missing { from, to } if from == to => {
                write!(f, "record {from} is missing before this one")
            }
            Self::Missing { from, to } => {
                write!(f, "records {from} to {to} are missing before this one")
            }
            Self::Misplaced { seq } => {
                write!(f, "record {seq} is out of order, or there twice")
            }
            Self::NoBeginning => {
                f.write_str("the file does not begin with an open record: its start is missing")
            }
            Self::Twice { file } => write!(
                f,
                "the records of the file are in {file} too: it is a copy, or was given twice"
            ),
            Self::Unkeyed => f.write_str(
                "the file is sealed without the key that was given: anybody could have written it",
            ),
            Self::BrokenLink { file, seq } => write!(
                f,
                "the file follows record {seq} of {file}, which does not end with that record: its end is missing, or it is another file"
            ),
            Self::MissingFile { file } => write!(
                f,
                "the chain also has the file {file}, which was not given or does not continue it: \
                 give all files of the chain"
            ),
            Self::Anchor { size } => write!(
                f,
                "an anchor has another record {}: the end was cut off, or the chain was written anew",
                size - 1
            ),
        }
    }
}
