//! What a process finds that ended without closing its file.
//!
//! A line that broke off is put aside and written down; what was altered is never written to again.

use std::io::{self, Read};
use std::slice;
use std::sync::Arc;

use uuid::Uuid;

use super::chain::{Chain, LINE_END};
use super::disk::{Disk, LogFile};
use super::fields::Event;
use super::location::Location;
use super::record::Record;
use super::seal::{Mac, Seal, fingerprint};
use super::verify::Damage;
use super::verify::line::{self, Parsed};
use super::verify::scan::{End, Scanned, Visitor, scan};

/// Enough of the end of a file to hold its last line.
const TAIL: u64 = 4 * 1024;

/// How many files with torn ends of the same log may lie beside it.
const MAX_TORN: u32 = 1_000;

/// What a file turned out to be.
pub(super) enum Found {
    /// As this log would have written it, but for a torn end.
    Sound(Box<Scanned>),
    /// Written with another key, or with none.
    OtherKey,
    /// Altered.
    Altered,
}

/// No observer has to be told.
struct Silence;

impl Visitor for Silence {
    fn record(&mut self, _: Uuid, _: &Mac, _: &Parsed<'_>) {}
    fn read(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a file that was left.
pub(super) fn inspect(file: &mut dyn LogFile, seal: &Seal) -> io::Result<Found> {
    let keys = match seal.key_id() {
        Some(_) => slice::from_ref(seal),
        None => &[],
    };
    let scanned = scan(file.read(0)?, keys, &mut Silence)?;
    let unkeyed = |(_, damage): &(_, Damage)| *damage == Damage::Unkeyed;
    Ok(if scanned.other_key || scanned.damage.iter().any(unkeyed) {
        Found::OtherKey
    } else if scanned.damage.is_empty() {
        Found::Sound(Box::new(scanned))
    } else {
        Found::Altered
    })
}

/// Whether a file was closed, by its last line alone: whether that is true is for the verification to say.
pub(super) fn is_closed(file: &mut dyn LogFile) -> io::Result<bool> {
    let from = file.size()?.saturating_sub(TAIL);
    let mut tail = Vec::new();
    file.read(from)?.read_to_end(&mut tail)?;
    let Some(tail) = tail.strip_suffix(b"\n") else {
        return Ok(false);
    };
    let last = tail
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let closing = line::parse(last).is_some_and(|record| record.ev == Event::Close);
    Ok(closing && last.ends_with(LINE_END.trim_end().as_bytes()))
}

/// Puts what is torn off a file into one beside it, and says so in a record. `None` when nothing is torn.
pub(super) fn put_aside(
    disk: &dyn Disk,
    location: &Location,
    name: &str,
    file: &mut dyn LogFile,
    scanned: &Scanned,
) -> io::Result<Option<Record>> {
    let End::Torn(at) = scanned.end else {
        return Ok(None);
    };
    let mut torn = Vec::new();
    file.read(at.byte)?.read_to_end(&mut torn)?;
    let mut number = 0;
    let (kept_in, mut kept) = loop {
        let kept_in = match number {
            0 => format!("{name}.torn"),
            _ => format!("{name}.torn.{number}"),
        };
        match disk.create(&location.path(&kept_in)) {
            Ok(kept) => break (kept_in, kept),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_TORN => {
                number += 1;
            }
            Err(error) => return Err(error),
        }
    };
    kept.append(&torn)?;
    kept.sync()?;
    disk.sync_folder(location.folder())?;
    file.truncate(at.byte)?;
    file.sync()?;
    Ok(Some(Record::Recovered {
        bytes: torn.len() as u64,
        fingerprint: fingerprint(&torn),
        kept_in,
    }))
}

/// The chain that goes on in a file which has no record yet: the file before says so.
pub(super) fn chain_into(
    disk: &dyn Disk,
    location: &Location,
    before: &str,
    name: &str,
    seal: &Arc<Seal>,
) -> io::Result<Option<Chain>> {
    let mut file = match disk.open(&location.path(before)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Found::Sound(scanned) = inspect(&mut *file, seal)? else {
        return Ok(None);
    };
    // A link must not name what a power failure could still take.
    file.sync()?;
    let goes_on = scanned.next.as_deref() == Some(name);
    Ok(scanned
        .chain
        .filter(|_| goes_on)
        .map(|chain| Chain::resume(chain, scanned.head, Arc::clone(seal))))
}
