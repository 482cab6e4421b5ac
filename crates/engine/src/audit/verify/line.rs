//! One line of a log, as it is read.

use crate::audit::chain::{LINE_END, SEAL_PREFIX};
use crate::audit::fields::VERSION;
use crate::audit::seal::{MAC_CHARS, Mac};

pub(in crate::audit) use crate::audit::fields::{Parsed, Previous};

/// A line taken apart by its fixed form, which needs no JSON.
pub(in crate::audit) struct Split<'a> {
    /// What is sealed.
    pub sealed: &'a [u8],
    /// The seal, if what stands in its place has the form of one.
    pub mac: Option<Mac>,
    /// Whether everything around the seal is as it must be.
    pub whole: bool,
}

/// Bytes after the sealed part.
const TAIL: usize = SEAL_PREFIX.len() + MAC_CHARS + LINE_END.len();

/// Takes a line apart, its end included. `None` when it is too short to be one.
pub(in crate::audit) fn split(line: &[u8]) -> Option<Split<'_>> {
    let (sealed, tail) = line.split_at_checked(line.len().checked_sub(TAIL)?)?;
    let (prefix, tail) = tail.split_at_checked(SEAL_PREFIX.len())?;
    let (mac, end) = tail.split_at_checked(MAC_CHARS)?;
    let mac = std::str::from_utf8(mac).ok().and_then(Mac::from_text);
    Some(Split {
        sealed,
        whole: prefix == SEAL_PREFIX.as_bytes() && end == LINE_END.as_bytes() && mac.is_some(),
        mac,
    })
}

/// Reads the record of a line that is whole.
pub(in crate::audit) fn parse(line: &[u8]) -> Option<Parsed<'_>> {
    let parsed: Parsed<'_> = serde_json::from_slice(line).ok()?;
    (parsed.v == VERSION).then_some(parsed)
}

/// Whether it looks like what a power failure or a kill leaves: the line breaks off, or holds bytes that are
/// never written, such as those of a block that never reached the disk.
pub(in crate::audit) fn is_torn(line: &[u8]) -> bool {
    let Some((b'\n', text)) = line.split_last() else {
        return true;
    };
    !text.iter().all(|byte| (b' '..=b'~').contains(byte))
}
